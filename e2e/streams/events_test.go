package streams

import (
	"encoding/json"
	"strings"
	"testing"

	"parley/e2e/harness"
)

const eventsDocument = `subscription($rooms: [ID!], $after: [Cursor!]) { events(rooms: $rooms, after: $after) {
	kind cursor at actor { username } room { name } chat { id number text editedAt deletedAt user { username } } cursors } }`

type anEvent struct {
	Kind    string
	Cursor  *string
	Actor   *struct{ Username string }
	Room    *struct{ Name string }
	Chat    *struct{ ID, Text string }
	Cursors []string
}

func event(k *harness.Socket) anEvent {
	k.T.Helper()
	var payload struct{ Data struct{ Events anEvent } }
	if err := json.Unmarshal(k.Expect("next").Payload, &payload); err != nil {
		k.T.Fatal(err)
	}
	return payload.Data.Events
}

// What happens in a room reaches its readers as events; whoever was cut off meanwhile goes on from the
// last cursor and sees what became of it.
func TestEventsOfARoom(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k := s.Dial(bob)
	k.Expect("connection_ack")
	k.Subscribe("1", eventsDocument, map[string]any{"rooms": []string{"general"}})
	up := event(k)
	if up.Kind != "CAUGHT_UP" || len(up.Cursors) != 1 || up.Cursor != nil || up.Actor != nil {
		t.Fatalf("got %+v", up)
	}
	const id = "01890a5d-ac96-774b-bcce-b302099a8057"
	s.Must(nil, ann, `mutation { sendChat(room: "general", text: "helo", id: "`+id+`") { id } }`)
	s.Must(nil, ann, `mutation { editChat(chat: "`+id+`", text: "hello") { text editedAt } }`)
	sent, edited := event(k), event(k)
	if sent.Kind != "CHAT_SENT" || sent.Actor.Username != "ann" || sent.Room.Name != "general" || sent.Chat.ID != id {
		t.Errorf("got %+v", sent)
	}
	if edited.Kind != "CHAT_EDITED" || edited.Chat.Text != "hello" || edited.Cursor == nil {
		t.Errorf("got %+v", edited)
	}
	if a := s.AskThrough(bob, `mutation { editChat(chat: "`+id+`", text: "mine") { text } }`); a.Code() != "FORBIDDEN" {
		t.Errorf("got %s", a.Body)
	}
	a := s.AskThrough(ann, `mutation { deleteChat(chat: "`+id+`") { id text deletedAt number } }`)
	if !strings.Contains(a.Body, `"text":null`) || strings.Contains(a.Body, `"deletedAt":null`) {
		t.Errorf("got %s", a.Body)
	}
	if e := event(k); e.Kind != "CHAT_DELETED" || e.Chat.Text != "" {
		t.Errorf("got %+v", e)
	}
	late := s.Dial(bob)
	late.Expect("connection_ack")
	late.Subscribe("1", eventsDocument, map[string]any{"rooms": []string{"general"}, "after": up.Cursors})
	for _, want := range []string{"CHAT_SENT", "CHAT_EDITED", "CHAT_DELETED", "CAUGHT_UP"} {
		if e := event(late); e.Kind != want || e.Chat != nil && e.Chat.Text != "" {
			t.Errorf("got %+v, want %s without a text", e, want)
		}
	}
	s.Must(nil, ann, `mutation { deleteRoom(room: "general") }`)
	for _, k := range []*harness.Socket{k, late} {
		if e := event(k); e.Kind != "ROOM_DELETED" || e.Room.Name != "general" {
			t.Errorf("got %+v", e)
		}
		if m := k.Expect("error"); !strings.Contains(string(m.Payload), `"NOT_FOUND"`) {
			t.Errorf("got %s", m.Payload)
		}
	}
}

func TestArgumentsOfEventsAreChecked(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k := s.Dial(ann)
	k.Expect("connection_ack")
	many := make([]string, 1001)
	for i := range many {
		many[i] = "general"
	}
	for want, variables := range map[string]map[string]any{
		`"REQUIRED"`:       {"rooms": []string{}},
		`"CURSOR_INVALID"`: {"rooms": []string{"general"}, "after": []string{"nonsense"}},
		`"NOT_FOUND"`:      {"rooms": []string{"general", "nowhere"}},
		`"LIMIT_REACHED"`:  {"rooms": many},
	} {
		k.Subscribe(want, eventsDocument, variables)
		if m := k.Expect("error"); !strings.Contains(string(m.Payload), want) {
			t.Errorf("want %s, got %s", want, m.Payload)
		}
	}
}
