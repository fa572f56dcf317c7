package archive

import (
	"encoding/base64"
	"fmt"
	"unicode/utf8"

	"parley/db/tables"
)

// A lineWriter writes the rows of a table as lines. Escaping is by hand: encoding/json takes several
// times as long as reading the rows.
type lineWriter struct {
	table *tables.Table
	names []string // of each column, with what stands before and after
}

func newLineWriter(t *tables.Table) *lineWriter {
	w := &lineWriter{table: t}
	before := "{" + quoted(rowField) + ":" + quoted(t.Name)
	for _, c := range t.Columns {
		w.names = append(w.names, before+","+quoted(c.Name)+":")
		before = ""
	}
	return w
}

// append adds the line of a row.
func (w *lineWriter) append(to []byte, row [][]byte) ([]byte, error) {
	for i, name := range w.names {
		to = append(to, name...)
		cell, c := row[i], &w.table.Columns[i]
		if cell == nil {
			if !c.Null {
				return nil, fmt.Errorf("%s.%s is null", w.table.Name, c.Name)
			}
			to = append(to, "null"...)
			continue
		}
		switch c.Kind {
		case tables.Count, tables.Flag, tables.Bool:
			to = append(to, cell...)
		case tables.Octets:
			to = append(base64.StdEncoding.AppendEncode(append(to, '"'), cell), '"')
		case tables.Text:
			if !goodText(cell) {
				return nil, fmt.Errorf("%s.%s holds what is not text", w.table.Name, c.Name)
			}
			to = append(appendEscaped(append(to, '"'), cell), '"')
		default:
			to = append(append(append(to, '"'), cell...), '"')
		}
	}
	return append(to, "}\n"...), nil
}

// goodText says whether both databases take a text.
func goodText(text []byte) bool {
	for _, b := range text {
		if b == 0 {
			return false
		}
	}
	return utf8.Valid(text)
}

// appendEscaped escapes what JSON asks for and nothing else.
func appendEscaped(to, text []byte) []byte {
	const hex = "0123456789abcdef"
	done := 0
	for i, b := range text {
		if b >= ' ' && b != '"' && b != '\\' {
			continue
		}
		to = append(to, text[done:i]...)
		done = i + 1
		switch b {
		case '"', '\\':
			to = append(to, '\\', b)
		case '\n':
			to = append(to, '\\', 'n')
		case '\r':
			to = append(to, '\\', 'r')
		case '\t':
			to = append(to, '\\', 't')
		default:
			to = append(to, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		}
	}
	return append(to, text[done:]...)
}
