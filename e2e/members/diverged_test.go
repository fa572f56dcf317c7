package members

import (
	"strings"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
)

// Where the history of a room is another one than that of a cursor, whoever asks is told which room it is: by each query with a cursor and
// each stream, when it begins and while it runs. Rooms whose history is the same are not named.
func TestDivergedRoomsAreNamed(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	ids, cursors := map[string]string{}, map[string]string{}
	var chat string
	for _, name := range []string{"general", "other"} {
		var data struct {
			CreateRoom struct{ ID string }
			SendChat   struct{ ID, Cursor string }
		}
		s.Must(&data, ann, `mutation($n: String!) { createRoom(name: $n) { id } }`, map[string]any{"n": name})
		s.Must(&data, ann, `mutation($r: ID!) { sendChat(room: $r, text: "x") { id cursor } }`, map[string]any{"r": name})
		ids[name], cursors[name] = data.CreateRoom.ID, data.SendChat.Cursor
		if name == "general" {
			chat = data.SendChat.ID
		}
	}
	variables := map[string]any{"a": cursors["general"], "all": []string{cursors["other"], cursors["general"]}, "c": chat}
	live := s.Dial(ann)
	live.Expect("connection_ack")
	live.Subscribe("1", `subscription($all: [Cursor!]) { events(rooms: ["other", "general"], after: $all) { kind } }`, variables)
	live.Expect("next") // it is current
	pool := dbtest.Pool(t, s.Dir)
	for _, change := range []string{`UPDATE room_events SET tag = tag + 1 WHERE room_id = '`, `UPDATE rooms SET last_tag = last_tag + 1 WHERE id = '`} {
		if _, err := pool.ExecContext(t.Context(), change+ids["general"]+`'`); err != nil {
			t.Fatal(err)
		}
	}
	s.Must(nil, ann, `mutation { sendChat(room: "general", text: "y") { id } }`)
	want := func(what, got string) {
		t.Helper()
		if !strings.Contains(got, `"CURSOR_DIVERGED"`) || !strings.Contains(got, `"rooms":["`+ids["general"]+`"]`) {
			t.Errorf("%s: %s", what, got)
		}
	}
	want("live", string(live.Expect("error").Payload))
	for _, query := range []string{
		`query($a: Cursor) { chats(room: "general", after: $a) { nodes { id } } }`,
		`query($a: Cursor) { chats(room: "general", before: $a) { nodes { id } } }`,
		`query($a: Cursor) { room(id: "general") { chats(after: $a) { nodes { id } } } }`,
		`query($a: Cursor, $c: ID!) { chat(id: $c) { replies(after: $a) { nodes { id } } } }`,
	} {
		asked := map[string]any{"a": variables["a"]}
		if strings.Contains(query, "$c") {
			asked["c"] = variables["c"]
		}
		want(query, s.AskThrough(ann, query, asked).Body)
	}
	for _, subscription := range []string{
		`subscription($a: Cursor) { chatSent(room: "general", after: $a) { id } }`,
		`subscription($all: [Cursor!]) { events(rooms: ["other", "general"], after: $all) { kind } }`,
		`subscription($all: [Cursor!]) { events(after: $all) { kind } }`,
	} {
		k := s.Dial(ann)
		k.Expect("connection_ack")
		k.Subscribe("1", subscription, variables)
		want(subscription, string(k.Expect("error").Payload))
		_, data := s.Follow(ann, subscription, variables).Next()
		want("event stream: "+subscription, data)
	}
}
