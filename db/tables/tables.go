// Package tables describes tables and their rows in a form that is the same in both databases: a cell is text, or nil for
// null. Whoever reads, writes or checks whole tables speaks it. It knows no statement and no connection.
package tables

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Table is a table of the schema. Its rows are in order of its key.
type Table struct {
	Name    string
	Key     int // so many of the first columns
	Columns []Column
	Where   string // the rows that are meant; empty: all
}

// A Column is a column of a Table.
type Column struct {
	Name string
	Kind Kind
	Null bool
	// Nobody says that the nil UUID may stand for nobody: else it is no id.
	Nobody bool
}

// A Kind is a form of values.
type Kind uint8

// The kinds, and what a cell of each holds.
const (
	UID    Kind = iota // a UUID, 36 characters, lower case
	Moment             // RFC 3339, UTC, milliseconds
	Count              // 0 … 2⁵³−1: a number, which every reader of JSON keeps exactly
	Wide               // 0 … 2⁶³−1: in JSON a string of digits, because a JavaScript number would round it
	Text               // UTF-8 without U+0000
	Octets             // the bytes; in JSON base64
	Flag               // "true", or null
	Bool               // "true" or "false"
)

// ErrOtherType says that a cell holds a value that is not of its column's kind: SQLite takes any value into any column.
var ErrOtherType = errors.New("it holds a value of another type")

// A Row is a row whose form has been checked. It is good as long as the call that it is given to.
type Row struct {
	Table *Table
	Cells [][]byte
}

// Value is what stands in a column; not there: null.
func (r Row) Value(column string) (value string, there bool) {
	cell := r.Cells[r.Table.Find([]byte(column), 0)]
	return string(cell), cell != nil
}

// A Batch is rows of one table, which stand in lines of a file that follow one another.
type Batch struct {
	Table *Table
	Line  int // of the first
	Cells [][]byte
}

// Find is the index of a column, which is looked for at next first; -1: there is none.
func (t *Table) Find(name []byte, next int) int {
	if next < len(t.Columns) && t.Columns[next].Name == string(name) {
		return next
	}
	for i, c := range t.Columns {
		if c.Name == string(name) {
			return i
		}
	}
	return -1
}

// Names are the names of the columns.
func (t *Table) Names() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// Select is the statement that reads a table in the order of its key. read and sort say how a dialect reads a column and
// sorts by it; quoted is its name in quotes.
func (t *Table) Select(read, sort func(kind Kind, quoted string) string) string {
	columns, order := make([]string, len(t.Columns)), make([]string, t.Key)
	for i, c := range t.Columns {
		quoted := `"` + c.Name + `"`
		columns[i] = read(c.Kind, quoted)
		if i < t.Key {
			order[i] = sort(c.Kind, quoted)
		}
	}
	where := ""
	if t.Where != "" {
		where = " WHERE " + t.Where
	}
	return fmt.Sprintf(`SELECT %s FROM %q%s ORDER BY %s`, strings.Join(columns, ", "), t.Name, where, strings.Join(order, ", "))
}

// Integer reads a cell of digits whose form has been checked.
func Integer(cell []byte) int64 {
	n, err := strconv.ParseInt(string(cell), 10, 64)
	if err != nil {
		return -1
	}
	return n
}
