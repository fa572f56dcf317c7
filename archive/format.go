// Package archive takes a database out and in as a whole: exports as lines of JSON, which either kind of database reads
// back, and copies of SQLite's file. It asks chat and auth what their rows must be, and knows no dialect.
package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"parley/chat/roomlog/logcheck"
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

// allTables are all tables but goose's, each behind those that it points to. The internal id of events is no part of a log
// and is left out, and so is what a purge has left, and which rooms it is of. Logs are in order of room and number, and so
// are their rows on the disk after an import: a page of history is a few pages of the database.
var allTables = []*tables.Table{
	{Name: "users", Key: 1, Columns: []tables.Column{
		{Name: "id", Kind: tables.UID},
		{Name: "created_at", Kind: tables.Moment},
		{Name: "username", Kind: tables.Text},
		{Name: "username_key", Kind: tables.Text},
		{Name: "password_hash", Kind: tables.Text, Null: true},
		{Name: "password_version", Kind: tables.Count},
		{Name: "deleted_at", Kind: tables.Moment, Null: true},
	}},
	{Name: "sessions", Key: 1, Columns: []tables.Column{
		{Name: "id", Kind: tables.UID},
		{Name: "user_id", Kind: tables.UID},
		{Name: "created_at", Kind: tables.Moment},
		{Name: "last_used_at", Kind: tables.Moment},
		{Name: "expires_at", Kind: tables.Moment},
		{Name: "ends_at", Kind: tables.Moment, Null: true},
		{Name: "revoked_at", Kind: tables.Moment, Null: true},
		{Name: "revoked_reason", Kind: tables.Text, Null: true},
		{Name: "generation", Kind: tables.Count},
		{Name: "refresh_jti", Kind: tables.UID, Null: true},
		{Name: "refresh_issued_at", Kind: tables.Moment},
		{Name: "refresh_kid", Kind: tables.Text},
		{Name: "parent_jti", Kind: tables.UID, Null: true},
		{Name: "rotated_at", Kind: tables.Moment, Null: true},
		{Name: "retry_hash", Kind: tables.Octets, Null: true},
		{Name: "user_agent", Kind: tables.Text, Null: true},
		{Name: "ip_address", Kind: tables.Text, Null: true},
		{Name: "ip_network", Kind: tables.Text, Null: true},
	}},
	{Name: "blacklisted_tokens", Key: 1, Columns: []tables.Column{
		{Name: "jti", Kind: tables.UID},
		{Name: "session_id", Kind: tables.UID},
		{Name: "generation", Kind: tables.Count},
		{Name: "blacklisted_at", Kind: tables.Moment},
		{Name: "expires_at", Kind: tables.Moment},
	}},
	{Name: "login_limits", Key: 1, Columns: []tables.Column{
		{Name: "bucket", Kind: tables.Text},
		{Name: "full_at", Kind: tables.Moment},
	}},
	{Name: "rooms", Key: 1, Columns: []tables.Column{
		{Name: "id", Kind: tables.UID},
		{Name: "owner_id", Kind: tables.UID},
		{Name: "created_at", Kind: tables.Moment},
		{Name: "name", Kind: tables.Text},
		{Name: "name_key", Kind: tables.Text, Null: true},
		{Name: "topic", Kind: tables.Text, Null: true},
		{Name: "deleted_at", Kind: tables.Moment, Null: true},
		{Name: "last_place", Kind: tables.Count},
		{Name: "last_number", Kind: tables.Count},
		{Name: "last_tag", Kind: tables.Wide},
		{Name: "last_at", Kind: tables.Moment},
	}},
	{Name: "chats", Key: 2, Where: logcheck.KeptChats, Columns: []tables.Column{
		{Name: "room_id", Kind: tables.UID},
		{Name: "number", Kind: tables.Count},
		{Name: "place", Kind: tables.Count},
		{Name: "tag", Kind: tables.Wide},
		{Name: "id", Kind: tables.UID},
		{Name: "user_id", Kind: tables.UID},
		{Name: "username", Kind: tables.Text},
		{Name: "text", Kind: tables.Text},
		{Name: "created_at", Kind: tables.Moment},
		{Name: "edited_at", Kind: tables.Moment, Null: true},
		{Name: "deleted_at", Kind: tables.Moment, Null: true},
	}},
	{Name: "room_events", Key: 2, Where: logcheck.KeptEvents, Columns: []tables.Column{
		{Name: "room_id", Kind: tables.UID},
		{Name: "place", Kind: tables.Count},
		{Name: "number", Kind: tables.Count},
		{Name: "kind", Kind: tables.Text},
		{Name: "tag", Kind: tables.Wide},
		{Name: "at", Kind: tables.Moment},
		{Name: "actor_id", Kind: tables.UID},
		{Name: "chat_id", Kind: tables.UID, Null: true},
	}},
}

// header and trailer are the other lines, behind their first field.
var (
	header = &tables.Table{Name: "the header", Columns: []tables.Column{
		{Name: "version", Kind: tables.Count}, {Name: "schema", Kind: tables.Count},
	}}
	trailer = func() *tables.Table {
		t := &tables.Table{Name: "the trailer"}
		for _, table := range allTables {
			t.Columns = append(t.Columns, tables.Column{Name: table.Name, Kind: tables.Count})
		}
		return t
	}()
)

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

// checkHeader wants the format, the version and the schema of this binary.
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
