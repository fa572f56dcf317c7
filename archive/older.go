package archive

import (
	"slices"

	"parley/db/tables"
)

// olderSchemas are those whose exports are still read: of 0.1.0 and of what came before there were members. Their tables
// differ from those of today in the same way.
var olderSchemas = []int64{20261127200457, 20261129171000, 20261129180000}

// newest stands for the schema of this binary.
const newest = 0

// A form is how the rows of a table stand in an export, and how they become those of today.
type form struct {
	*tables.Table               // as it was
	table         *tables.Table // as it is
	from          []int         // for each column of today, which it was; -1: it was not there
}

// formsOf are those of the tables of a schema.
func formsOf(schema int64) (forms []*form) {
	for _, t := range allTables {
		if !slices.Contains(olderSchemas, schema) {
			forms = append(forms, &form{Table: t, table: t})
		} else if old := olderOf(t); old != nil {
			forms = append(forms, old)
		}
	}
	return forms
}

// since is what exports of olderSchemas do not hold: the value that a column has instead, "" for null. Without columns: the table.
var since = map[string]map[string]string{
	"users":       {"leaving": "", "rooms_version": "0"},
	"rooms":       {"kind": "PUBLIC", "direct_key": "", "enrolling": "", "send_role": "2", "member_count": "0", "access_version": "0", "revoked_place": "0"},
	"room_events": {"user_id": "", "username": "", "name": ""},
	"members":     {}, "bans": {}, "invites": {},
}

// olderOf is the form of a table in exports of olderSchemas; nil: there was none.
func olderOf(t *tables.Table) *form {
	added, changed := since[t.Name]
	if changed && len(added) == 0 {
		return nil
	}
	was := *t
	was.Columns = nil
	f := &form{Table: &was, table: t, from: make([]int, len(t.Columns))}
	for i, c := range t.Columns {
		if _, is := added[c.Name]; is {
			f.from[i] = -1
			continue
		}
		if t.Name == "rooms" && c.Name == "created_by" {
			c.Name = "owner_id"
		}
		f.from[i] = len(was.Columns)
		was.Columns = append(was.Columns, c)
	}
	return f
}

// read reads the fields of a line behind its first into the cells of a row of today.
func (f *form) read(l *line, row [][]byte) error {
	if f.from == nil {
		return l.rest(f.table, row)
	}
	old := make([][]byte, len(f.Columns))
	if err := l.rest(f.Table, old); err != nil {
		return err
	}
	for i, from := range f.from {
		if from >= 0 {
			row[i] = old[from]
		} else if value := since[f.table.Name][f.table.Columns[i].Name]; value != "" {
			row[i] = []byte(value)
		}
	}
	return nil
}
