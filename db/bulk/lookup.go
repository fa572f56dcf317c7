package bulk

import (
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect"
)

// A Lookup is a statement that reads something about each of any number of rows of arguments, which it finds in a table
// called asked. Its text depends on the power of two that is not below their number, so few are prepared.
type Lookup struct {
	args    int // of a row
	in      string
	begin   string // of the text, on SQLite before the rows
	selects string
}

// A Column is one of asked: what it is called there, and which column of the database has its type.
type Column struct{ Name, Table, Column string }

// NewLookup returns a statement that selects from asked, which has these columns. in is Ent's name of the dialect.
func NewLookup(in, selects string, columns ...Column) *Lookup {
	names, arrays := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		names[i], arrays[i] = c.Name, fmt.Sprintf("$%d::%s[]", i+1, postgresType(c.Table, c.Column))
	}
	l := &Lookup{args: len(columns), in: in, begin: "WITH asked (" + strings.Join(names, ", ") + ") AS (SELECT * FROM ", selects: selects}
	if in == dialect.Postgres {
		l.begin += "unnest(" + strings.Join(arrays, ", ") + ")"
	}
	return l
}

// Query returns the text for some rows, at least one, and its arguments. args are those of the rows, one row after the other.
func (l *Lookup) Query(args []any) (text string, padded []any) {
	if l.in == dialect.Postgres {
		return l.begin + ") " + l.selects, transpose(args, l.args)
	}
	rows := 1
	for rows*l.args < len(args) {
		rows *= 2
	}
	padded = append(slices.Clip(args), make([]any, rows*l.args-len(args))...) // rows of NULL, which are left out again
	row := "(" + strings.TrimSuffix(strings.Repeat("?, ", l.args), ", ") + ")"
	values := strings.TrimSuffix(strings.Repeat(row+", ", rows), ", ")
	return l.begin + "(VALUES " + values + ") WHERE column1 IS NOT NULL) " + l.selects, padded
}
