package lean

import (
	"bytes"
	"encoding/hex"
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
)

// The values below are pointers into the object that has them, so that a leaf costs no allocation, and
// they append to what is written already: a page is thousands of short texts.

// appender is a value that knows how to.
type appender interface{ AppendGQL(b []byte) []byte }

// write writes a value at once. gqlgen marshals into a buffer, and lends us what is free of it.
func write(w io.Writer, v appender) {
	var b []byte
	if buffer, ok := w.(*bytes.Buffer); ok {
		b = buffer.AvailableBuffer()
	}
	_, _ = w.Write(v.AppendGQL(b)) // the writer is a buffer
}

func appendValue(b []byte, v graphql.Marshaler) []byte {
	if v == graphql.Null {
		return append(b, "null"...)
	}
	if known, ok := v.(appender); ok {
		return known.AppendGQL(b)
	}
	rest := bytes.NewBuffer(b)
	v.MarshalGQL(rest)
	return rest.Bytes()
}

// An Array is the elements of a list.
type Array []graphql.Marshaler

// MarshalGQL writes the list.
func (a Array) MarshalGQL(w io.Writer) { write(w, a) }

// AppendGQL appends the list.
func (a Array) AppendGQL(b []byte) []byte {
	b = append(b, '[')
	for i, v := range a {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, v)
	}
	return append(b, ']')
}

// A String is a text.
type String string

// Optional is a text that may be null.
func Optional(s *string) graphql.Marshaler {
	if s == nil {
		return graphql.Null
	}
	return (*String)(s)
}

// MarshalGQL writes the text.
func (s *String) MarshalGQL(w io.Writer) { write(w, s) }

// AppendGQL appends the text as JSON. It escapes what gqlgen escapes.
func (s *String) AppendGQL(b []byte) []byte {
	const digits = "0123456789ABCDEF"
	text, begin := string(*s), 0
	b = append(b, '"')
	for i := range len(text) {
		c := text[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, text[begin:i]...)
		begin = i + 1
		switch c {
		case '\t':
			b = append(b, `\t`...)
		case '\r':
			b = append(b, `\r`...)
		case '\n':
			b = append(b, `\n`...)
		case '"', '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
		}
	}
	return append(append(b, text[begin:]...), '"')
}

// An Int is a number.
type Int int

// MarshalGQL writes the number.
func (n *Int) MarshalGQL(w io.Writer) { write(w, n) }

// AppendGQL appends the number.
func (n *Int) AppendGQL(b []byte) []byte { return strconv.AppendInt(b, int64(*n), 10) }

// An ID is a UUID.
type ID uuid.UUID

// MarshalGQL writes the id.
func (id *ID) MarshalGQL(w io.Writer) { write(w, id) }

// AppendGQL appends the id in the form 8-4-4-4-12.
func (id *ID) AppendGQL(b []byte) []byte {
	b = append(b, '"')
	for i, end := range [...]int{4, 6, 8, 10, 16} {
		begin := [...]int{0, 4, 6, 8, 10}[i]
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, id[begin:end])
	}
	return append(b, '"')
}

// A Time is a point in time.
type Time time.Time

const millis = `"2006-01-02T15:04:05.000Z"`

// MarshalGQL writes the time.
func (t *Time) MarshalGQL(w io.Writer) { write(w, t) }

// AppendGQL appends the time as scalar.MarshalDateTime writes it.
func (t *Time) AppendGQL(b []byte) []byte { return time.Time(*t).UTC().AppendFormat(b, millis) }
