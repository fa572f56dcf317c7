// Package lean is what generated code runs on where gqlgen's own general form buys nothing here. Our
// values are plain: their fields cannot fail, and what reads the database does so once a list, in a
// batch resolver. So nothing below a root field needs a goroutine, and @defer, which this server does
// not offer, needs nothing in each object. The command in rewrite/ puts it in place.
package lean

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
)

// MarshalSlice marshals the elements of a list one after the other, in the goroutine that has the
// list. It replaces gqlgen's MarshalSliceConcurrently and does the same for an element that
// panics: null, and an error at its place.
func MarshalSlice(ctx context.Context, length int, _ int64, _ bool, marshal func(ctx context.Context, i int) graphql.Marshaler) Array {
	ret := make(Array, length)
	indexes, fields := make([]int, length), make([]graphql.FieldContext, length)
	for i := range length {
		indexes[i], fields[i].Index = i, &indexes[i]
		marshalElement(graphql.WithFieldContext(ctx, &fields[i]), ret, i, marshal)
	}
	return ret
}

// MarshalPlain marshals the elements of a list of objects that have nothing but plain leaves: they need not know where they are.
func MarshalPlain(ctx context.Context, length int, marshal func(ctx context.Context, i int) graphql.Marshaler) Array {
	ret := make(Array, length)
	for i := range length {
		ret[i] = marshal(ctx, i)
	}
	return ret
}

func marshalElement(ctx context.Context, ret Array, i int, marshal func(ctx context.Context, i int) graphql.Marshaler) {
	defer func() {
		if r := recover(); r != nil {
			graphql.AddError(ctx, graphql.Recover(ctx, r))
			ret[i] = graphql.Null
		}
	}()
	ret[i] = marshal(ctx, i)
}

// An Object is the values of an object's selected fields. It replaces gqlgen's FieldSet for
// everything but roots, and ignores @defer, as the specification allows.
type Object struct {
	Values   []graphql.Marshaler
	Invalids uint32 // fields that make the whole object null

	fields  []graphql.CollectedField
	delayed []delayed
}

type delayed struct {
	field   int
	invalid graphql.Marshaler
	resolve func(ctx context.Context) graphql.Marshaler
}

// NewObject makes an object without values.
func NewObject(fields []graphql.CollectedField) *Object {
	return &Object{fields: fields, Values: make([]graphql.Marshaler, len(fields))}
}

// ResolveConcurrently leaves a field that has a resolver for Dispatch. The name is gqlgen's; here
// they run one after the other. A resolver's panic is caught by the field itself.
func (o *Object) ResolveConcurrently(_ *graphql.OperationContext, _ *graphql.DeferredGroup, i int, _, nonNull bool, resolve func(ctx context.Context) graphql.Marshaler) {
	invalid := graphql.RequiredNull
	if nonNull {
		invalid = graphql.Null
	}
	o.delayed = append(o.delayed, delayed{i, invalid, resolve})
}

// Dispatch runs what was left for it.
func (o *Object) Dispatch(ctx context.Context) {
	for _, d := range o.delayed {
		if o.Values[d.field] = d.resolve(ctx); o.Values[d.field] == d.invalid {
			atomic.AddUint32(&o.Invalids, 1)
		}
	}
}

// MarshalGQL writes the object.
func (o *Object) MarshalGQL(w io.Writer) { write(w, o) }

// AppendGQL appends the object. Response keys are GraphQL names, so nothing in them needs escaping,
// and fields of one key have been merged.
func (o *Object) AppendGQL(b []byte) []byte {
	b = append(b, '{')
	for i := range o.fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), o.fields[i].Alias...), '"', ':')
		b = appendValue(b, o.Values[i])
	}
	return append(b, '}')
}

// SizeGQL is how long the object is.
func (o *Object) SizeGQL() int {
	size := len("{}") + max(0, len(o.fields)-1)
	for i := range o.fields {
		size += len(o.fields[i].Alias) + len(`"":`) + sizeOf(o.Values[i])
	}
	return size
}
