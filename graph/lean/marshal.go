package lean

import (
	"bytes"
	"context"

	"github.com/99designs/gqlgen/graphql"
)

type measuredKey struct{}

// WithMeasured has Marshal ask whether an answer may have its size, before it is made.
func WithMeasured(ctx context.Context, allowed func(size int) bool) context.Context {
	return context.WithValue(ctx, measuredKey{}, allowed)
}

// Marshal writes the answer of a query or a mutation, nil if it is not allowed its size. What is in it lies where the
// database put it until then, however often it is asked for: no memory is taken before its size is known.
func Marshal(ctx context.Context, data graphql.Marshaler) []byte {
	var size measure
	data.MarshalGQL(&size)
	if allowed, asked := ctx.Value(measuredKey{}).(func(int) bool); asked && !allowed(int(size)) {
		return nil
	}
	b := bytes.NewBuffer(make([]byte, 0, size))
	data.MarshalGQL(b)
	return b.Bytes()
}

// A measure counts what is written to it.
type measure int

// Write counts.
func (m *measure) Write(b []byte) (int, error) {
	*m += measure(len(b))
	return len(b), nil
}

// WriteString counts.
func (m *measure) WriteString(s string) (int, error) {
	*m += measure(len(s))
	return len(s), nil
}
