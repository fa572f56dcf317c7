package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/graph/generated"
)

// persisted is gqlgen's extension for automatic persisted queries, whose errors but one have no code
// and so would be faults of ours.
type persisted struct {
	extension.AutomaticPersistedQuery
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
} = persisted{}

// MutateOperationParameters puts the text of a known hash in its place, and keeps a text that comes with
// its hash.
func (p persisted) MutateOperationParameters(ctx context.Context, params *graphql.RawParams) *gqlerror.Error {
	err := p.AutomaticPersistedQuery.MutateOperationParameters(ctx, params)
	if err == nil || err.Extensions["code"] != nil {
		return err
	}
	return &gqlerror.Error{
		Message:    "persistedQuery is not version 1 with the SHA-256 of the query in small hexadecimal letters.",
		Extensions: map[string]any{"code": string(generated.ErrorCodeBadUserInput), "reason": "REQUEST_MALFORMED"},
	}
}
