package data

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/db/dbtest"
	"parley/e2e/harness"
)

// The nil UUID was stored as the id of a chat once, and written as null: no page, stream or list of its room
// could be read any more.
func TestNilIDIsRefused(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	for _, id := range []string{harness.NilID, "hello", "", "{" + harness.NilID + "}", "urn:uuid:" + harness.NilID, strings.ReplaceAll(harness.NilID, "-", "")} {
		a := s.Ask(ann, `mutation($id: ID) { sendChat(room: "general", text: "x", id: $id) { id } }`, map[string]any{"id": id})
		if a.Code() != "BAD_USER_INPUT" || harness.WordOf(a, "field") != "id" || harness.WordOf(a, "reason") != "ID_INVALID" {
			t.Errorf("sendChat with the id %q: %s", id, a.Body)
		}
	}
	harness.WantNothingUnder(t, s, ann, harness.NilID)
	var data struct{ Chats struct{ Nodes []any } }
	if s.Must(&data, ann, `{ chats(room: "general") { nodes { id } } }`); len(data.Chats.Nodes) != 0 {
		t.Errorf("something was stored: %v", data)
	}
}

// A database that an older server has stored such a chat in is read like any other, and whoever may
// delete the chat can: it is found under the id that it is shown with, and not under what is no id.
func TestNilIDOfAnOlderServerIsReadable(t *testing.T) {
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir, harness.NoLimits()...))
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	start := s.End(bob)
	s.SendChat(bob, "before")
	s.SendChat(bob, "poison")
	insertNilID(t, dir, "poison")
	if a := s.Ask(ann, `{ rooms { edges { node { id lastChat { id } } } nodes { id lastChat { id text } } } }`); len(a.Errors) > 0 || strings.Count(a.Body, harness.NilID) != 2 {
		t.Errorf("the list is %s", a.Body)
	}
	s.SendChat(bob, "after")

	var page struct {
		Chats struct {
			Nodes []struct {
				ID, Text string
				Number   int
			}
		}
	}
	s.Must(&page, ann, `{ chats(room: "general") { edges { node { id } } nodes { id text number } } }`)
	if n := page.Chats.Nodes; len(n) != 3 || n[1].ID != harness.NilID || n[1].Text != "poison" {
		t.Fatalf("the page is %+v", page)
	}
	k := s.Dial(ann)
	k.Expect("connection_ack")
	k.Subscribe("1", `subscription($after: Cursor) { chatSent(room: "general", after: $after) { id text } }`, start)
	e := s.Follow(ann, `subscription($after: Cursor!) { events(rooms: ["general"], after: [$after]) { kind chat { id text } } }`, start)
	if _, joined := e.Next(); !strings.Contains(joined, `"chat":null`) { // bob's, with his first chat
		t.Errorf("the stream begins with %s", joined)
	}
	for _, text := range []string{"before", "poison", "after"} {
		m := k.Expect("next")
		kind, data := e.Next()
		for _, got := range []string{string(m.Payload), data} {
			if kind != "next" || strings.Contains(got, `"errors"`) || !strings.Contains(got, text) || text == "poison" && !strings.Contains(got, harness.NilID) {
				t.Errorf("the stream says %s, want %s", got, text)
			}
		}
	}
	harness.WantNothingUnder(t, s, ann, "hello")
	for _, document := range []string{
		`{ node(id: "` + harness.NilID + `") { id } }`, `{ chat(id: "` + harness.NilID + `") { id text } }`, `{ nodes(ids: ["hello", "` + harness.NilID + `"]) { id } }`,
	} {
		if a := s.Ask(ann, document); len(a.Errors) > 0 || !strings.Contains(a.Body, harness.NilID) {
			t.Errorf("%s: %s", document, a.Body)
		}
	}
	a := s.Ask(ann, `mutation { deleteChat(chat: "`+harness.NilID+`") { id text deletedAt } }`)
	if len(a.Errors) > 0 || !strings.Contains(a.Body, `"id":"`+harness.NilID+`","text":null`) {
		t.Errorf("deleteChat: %s", a.Body)
	}
}

