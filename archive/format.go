// Package archive takes a database out and in as a whole: exports as lines of JSON, which either kind of database reads
// back, and copies of SQLite's file. It asks chat and auth what their rows must be, and knows no dialect.
package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"parley/db"
	"parley/db/tables"
)

// ErrDamaged says that an import is not an export as it was written.
var ErrDamaged = errors.New("not a whole export")

// A Summary says what an export holds: bytes, and rows of tables, with what has been deleted.
type Summary struct {
	Bytes, Rows         int64
	Users, Rooms, Chats int64
}

func (s *Summary) count(t *tables.Table, rows int64) {
	s.Rows += rows
	switch t.Name {
	case "users":
		s.Users += rows
	case "rooms":
		s.Rooms += rows
	case "chats":
		s.Chats += rows
	}
}

// The format is described in docs/export.md. What is here must change together with that, and a change
// that older releases would misread raises the version.
const (
	formatName    = "parley-export"
	formatVersion = 1
)

// header is the first line, behind its first field.
var header = &tables.Table{Name: "the header", Columns: []tables.Column{
	{Name: "version", Kind: tables.Count}, {Name: "schema", Kind: tables.Count},
}}

// trailerOf is the last line of an export of some tables, likewise.
func trailerOf(forms []*form) *tables.Table {
	t := &tables.Table{Name: "the trailer"}
	for _, f := range forms {
		t.Columns = append(t.Columns, tables.Column{Name: f.Name, Kind: tables.Count})
	}
	return t
}

// Names of the first field of a line, which tells what line it is.
const (
	headerField  = "format"
	rowField     = "table"
	trailerField = "sha256"
)

// appendHeader writes the first line.
func appendHeader(to []byte) ([]byte, error) {
	schema, err := db.SchemaVersion()
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(to, "{%q:%q,\"version\":%d,\"schema\":%d}\n", headerField, formatName, formatVersion, schema), nil
}

// appendTrailer writes the last line.
func appendTrailer(to []byte, sum []byte, rows []int64) []byte {
	to = fmt.Appendf(to, "{%q:\"%x\"", trailerField, sum)
	for i, t := range allTables {
		to = fmt.Appendf(to, ",%q:%d", t.Name, rows[i])
	}
	return append(to, "}\n"...)
}

// checkHeader wants the format, the version and the schema of this binary, or one whose rows it can still read.
func checkHeader(format []byte, row [][]byte) error {
	schema, err := db.SchemaVersion()
	if err != nil {
		return err
	}
	if string(format) != formatName {
		return errors.New("it is not the format of parley export")
	}
	for i, known := range []int64{formatVersion, schema} {
		got, err := strconv.ParseInt(string(row[i]), 10, 64)
		what := header.Columns[i].Name
		if slices.Contains(olderSchemas, got) && i == 1 {
			continue
		}
		switch {
		case err != nil:
			return err
		case got > known:
			return fmt.Errorf("%w: its %s is %d and this binary knows %d; use the newer binary", db.ErrNewer, what, got, known)
		case got < known:
			return fmt.Errorf("%w: its %s is %d and this binary knows %d; import it with the release that wrote it, then parley migrate", db.ErrOlder, what, got, known)
		}
	}
	return nil
}

// quoted is a name as JSON.
func quoted(name string) string {
	text, err := json.Marshal(name)
	if err != nil {
		panic(err) // names are ours
	}
	return string(text)
}
