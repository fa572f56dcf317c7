package archive

import (
	"maps"
	"slices"

	"parley/db/tables"
)

// The schemas from which on there were members, what people read, say and do, and what they are on the server.
const (
	withMembers = 20261130000001
	withPeople  = 20261130080001
	withDoors   = 20261130150000
)

// olderSchemas are those whose exports are still read: of 0.1.0 and of what came before there were members, and then of these. What
// came between withPeople and withDoors are indexes.
var olderSchemas = []int64{20261127200457, 20261129171000, 20261129180000, withMembers, withPeople, 20261130111200}

// newest stands for the schema of this binary.
const newest = 0

// A form is how the rows of a table stand in an export, and how they become those of today.
type form struct {
	*tables.Table               // as it was
	table         *tables.Table // as it is
	from          []int         // for each column of today, which it was; -1: it was not there
	instead       [][]byte      // what those hold that were not there
}

// formsOf are those of the tables of a schema.
func formsOf(schema int64) (forms []*form) {
	for _, t := range allTables {
		if !slices.Contains(olderSchemas, schema) {
			forms = append(forms, &form{Table: t, table: t})
		} else if old := olderOf(t, schema); old != nil {
			forms = append(forms, old)
		}
	}
	return forms
}

// since is what exports of older schemas than one do not hold: the value that a column has instead, "" for null. Without columns:
// the table. What people have read is written by the migrations that run over such rows.
var since = map[int64]map[string]map[string]string{
	withMembers: {
		"users":       {"leaving": "", "rooms_version": "0"},
		"rooms":       {"kind": "PUBLIC", "direct_key": "", "enrolling": "", "send_role": "2", "member_count": "0", "access_version": "0", "revoked_place": "0"},
		"room_events": {"user_id": "", "username": "", "name": ""},
		"members":     {}, "bans": {}, "invites": {},
	},
	withPeople: {
		"members":     {"last_read": "0", "notify": ""},
		"chats":       {"reply_to": "", "answered": ""},
		"room_events": {"emoji": ""},
		"mentions":    {}, "reactions": {}, "blocks": {},
	},
	withDoors: {
		"users":          {"name": "", "image": "", "admin": "", "disabled_at": "", "issuer": "", "subject": "", "bot": "", "token_hash": ""},
		"rooms":          {"data": ""},
		"chats":          {"data": ""},
		"server_invites": {},
	},
}

// olderOf is the form of a table in exports of an older schema; nil: there was none.
func olderOf(t *tables.Table, schema int64) *form {
	missing := map[string]string{}
	for from, all := range since {
		added, changed := all[t.Name]
		switch {
		case schema >= from || !changed:
		case len(added) == 0:
			return nil
		default:
			maps.Copy(missing, added)
		}
	}
	was := *t
	was.Columns = nil
	f := &form{Table: &was, table: t, from: make([]int, len(t.Columns)), instead: make([][]byte, len(t.Columns))}
	for i, c := range t.Columns {
		if value, is := missing[c.Name]; is {
			f.from[i] = -1
			if value != "" {
				f.instead[i] = []byte(value)
			}
			continue
		}
		if t.Name == "rooms" && c.Name == "created_by" && schema < withMembers {
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
		if row[i] = f.instead[i]; from >= 0 {
			row[i] = old[from]
		}
	}
	return nil
}
