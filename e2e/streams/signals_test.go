package streams

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
)

const typingDocument = `mutation($room: ID!) { setTyping(room: $room) { id name memberCount } }`

func setTyping(s *harness.Server, token, room string) {
	s.T.Helper()
	s.Must(nil, token, typingDocument, map[string]any{"room": room})
}

// live opens a stream of events and waits until it is current.
func live(s *harness.Server, token string, rooms ...string) *harness.Socket {
	s.T.Helper()
	return s.Live(token, eventsDocument, rooms...)
}

// wantTyping wants this next: somebody is typing.
func wantTyping(t *testing.T, k *harness.Socket, who string) {
	t.Helper()
	if e := event(k); e.Kind != "TYPING" || e.Actor == nil || e.Actor.Username != who || e.Cursor != nil || e.Chat != nil || e.Room == nil || e.Room.Name != "general" {
		t.Fatalf("got %+v, want %s to type", e, who)
	}
}

// Who types is told to the others, over each transport and in streams of some rooms as in one of all; to no stream of their
// own, to none of chats, and to nobody who comes later, from whatever cursor.
func TestTypingIsToldToOthers(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general", kind: PRIVATE, members: ["bob"]) { id } }`)
	var data struct {
		Rooms struct {
			Nodes []struct{ ID, SyncCursor string }
		}
	}
	s.Must(&data, ann, `{ rooms(scope: JOINED) { nodes { id syncCursor } } }`)
	room, before := data.Rooms.Nodes[0].ID, data.Rooms.Nodes[0].SyncCursor

	others := []*harness.Socket{live(s, bob, room), live(s, bob)}
	own := []*harness.Socket{live(s, ann, room), live(s, ann)}
	sse := s.Follow(bob, eventsDocument, map[string]any{"rooms": []string{room}})
	if _, data := sse.Next(); !strings.Contains(data, "CAUGHT_UP") {
		t.Fatalf("got %s", data)
	}
	chats := s.Dial(bob)
	chats.Expect("connection_ack")
	chats.Subscribe("1", `subscription($room: ID!, $at: Cursor) { chatSent(room: $room, after: $at) { text } }`, map[string]any{"room": room, "at": before})

	setTyping(s, ann, room)
	for _, k := range others {
		wantTyping(t, k, "ann")
	}
	if _, data := sse.Next(); !strings.Contains(data, `"kind":"TYPING","cursor":null`) {
		t.Errorf("got %s", data)
	}
	s.Must(nil, ann, `mutation($room: ID!) { sendChat(room: $room, text: "hello") { id } }`, map[string]any{"room": room})
	for _, k := range append(own, others...) {
		if e := event(k); e.Kind != "CHAT_SENT" || e.Cursor == nil {
			t.Errorf("got %+v", e)
		}
	}
	if m := chats.Expect("next"); !strings.Contains(string(m.Payload), `"hello"`) {
		t.Errorf("got %s", m.Payload)
	}
	if e, data := sse.Next(); !strings.Contains(data, `CHAT_SENT`) {
		t.Errorf("got %s %s", e, data)
	}
	late := s.Dial(bob)
	late.Expect("connection_ack")
	late.Subscribe("1", eventsDocument, map[string]any{"rooms": []string{room}, "after": []string{before}})
	for _, want := range []string{"CHAT_SENT", "CAUGHT_UP"} {
		if e := event(late); e.Kind != want {
			t.Errorf("got %+v, want %s", e, want)
		}
	}
}

// Whoever is too fast is answered like anybody, and told of once; somebody else in the room is told of beside them.
func TestTypingTooFast(t *testing.T) {
	s := harness.New(t, "--mutation-rate", "1/1h")
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	cid, _ := s.Register("cid")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k := live(s, bob, "general")
	begun := time.Now()
	setTyping(s, ann, "general")
	wantTyping(t, k, "ann")
	for range 20 {
		setTyping(s, ann, "GENERAL")
	}
	setTyping(s, cid, "general") // who is no member, and may send
	for again := 1; ; again++ {  // a machine that takes longer than two seconds for all that is told once more
		e := event(k)
		if e.Kind != "TYPING" || e.Actor == nil {
			t.Fatalf("got %+v", e)
		}
		if e.Actor.Username == "cid" {
			break
		}
		if e.Actor.Username != "ann" || again > int(time.Since(begun)/(2*time.Second)) {
			t.Fatalf("told %d times more, of %+v", again, e)
		}
	}
	s.Must(nil, ann, `mutation { sendChat(room: "general", text: "hello") { id } }`)
	if e := event(k); e.Kind != "CHAT_SENT" {
		t.Errorf("got %+v", e)
	}
}

// What a signal shows of its room is what the stream has shown: also the newest chat, and as it was last edited.
func TestTypingShowsTheRoomAsItIs(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general", topic: "weather") { id } }`)
	var sent struct{ SendChat struct{ ID string } }
	s.Must(&sent, ann, `mutation { sendChat(room: "general", text: "helo") { id } }`)
	s.Must(nil, ann, `mutation($id: ID!) { editChat(chat: $id, text: "hello") { id } }`, map[string]any{"id": sent.SendChat.ID})
	k := s.Dial(bob)
	k.Expect("connection_ack")
	k.Subscribe("1", `subscription { events(rooms: ["general"]) { kind member { role } user { id } username cursors room { topic memberCount lastChat { text room { name } } } } }`, nil)
	k.Expect("next")
	setTyping(s, ann, "general")
	var got, want any
	_ = json.Unmarshal(k.Expect("next").Payload, &got)
	_ = json.Unmarshal([]byte(`{"data":{"events":{"kind":"TYPING","member":null,"user":null,"username":null,"cursors":null,
		"room":{"topic":"weather","memberCount":1,"lastChat":{"text":"hello","room":{"name":"general"}}}}}}`), &want)
	if g, w := text(got), text(want); g != w {
		t.Errorf("got %s, want %s", g, w)
	}
}

func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
