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

// appender is a value that knows how to, and how many bytes that will be.
type appender interface {
	AppendGQL(b []byte) []byte
	SizeGQL() int
}

// write writes a value at once. gqlgen marshals into a buffer, and lends us what is free of it.
func write(w io.Writer, v appender) {
	var b []byte
	switch w := w.(type) {
	case *measure:
		*w += measure(v.SizeGQL())
		return
	case *bytes.Buffer:
		b = w.AvailableBuffer()
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

func sizeOf(v graphql.Marshaler) int {
	if v == graphql.Null {
		return len("null")
	}
	if known, ok := v.(appender); ok {
		return known.SizeGQL()
	}
	var size measure
	v.MarshalGQL(&size)
	return int(size)
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

// SizeGQL is how long the list is.
func (a Array) SizeGQL() int {
	size := len("[]") + max(0, len(a)-1)
	for _, v := range a {
		size += sizeOf(v)
	}
	return size
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

// A Raw is a text of JSON.
type Raw string

// OptionalRaw is a text of JSON that may be null.
func OptionalRaw(s *string) graphql.Marshaler {
	if s == nil {
		return graphql.Null
	}
	return (*Raw)(s)
}

// MarshalGQL writes the text.
func (r *Raw) MarshalGQL(w io.Writer) { write(w, r) }

// AppendGQL appends the text as it is.
func (r *Raw) AppendGQL(b []byte) []byte { return append(b, *r...) }

// SizeGQL is how long the text is.
func (r *Raw) SizeGQL() int { return len(*r) }

// MarshalGQL writes the text.
func (s *String) MarshalGQL(w io.Writer) { write(w, s) }

// AppendGQL appends the text as JSON. It escapes what gqlgen escapes.
func (s *String) AppendGQL(b []byte) []byte {
	const digits = "0123456789ABCDEF"
	text := string(*s)
	b = append(b, '"')
	for {
		n := plain(text)
		b = append(b, text[:n]...)
		if n == len(text) {
			return append(b, '"')
		}
		switch c := text[n]; c {
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
		text = text[n+1:]
	}
}

// SizeGQL is how long the text is as JSON.
func (s *String) SizeGQL() int {
	text := string(*s)
	size := len(text) + len(`""`)
	for {
		n := plain(text)
		if n == len(text) {
			return size
		}
		switch text[n] {
		case '\t', '\r', '\n', '"', '\\':
			size += len(`\n`) - 1
		default:
			size += len(`\u0000`) - 1
		}
		text = text[n+1:]
	}
}

// plain is how many bytes at the beginning of a text need no escape. It looks at eight at a time (Bit Twiddling Hacks,
// "Determine if a word has a byte less than n").
func plain(text string) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := text[i : i+8]
		v := uint64(w[0]) | uint64(w[1])<<8 | uint64(w[2])<<16 | uint64(w[3])<<24 |
			uint64(w[4])<<32 | uint64(w[5])<<40 | uint64(w[6])<<48 | uint64(w[7])<<56
		quote, slash := v^ones*'"', v^ones*'\\'
		if ((v-ones*0x20)&^v|(quote-ones)&^quote|(slash-ones)&^slash)&tops != 0 {
			break
		}
	}
	for ; i < len(text); i++ {
		if c := text[i]; c < 0x20 || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

// An Int is a number.
type Int int

// MarshalGQL writes the number.
func (n *Int) MarshalGQL(w io.Writer) { write(w, n) }

// AppendGQL appends the number.
func (n *Int) AppendGQL(b []byte) []byte { return strconv.AppendInt(b, int64(*n), 10) }

// SizeGQL is how long the number is.
func (n *Int) SizeGQL() int {
	var digits [20]byte
	return len(n.AppendGQL(digits[:0]))
}

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

// SizeGQL is how long the id is.
func (*ID) SizeGQL() int { return len(`"00000000-0000-0000-0000-000000000000"`) }

// A Time is a point in time.
type Time time.Time

const millis = `"2006-01-02T15:04:05.000Z"`

// MarshalGQL writes the time.
func (t *Time) MarshalGQL(w io.Writer) { write(w, t) }

// AppendGQL appends the time as scalar.MarshalDateTime writes it.
func (t *Time) AppendGQL(b []byte) []byte { return time.Time(*t).UTC().AppendFormat(b, millis) }

// SizeGQL is how long the time is.
func (t *Time) SizeGQL() int {
	var text [2 * len(millis)]byte
	return len(t.AppendGQL(text[:0]))
}
