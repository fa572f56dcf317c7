package document

import (
	"context"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// persisted are automatic persisted queries as gqlgen has them, with codes for requests that are wrong.
type persisted struct {
	extension.AutomaticPersistedQuery
}

// MutateOperationParameters puts the text in where a request names it by its hash.
func (p persisted) MutateOperationParameters(ctx context.Context, params *graphql.RawParams) *gqlerror.Error {
	wrong := p.AutomaticPersistedQuery.MutateOperationParameters(ctx, params)
	if wrong != nil && wrong.Extensions == nil {
		wrong.Message = "The extension persistedQuery has version 1 and the SHA-256 of the query as sha256Hash."
		wrong.Extensions = map[string]any{"code": codeBadInput, "reason": "REQUEST_MALFORMED"}
	}
	return wrong
}

// textCache keeps the texts of persisted queries that are short, and hold neither password nor token.
type textCache struct {
	graphql.Cache[string]
	secrets []string
}

// Add keeps a text, or does not.
func (b textCache) Add(ctx context.Context, hash, text string) {
	secret := slices.ContainsFunc(b.secrets, func(field string) bool { return strings.Contains(text, field) })
	if len(text) <= maxCachedDocument && !secret {
		b.Cache.Add(ctx, hash, text)
	}
}
