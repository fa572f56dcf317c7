package server

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/db/dbtest"
)

const nilID = "00000000-0000-0000-0000-000000000000"

// The nil UUID was stored as the id of a chat once, and written as null: no page, stream or list of its room
// could be read any more.
func TestNilIDIsRefused(t *testing.T) {
	s := newServer(t)
	ann, _ := s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	for _, id := range []string{nilID, "hello", "", "{" + nilID + "}", "urn:uuid:" + nilID, strings.ReplaceAll(nilID, "-", "")} {
		a := s.ask(ann, `mutation($id: ID) { sendChat(room: "general", text: "x", id: $id) { id } }`, map[string]any{"id": id})
		if a.code() != "BAD_USER_INPUT" || wordOf(a, "field") != "id" || wordOf(a, "reason") != "ID_INVALID" {
			t.Errorf("sendChat with the id %q: %s", id, a.Body)
		}
	}
	wantNothingUnder(t, s, ann, nilID)
	var data struct{ Chats struct{ Nodes []any } }
	if s.must(&data, ann, `{ chats(room: "general") { nodes { id } } }`); len(data.Chats.Nodes) != 0 {
		t.Errorf("something was stored: %v", data)
	}
}

// wantNothingUnder wants that an id is nobody's and nothing's, wherever one can be given.
func wantNothingUnder(t *testing.T, s *testServer, token, id string) {
	t.Helper()
	for _, call := range []string{
		`query($id: ID!) { node(id: $id) { id } }`, `query($id: ID!) { chat(id: $id) { id } }`, `query($id: ID!) { room(id: $id) { id } }`,
		`query($id: ID!) { user(id: $id) { id } }`, `query($id: ID!) { chats(room: $id) { nodes { id } } }`,
		`mutation($id: ID!) { editChat(chat: $id, text: "y") { id } }`, `mutation($id: ID!) { deleteChat(chat: $id) { id } }`,
		`mutation($id: ID!) { deleteRoom(room: $id) }`, `mutation($id: ID!) { endSession(session: $id) }`,
		`mutation($id: ID!) { sendChat(room: $id, text: "x") { id } }`,
	} {
		if a := s.ask(token, call, map[string]any{"id": id}); a.code() != "NOT_FOUND" {
			t.Errorf("%s with %q: %s", call, id, a.Body)
		}
	}
	a := s.ask(token, `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, map[string]any{"ids": []string{id, id}})
	if a.Body != `{"data":{"nodes":[null,null]}}` {
		t.Errorf("nodes with %q: %s", id, a.Body)
	}
	k := s.dial(token)
	k.expect("connection_ack")
	for _, stream := range []string{`subscription($id: ID!) { chatSent(room: $id) { id } }`, `subscription($id: ID!) { events(rooms: [$id]) { at } }`} {
		k.subscribe("1", stream, map[string]any{"id": id})
		if m := k.expect("error"); !strings.Contains(string(m.Payload), `"NOT_FOUND"`) {
			t.Errorf("%s with %q: %s", stream, id, m.Payload)
		}
	}
}

// A database that an older server has stored such a chat in is read like any other, and whoever may
// delete the chat can: it is found under the id that it is shown with, and not under what is no id.
func TestNilIDOfAnOlderServerIsReadable(t *testing.T) {
	dir := dataDir(t)
	s := startServer(t, config(t, dir))
	ann, _ := s.register("ann")
	bob, _ := s.register("bob")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	start := s.place(bob)
	s.say(bob, "before")
	s.say(bob, "poison")
	poison(t, dir, "poison")
	if a := s.ask(ann, `{ rooms { edges { node { id lastChat { id } } } nodes { id lastChat { id text } } } }`); len(a.Errors) > 0 || strings.Count(a.Body, nilID) != 2 {
		t.Errorf("the list is %s", a.Body)
	}
	s.say(bob, "after")

	var page struct {
		Chats struct {
			Nodes []struct {
				ID, Text string
				Number   int
			}
		}
	}
	s.must(&page, ann, `{ chats(room: "general") { edges { node { id } } nodes { id text number } } }`)
	if n := page.Chats.Nodes; len(n) != 3 || n[1].ID != nilID || n[1].Text != "poison" {
		t.Fatalf("the page is %+v", page)
	}
	k := s.dial(ann)
	k.expect("connection_ack")
	k.subscribe("1", `subscription($after: Cursor) { chatSent(room: "general", after: $after) { id text } }`, start)
	e := s.follow(ann, `subscription($after: Cursor!) { events(rooms: ["general"], after: [$after]) { kind chat { id text } } }`, start)
	for _, text := range []string{"before", "poison", "after"} {
		m := k.expect("next")
		kind, data := e.next()
		for _, got := range []string{string(m.Payload), data} {
			if kind != "next" || strings.Contains(got, `"errors"`) || !strings.Contains(got, text) || text == "poison" && !strings.Contains(got, nilID) {
				t.Errorf("the stream says %s, want %s", got, text)
			}
		}
	}
	wantNothingUnder(t, s, ann, "hello")
	for _, document := range []string{
		`{ node(id: "` + nilID + `") { id } }`, `{ chat(id: "` + nilID + `") { id text } }`, `{ nodes(ids: ["hello", "` + nilID + `"]) { id } }`,
	} {
		if a := s.ask(ann, document); len(a.Errors) > 0 || !strings.Contains(a.Body, nilID) {
			t.Errorf("%s: %s", document, a.Body)
		}
	}
	a := s.ask(ann, `mutation { deleteChat(chat: "`+nilID+`") { id text deletedAt } }`)
	if len(a.Errors) > 0 || !strings.Contains(a.Body, `"id":"`+nilID+`","text":null`) {
		t.Errorf("deleteChat: %s", a.Body)
	}
}

// poison gives a chat the nil UUID behind the server's back.
func poison(t *testing.T, dir, text string) {
	t.Helper()
	pool := dbtest.Pool(t, dir)
	var id string
	if err := pool.QueryRowContext(t.Context(), `SELECT CAST(id AS text) FROM chats WHERE text = '`+text+`'`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`UPDATE chats SET id = '` + nilID + `' WHERE id = '` + id + `'`, `UPDATE room_events SET chat_id = '` + nilID + `' WHERE chat_id = '` + id + `'`,
	} {
		if _, err := pool.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// The migration gives such a chat an id, so that an export that has it can be imported; cursors stay good.
func TestNilIDIsMigratedAway(t *testing.T) {
	dir := dataDir(t)
	s := startServer(t, config(t, dir))
	ann, _ := s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	start := s.place(ann)
	const id = "01890a5d-ac96-774b-bcce-b302099a8057"
	s.must(nil, ann, `mutation { sendChat(room: "general", text: "first") { id } }`)
	s.must(nil, ann, `mutation { sendChat(room: "general", text: "poison", id: "`+id+`") { id } }`)
	s.must(nil, ann, `mutation { editChat(chat: "`+id+`", text: "poison still") { id } }`)
	s.say(ann, "last")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	poison(t, dir, "poison still")
	if status, stderr := importInto(t, dataDir(t), exportOf(t, dir)); status == 0 || !strings.Contains(stderr, "nil UUID") {
		t.Errorf("the import of a nil id: status %d, %s", status, stderr)
	}
	kind := "sqlite"
	if dbtest.OnPostgres() {
		kind = "postgres"
	}
	text, err := os.ReadFile("../db/migrations/" + kind + "/20261129180000_nil_ids.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, _, _ := strings.Cut(string(text), "-- +goose Down")
	if _, err := dbtest.Pool(t, dir).ExecContext(t.Context(), up); err != nil {
		t.Fatal(err)
	}
	to := dataDir(t)
	exported := exportOf(t, dir)
	if status, stderr := importInto(t, to, exported); status != 0 || strings.Contains(string(exported), nilID) {
		t.Fatal(stderr)
	}
	keys, err := os.ReadFile(filepath.Join(dir, "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "keys.json"), keys, 0o600); err != nil {
		t.Fatal(err)
	}
	s = startServer(t, config(t, to))
	e := s.follow(ann, `subscription($after: Cursor!) { events(rooms: ["general"], after: [$after]) { kind chat { id text } } }`, start)
	var ids []string
	for _, want := range []string{"first", "poison still", "poison still", "last"} {
		_, data := e.next()
		var got answer
		var event struct {
			Events struct{ Chat struct{ ID, Text string } }
		}
		if err := json.Unmarshal([]byte(data), &got); err != nil {
			t.Fatal(data)
		}
		if s.into(got, &event); event.Events.Chat.Text != want {
			t.Errorf("got %s, want %s", data, want)
		}
		ids = append(ids, event.Events.Chat.ID)
	}
	if parsed, err := uuid.Parse(ids[1]); err != nil || parsed.Version() != 4 || parsed.Variant() != uuid.RFC4122 || ids[2] != ids[1] {
		t.Errorf("the ids are %q, %v", ids, err)
	}
	s.must(nil, ann, `mutation { deleteChat(chat: "`+ids[1]+`") { id } }`)
}

// A node of an older release that runs beside the first of this one stores such a chat behind the migration. A start
// gives it an id: no import took an export that held it.
func TestNilIDBehindTheMigrationIsHealed(t *testing.T) {
	dir := dataDir(t)
	s := startServer(t, config(t, dir))
	ann, _ := s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	s.say(ann, "before")
	var sent struct{ SendChat struct{ ID string } }
	s.must(&sent, ann, `mutation { sendChat(room: "general", text: "poison") { id } }`)
	s.must(nil, ann, `mutation { editChat(chat: "`+sent.SendChat.ID+`", text: "poison still") { id } }`)
	s.say(ann, "after")
	poison(t, dir, "poison still")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s = startServer(t, config(t, dir))
	var page struct {
		Chats struct {
			Nodes []struct{ ID, Text string }
		}
	}
	s.must(&page, ann, `{ chats(room: "general") { nodes { id text } } }`)
	if n := page.Chats.Nodes; len(n) != 3 || n[1].ID == nilID || n[1].Text != "poison still" {
		t.Errorf("the page is %+v", page)
	}
	exported := exportOf(t, dir)
	if status, stderr := importInto(t, dataDir(t), exported); status != 0 || strings.Contains(string(exported), nilID) {
		t.Error(stderr)
	}
}
