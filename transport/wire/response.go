// Package wire reads requests, tells operations apart and writes responses: JSON within bounds, and GraphQL in it. It knows bytes, and neither
// a connection nor what is executed.
package wire

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
)

// Encode writes a response as JSON on one line, without `data` if nothing was executed. It copies:
// gqlgen uses the buffer of Data again for the next event of a stream.
func Encode(resp *graphql.Response) []byte {
	b := bytes.NewBuffer(make([]byte, 0, len(resp.Data)+64))
	b.WriteByte('{')
	if len(resp.Errors) > 0 {
		b.WriteString(`"errors":`)
		b.Write(MustJSON(resp.Errors))
		b.WriteByte(',')
	}
	switch {
	case resp.Data != nil:
		b.WriteString(`"data":`)
		writeLine(b, resp.Data)
		b.WriteByte(',')
	case len(resp.Errors) == 0:
		b.WriteString(`"data":null,`)
	}
	if len(resp.Extensions) > 0 {
		b.WriteString(`"extensions":`)
		b.Write(MustJSON(resp.Extensions))
		b.WriteByte(',')
	}
	b.Truncate(b.Len() - 1)
	b.WriteByte('}')
	return b.Bytes()
}

// writeLine writes JSON without line breaks, which scalars of maps bring along and event streams cannot carry.
func writeLine(b *bytes.Buffer, data []byte) {
	if !bytes.ContainsAny(data, "\r\n") {
		b.Write(data)
		return
	}
	if err := json.Compact(b, data); err != nil {
		panic(fmt.Errorf("transport: data of a response: %w", err))
	}
}

// MustJSON is a value of ours as JSON.
func MustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Errorf("transport: %T: %w", v, err)) // extensions are ours, and are plain values
	}
	return b
}
