// Package scalar holds the Go side of the API's own scalars and of its interface Node. It is a
// package of its own because generated code imports it.
package scalar

import (
	"errors"
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
)

// Node is any object that can be fetched by its id. It is any, so that values of other packages
// need no method for the API's sake.
type Node any

// MarshalCursor writes a cursor, which is passed on as text: what it means is decided where the list is known.
func MarshalCursor(c string) graphql.Marshaler { return graphql.MarshalString(c) }

// UnmarshalCursor reads a cursor. Only text can be one.
func UnmarshalCursor(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	return "", errors.New("a Cursor is text")
}

// MarshalUUID writes an id in the form 8-4-4-4-12, in lower case. gqlgen's own writes null for the nil UUID, which takes
// the page along that an object with such an id is on. Arguments of the type ID are text, because names stand there too.
func MarshalUUID(id uuid.UUID) graphql.Marshaler { return graphql.MarshalString(id.String()) }

// UnmarshalUUID reads an id in any form of a UUID.
func UnmarshalUUID(v any) (uuid.UUID, error) { return graphql.UnmarshalUUID(v) }

const millis = `"2006-01-02T15:04:05.000Z"`

// MarshalDateTime writes a point in time as RFC 3339 in UTC with milliseconds.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var buf [len(millis)]byte
		_, _ = w.Write(t.UTC().AppendFormat(buf[:0], millis)) // the writer is a buffer
	})
}

// ErrNoDateTime means that an argument is no point in time.
var ErrNoDateTime = errors.New("no point in time")

// UnmarshalDateTime reads RFC 3339. ErrNoDateTime.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, _ := v.(string)
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, ErrNoDateTime
	}
	return t, nil
}
