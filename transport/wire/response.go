// Package wire reads requests, tells operations apart and writes responses: JSON within bounds, and GraphQL in it. It knows bytes, and neither
// a connection nor what is executed.
package wire

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
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

// FixPaths repairs two things that gqlgen v0.17.98 gets wrong in the events of a stream: paths of errors
// lack the root field, and where the type of the root field forbids null, `{"field":null}` stays.
func FixPaths(op *graphql.OperationContext, resp *graphql.Response) {
	if len(resp.Errors) == 0 {
		return
	}
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, nil)
	if len(fields) != 1 {
		return
	}
	root := fields[0]
	for _, err := range resp.Errors {
		err.Path = append(ast.Path{ast.PathName(root.Alias)}, err.Path...)
	}
	if root.Definition.Type.NonNull && bytes.Equal(resp.Data, fmt.Appendf(nil, "{%q:null}", root.Alias)) {
		resp.Data = []byte("null")
	}
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