// insertNilID gives a chat the nil UUID behind the server's back.
func insertNilID(t *testing.T, dir, text string) {
	t.Helper()
	pool := dbtest.Pool(t, dir)
	var id string
	if err := pool.QueryRowContext(t.Context(), `SELECT CAST(id AS text) FROM chats WHERE text = '`+text+`'`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`UPDATE chats SET id = '` + harness.NilID + `' WHERE id = '` + id + `'`, `UPDATE room_events SET chat_id = '` + harness.NilID + `' WHERE chat_id = '` + id + `'`,
	} {
		if _, err := pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// The migration gives such a chat an id, so that an export that has it can be imported; cursors stay good.
func TestNilIDIsMigratedAway(t *testing.T) {
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir))
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	start := s.End(ann)
	const id = "01890a5d-ac96-774b-bcce-b302099a8057"
	s.Must(nil, ann, `mutation { sendChat(room: "general", text: "first") { id } }`)
	s.Must(nil, ann, `mutation { sendChat(room: "general", text: "poison", id: "`+id+`") { id } }`)
	s.Must(nil, ann, `mutation { editChat(chat: "`+id+`", text: "poison still") { id } }`)
	s.SendChat(ann, "last")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	insertNilID(t, dir, "poison still")
	if status, stderr := importInto(t, harness.DataDir(t), exportOf(t, dir)); status == 0 || !strings.Contains(stderr, "nil UUID") {
		t.Errorf("the import of a nil id: status %d, %s", status, stderr)
	}
	kind := "sqlite"
	if dbtest.OnPostgres() {
		kind = "postgres"
	}
	text, err := os.ReadFile("../../db/migrations/" + kind + "/20261129180000_nil_ids.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, _, _ := strings.Cut(string(text), "-- +goose Down")
	if _, err := dbtest.Pool(t, dir).ExecContext(t.Context(), up); err != nil {
		t.Fatal(err)
	}
	to := harness.DataDir(t)
	exported := exportOf(t, dir)
	if status, stderr := importInto(t, to, exported); status != 0 || strings.Contains(string(exported), harness.NilID) {
		t.Fatal(stderr)
	}
	keys, err := os.ReadFile(filepath.Join(dir, "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "keys.json"), keys, 0o600); err != nil {
		t.Fatal(err)
	}
	s = harness.Start(t, harness.Config(t, to))
	e := s.Follow(ann, `subscription($after: Cursor!) { events(rooms: ["general"], after: [$after]) { kind chat { id text } } }`, start)
	var ids []string
	for _, want := range []string{"first", "poison still", "poison still", "last"} {
		_, data := e.Next()
		var got harness.Answer
		var event struct {
			Events struct{ Chat struct{ ID, Text string } }
		}
		if err := json.Unmarshal([]byte(data), &got); err != nil {
			t.Fatal(data)
		}
		if s.Decode(got, &event); event.Events.Chat.Text != want {
			t.Errorf("got %s, want %s", data, want)
		}
		ids = append(ids, event.Events.Chat.ID)
	}
	if parsed, err := uuid.Parse(ids[1]); err != nil || parsed.Version() != 4 || parsed.Variant() != uuid.RFC4122 || ids[2] != ids[1] {
		t.Errorf("the ids are %q, %v", ids, err)
	}
	s.Must(nil, ann, `mutation { deleteChat(chat: "`+ids[1]+`") { id } }`)
}

// A node of an older release that runs beside the first of this one stores such a chat behind the migration. A start
// gives it an id: no import took an export that held it.
func TestNilIDBehindTheMigrationIsReplaced(t *testing.T) {
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir))
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	s.SendChat(ann, "before")
	var sent struct{ SendChat struct{ ID string } }
	s.Must(&sent, ann, `mutation { sendChat(room: "general", text: "poison") { id } }`)
	s.Must(nil, ann, `mutation { editChat(chat: "`+sent.SendChat.ID+`", text: "poison still") { id } }`)
	s.SendChat(ann, "after")
	insertNilID(t, dir, "poison still")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s = harness.Start(t, harness.Config(t, dir))
	var page struct {
		Chats struct {
			Nodes []struct{ ID, Text string }
		}
	}
	s.Must(&page, ann, `{ chats(room: "general") { nodes { id text } } }`)
	if n := page.Chats.Nodes; len(n) != 3 || n[1].ID == harness.NilID || n[1].Text != "poison still" {
		t.Errorf("the page is %+v", page)
	}
	exported := exportOf(t, dir)
	if status, stderr := importInto(t, harness.DataDir(t), exported); status != 0 || strings.Contains(string(exported), harness.NilID) {
		t.Error(stderr)
	}
}
