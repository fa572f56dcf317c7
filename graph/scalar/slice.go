package scalar

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// MarshalSlice marshals the elements of a list one after the other, in the goroutine that has the
// list. It takes the place of gqlgen's MarshalSliceConcurrently (see graph/lean), and does the same
// for an element that panics: null, and an error at its place.
func MarshalSlice(ctx context.Context, length int, _ int64, _ bool, marshal func(ctx context.Context, i int) graphql.Marshaler) graphql.Array {
	ret := make(graphql.Array, length)
	for i := range length {
		marshalElement(graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: &i}), ret, i, marshal)
	}
	return ret
}

func marshalElement(ctx context.Context, ret graphql.Array, i int, marshal func(ctx context.Context, i int) graphql.Marshaler) {
	defer func() {
		if r := recover(); r != nil {
			graphql.AddError(ctx, graphql.Recover(ctx, r))
			ret[i] = graphql.Null
		}
	}()
	ret[i] = marshal(ctx, i)
}
