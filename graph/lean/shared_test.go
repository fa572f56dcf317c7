package lean

import (
	"context"
	"errors"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// An object is made once by each selection of an operation, by another one or in another operation again, and where it cannot be
// shown each is told.
func TestObjectsAreMadeOnce(t *testing.T) {
	a, b := new(int), new(int)
	first, second := ast.SelectionSet{&ast.Field{Name: "id"}}, ast.SelectionSet{&ast.Field{Name: "id"}}
	operation := func() context.Context {
		return graphql.WithResponseContext(WithShared(t.Context()), graphql.DefaultErrorPresenter, graphql.DefaultRecover)
	}
	one, made := operation(), 0
	for i, c := range []struct {
		ctx   context.Context
		sel   ast.SelectionSet
		obj   *int
		fails bool
		want  int // objects made by then
	}{
		{one, first, a, false, 1},
		{one, first, a, false, 1},
		{one, first, b, true, 2},
		{one, first, b, false, 3},
		{one, first, b, true, 3},
		{one, second, a, false, 4},
		{one, append(first, second...), a, false, 5},
		{operation(), first, a, false, 6},
		{one, nil, a, false, 7},
		{graphql.WithResponseContext(t.Context(), graphql.DefaultErrorPresenter, graphql.DefaultRecover), first, a, false, 8},
	} {
		got := Share(c.ctx, c.sel, c.obj, func() graphql.Marshaler {
			made++
			if c.fails {
				graphql.AddError(c.ctx, errors.New("it cannot be shown"))
			}
			return NewObject(nil)
		})
		if got == nil || made != c.want {
			t.Errorf("%d: %v, %d are made", i, got, made)
		}
	}
}
