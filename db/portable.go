package db

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"parley/db/migrations"
	"parley/db/tables"
)

// What is wrong with an import.
var (
	ErrNotEmpty = errors.New("the database is not empty")
	ErrDamaged  = errors.New("not a whole export")
)

// Held says what an export holds: bytes, and rows of tables, with what has been deleted.
type Held struct {
	Bytes, Rows         int64
	Users, Rooms, Chats int64
}

func (h *Held) count(t *tables.Table, rows int64) {
	h.Rows += rows
	switch t.Name {
	case "users":
		h.Users += rows
	case "rooms":
		h.Rooms += rows
	case "chats":
		h.Chats += rows
	}
}

// The format is described in docs/export.md. What is here must change together with that, and a change
// that older releases would misread raises the version.
const (
	portableFormat  = "parley-export"
	portableVersion = 1
)

// inPurge are rooms that were deleted and still have rows. Of these only the last event is data.
const inPurge = `(SELECT id FROM rooms WHERE purging)`

// portables are all tables but goose's, each behind those that it points to. The internal id of events is
// no part of a log and is left out, and so is what a purge has left, and which rooms it is of. Logs are in order of room and number, and so are their rows on the disk
// after an import: a page of history is a few pages of the database.
var portables = []*tables.Table{
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
	{Name: "chats", Key: 2, Where: "room_id NOT IN " + inPurge, Columns: []tables.Column{
		chatRoom:    {Name: "room_id", Kind: tables.UID},
		chatNumber:  {Name: "number", Kind: tables.Count},
		chatPlace:   {Name: "place", Kind: tables.Count},
		chatTag:     {Name: "tag", Kind: tables.Wide},
		chatTag + 1: {Name: "id", Kind: tables.UID},
		chatTag + 2: {Name: "user_id", Kind: tables.UID},
		chatTag + 3: {Name: "username", Kind: tables.Text},
		chatTag + 4: {Name: "text", Kind: tables.Text},
		chatTag + 5: {Name: "created_at", Kind: tables.Moment},
		chatTag + 6: {Name: "edited_at", Kind: tables.Moment, Null: true},
		chatTag + 7: {Name: "deleted_at", Kind: tables.Moment, Null: true},
	}},
	{Name: "room_events", Key: 2, Where: "kind = 'ROOM_DELETED' OR room_id NOT IN " + inPurge, Columns: []tables.Column{
		eventRoom:   {Name: "room_id", Kind: tables.UID},
		eventPlace:  {Name: "place", Kind: tables.Count},
		eventNumber: {Name: "number", Kind: tables.Count},
		eventKind:   {Name: "kind", Kind: tables.Text},
		eventTag:    {Name: "tag", Kind: tables.Wide},
		eventAt:     {Name: "at", Kind: tables.Moment},
		eventActor:  {Name: "actor_id", Kind: tables.UID},
		eventChat:   {Name: "chat_id", Kind: tables.UID, Null: true},
	}},
}

// Columns of logs that are looked at.
const (
	chatRoom, chatNumber, chatPlace, chatTag = 0, 1, 2, 3

	eventRoom, eventPlace, eventNumber, eventKind = 0, 1, 2, 3
	eventTag, eventAt, eventActor, eventChat      = 4, 5, 6, 7
)

// portableHeader and portableTrailer are the other lines, behind their first field.
var (
	portableHeader = &tables.Table{Name: "the header", Columns: []tables.Column{
		{Name: "version", Kind: tables.Count}, {Name: "schema", Kind: tables.Count},
	}}
	portableTrailer = func() *tables.Table {
		t := &tables.Table{Name: "the trailer"}
		for _, table := range portables {
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

// portableSchema is the version of the schema, whichever the database: the two kinds number the same
// migrations differently.
func portableSchema() (int64, error) { return migrations.Newest(migrations.SQLite) }

// appendHeader writes the first line.
func appendHeader(to []byte) ([]byte, error) {
	schema, err := portableSchema()
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(to, "{%q:%q,\"version\":%d,\"schema\":%d}\n", headerField, portableFormat, portableVersion, schema), nil
}

// appendTrailer writes the last line.
func appendTrailer(to []byte, sum []byte, rows []int64) []byte {
	to = fmt.Appendf(to, "{%q:\"%x\"", trailerField, sum)
	for i, t := range portables {
		to = fmt.Appendf(to, ",%q:%d", t.Name, rows[i])
	}
	return append(to, "}\n"...)
}

// checkHeader wants the format, the version and the schema of this binary.
func checkHeader(format []byte, row [][]byte) error {
	schema, err := portableSchema()
	if err != nil {
		return err
	}
	if string(format) != portableFormat {
		return errors.New("it is not the format of parley export")
	}
	for i, known := range []int64{portableVersion, schema} {
		got, err := strconv.ParseInt(string(row[i]), 10, 64)
		what := portableHeader.Columns[i].Name
		switch {
		case err != nil:
			return err
		case got > known:
			return fmt.Errorf("%w: its %s is %d and this binary knows %d; use the newer binary", ErrNewer, what, got, known)
		case got < known:
			return fmt.Errorf("%w: its %s is %d and this binary knows %d; import it with the release that wrote it, then parley migrate", ErrOlder, what, got, known)
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
