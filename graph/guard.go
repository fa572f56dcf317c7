package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/auth"
	"parley/auth/accounts"
	"parley/graph/document"
)

// A guard refuses every operation that selects a root field which needs a signed-in user, unless
// there is one: deny by default, and @public in the schema is the only exception. It sees queries,
// mutations and each subscriber, because it runs when an operation is prepared; gqlgen's hooks
// around root fields do not see subscriptions, and those around operations run once for a stream
// that many share.
type guard struct{ auth *accounts.Service }

var _ interface {
	graphql.HandlerExtension
	graphql.OperationContextMutator
} = guard{}

// ExtensionName is what gqlgen calls the guard.
func (guard) ExtensionName() string { return "Guard" }

// Validate accepts every schema: a field without the directive is guarded.
func (guard) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext refuses the operation as a whole, before any resolver is called.
func (g guard) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if allPublic(op) {
		return nil
	}
	who, err := auth.IdentityFrom(ctx)
	if err == nil {
		err = g.auth.Check(ctx, who) // a socket's identity is as old as the socket
	}
	if err != nil {
		return gqlerror.Wrap(err)
	}
	return nil
}

func allPublic(op *graphql.OperationContext) bool {
	for _, f := range document.RootFields(op) {
		meta := len(f.Name) > 1 && f.Name[:2] == "__" // __typename, and introspection where it is on
		if !meta && f.Definition.Directives.ForName("public") == nil {
			return false
		}
	}
	return true
}
