package lean

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// shared are objects of one operation that may be shown more than once: people, and the chats that events are about. It rests on
// one idea: the same object is shown the same by the same selection, so it is made once, and written as often as it is shown.
type shared struct {
	mu   sync.Mutex // guards made
	made map[shownBy]graphql.Marshaler
}

// shownBy is an object with a selection, which gqlgen collects once in an operation.
type shownBy struct {
	object any
	first  *ast.Selection
	fields int
}

type sharedKey struct{}

// WithShared returns the context of an operation, or of some events that are executed together, in which objects are shared.
func WithShared(ctx context.Context) context.Context {
	return context.WithValue(ctx, sharedKey{}, &shared{made: map[shownBy]graphql.Marshaler{}})
}

// Share returns an object as a selection shows it. What could not be shown without an error is shared with nobody: each is to be
// told of it.
func Share(ctx context.Context, sel ast.SelectionSet, object any, show func() graphql.Marshaler) graphql.Marshaler {
	x, _ := ctx.Value(sharedKey{}).(*shared)
	if x == nil || len(sel) == 0 {
		return show()
	}
	key := shownBy{object, &sel[0], len(sel)}
	x.mu.Lock()
	made, known := x.made[key]
	x.mu.Unlock()
	if known {
		return made
	}
	errors := len(graphql.GetErrors(ctx))
	made = show()
	if len(graphql.GetErrors(ctx)) == errors {
		x.mu.Lock()
		x.made[key] = made
		x.mu.Unlock()
	}
	return made
}
