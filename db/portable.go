package db

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"parley/db/migrations"
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

func (h *Held) count(t *portable, rows int64) {
	h.Rows += rows
	switch t.name {
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

// A portable is a table as an export has it. Its rows are in order of its key.
type portable struct {
	name    string
	key     int // so many of the first columns
	columns []portableColumn
	where   string // the rows that are moved; empty: all
}

type portableColumn struct {
	name string
	kind portableKind
	null bool
}

// A portableKind is a form of values. A cell holds one as text that is the same in both databases; nil is null.
type portableKind uint8

const (
	uidKind    portableKind = iota // a UUID, 36 characters, lower case
	momentKind                     // RFC 3339, UTC, milliseconds
	countKind                      // 0 … 2⁵³−1: a number, which every reader of JSON keeps exactly
	wideKind                       // 0 … 2⁶³−1: a string of digits, because a JavaScript number would round it
	textKind                       // UTF-8 without U+0000
	octetsKind                     // base64; the cell holds the bytes
)

// inPurge are rooms that were deleted and still have rows. Of these only the last event is data.
const inPurge = `(SELECT id FROM rooms WHERE purging)`

// portables are all tables but goose's, each behind those that it points to. The internal id of events is
// no part of a log and is left out, and so is what a purge has left, and which rooms it is of. Logs are in order of room and number, and so are their rows on the disk
// after an import: a page of history is a few pages of the database.
var portables = []*portable{
	{name: "users", key: 1, columns: []portableColumn{
		{name: "id", kind: uidKind},
		{name: "created_at", kind: momentKind},
		{name: "username", kind: textKind},
		{name: "username_key", kind: textKind},
		{name: "password_hash", kind: textKind, null: true},
		{name: "password_version", kind: countKind},
		{name: "deleted_at", kind: momentKind, null: true},
	}},
	{name: "sessions", key: 1, columns: []portableColumn{
		{name: "id", kind: uidKind},
		{name: "user_id", kind: uidKind},
		{name: "created_at", kind: momentKind},
		{name: "last_used_at", kind: momentKind},
		{name: "expires_at", kind: momentKind},
		{name: "ends_at", kind: momentKind, null: true},
		{name: "revoked_at", kind: momentKind, null: true},
		{name: "revoked_reason", kind: textKind, null: true},
		{name: "generation", kind: countKind},
		{name: "refresh_jti", kind: uidKind, null: true},
		{name: "refresh_issued_at", kind: momentKind},
		{name: "refresh_kid", kind: textKind},
		{name: "parent_jti", kind: uidKind, null: true},
		{name: "rotated_at", kind: momentKind, null: true},
		{name: "retry_hash", kind: octetsKind, null: true},
		{name: "user_agent", kind: textKind, null: true},
		{name: "ip_address", kind: textKind, null: true},
		{name: "ip_network", kind: textKind, null: true},
	}},
	{name: "blacklisted_tokens", key: 1, columns: []portableColumn{
		{name: "jti", kind: uidKind},
		{name: "session_id", kind: uidKind},
		{name: "generation", kind: countKind},
		{name: "blacklisted_at", kind: momentKind},
		{name: "expires_at", kind: momentKind},
	}},
	{name: "login_limits", key: 1, columns: []portableColumn{
		{name: "bucket", kind: textKind},
		{name: "full_at", kind: momentKind},
	}},
	{name: "rooms", key: 1, columns: []portableColumn{
		{name: "id", kind: uidKind},
		{name: "owner_id", kind: uidKind},
		{name: "created_at", kind: momentKind},
		{name: "name", kind: textKind},
		{name: "name_key", kind: textKind, null: true},
		{name: "topic", kind: textKind, null: true},
		{name: "deleted_at", kind: momentKind, null: true},
		{name: "last_place", kind: countKind},
		{name: "last_number", kind: countKind},
		{name: "last_tag", kind: wideKind},
		{name: "last_at", kind: momentKind},
	}},
	{name: "chats", key: 2, where: "room_id NOT IN " + inPurge, columns: []portableColumn{
		chatRoom:    {name: "room_id", kind: uidKind},
		chatNumber:  {name: "number", kind: countKind},
		chatPlace:   {name: "place", kind: countKind},
		chatTag:     {name: "tag", kind: wideKind},
		chatTag + 1: {name: "id", kind: uidKind},
		chatTag + 2: {name: "user_id", kind: uidKind},
		chatTag + 3: {name: "username", kind: textKind},
		chatTag + 4: {name: "text", kind: textKind},
		chatTag + 5: {name: "created_at", kind: momentKind},
		chatTag + 6: {name: "edited_at", kind: momentKind, null: true},
		chatTag + 7: {name: "deleted_at", kind: momentKind, null: true},
	}},
	{name: "room_events", key: 2, where: "kind = 'ROOM_DELETED' OR room_id NOT IN " + inPurge, columns: []portableColumn{
		eventRoom:   {name: "room_id", kind: uidKind},
		eventPlace:  {name: "place", kind: countKind},
		eventNumber: {name: "number", kind: countKind},
		eventKind:   {name: "kind", kind: textKind},
		eventTag:    {name: "tag", kind: wideKind},
		eventAt:     {name: "at", kind: momentKind},
		eventActor:  {name: "actor_id", kind: uidKind},
		eventChat:   {name: "chat_id", kind: uidKind, null: true},
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
	portableHeader = &portable{name: "the header", columns: []portableColumn{
		{name: "version", kind: countKind}, {name: "schema", kind: countKind},
	}}
	portableTrailer = func() *portable {
		t := &portable{name: "the trailer"}
		for _, table := range portables {
			t.columns = append(t.columns, portableColumn{name: table.name, kind: countKind})
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

func (t *portable) names() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

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
		to = fmt.Appendf(to, ",%q:%d", t.name, rows[i])
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
		what := portableHeader.columns[i].name
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
