package streams

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parley/e2e/harness"
)

const (
	previewDocument = `mutation($room: ID!, $preview: String) { setTyping(room: $room, preview: $preview) { name } }`
	previewsOf      = `subscription($rooms: [ID!], $after: [Cursor!]) { events(rooms: $rooms, after: $after) { kind cursor preview actor { username } chat { text } cursors } }`
)

// A told is an event as those who follow previews are given it.
type told struct {
	Kind            string
	Cursor, Preview *string
	Actor           *struct{ Username string }
	Chat            *struct{ Text string }
}

func toldBy(payload []byte) (e told) {
	var data struct{ Data struct{ Events told } }
	_ = json.Unmarshal(payload, &data)
	return data.Data.Events
}

// wantPreview wants this next.
func wantPreview(t *testing.T, payload []byte, text string) {
	t.Helper()
	if e := toldBy(payload); e.Kind != "TYPING" || e.Cursor != nil || e.Actor == nil || e.Actor.Username != "robot" || e.Preview == nil || *e.Preview != text {
		t.Fatalf("got %.300s, want a preview of %d bytes", payload, len(text))
	}
}

// What a bot has written is told over each transport, as it was sent, and then the chat; to no stream of its own, to none of
// chats, and to nobody who comes later.
func TestPreviewsAreToldToOthers(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	robot := s.Bot("robot")
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general", members: ["robot"]) { id } }`)
	socket, all, own := s.Live(ann, previewsOf, "general"), s.Live(ann, previewsOf), s.Live(robot, previewsOf)
	sse := s.Follow(ann, previewsOf, map[string]any{"rooms": []string{"general"}})
	if _, data := sse.Next(); !strings.Contains(data, "CAUGHT_UP") {
		t.Fatalf("got %s", data)
	}
	largest := strings.Repeat("\u0001", 3994) + "\u202e\"\\ "
	for n := 0; ; n++ {
		text := []string{"so", "so far 上海 <&>", "", largest}[n]
		s.Must(nil, robot, previewDocument, map[string]any{"room": "GENERAL", "preview": text})
		wantPreview(t, socket.Expect("next").Payload, text)
		wantPreview(t, all.Expect("next").Payload, text)
		_, data := sse.Next()
		if wantPreview(t, []byte(data), text); n == 3 {
			break
		}
	}
	s.Must(nil, robot, `mutation { setTyping(room: "general", preview: null) { id } }`)
	if e := toldBy(socket.Expect("next").Payload); e.Kind != "TYPING" || e.Preview != nil {
		t.Errorf("typing alone is %+v", e)
	}
	all.Expect("next")
	sse.Next()
	s.Must(nil, robot, `mutation { sendChat(room: "general", text: "so far so good") { id } }`)
	for _, k := range []*harness.Socket{socket, all, own} {
		if e := toldBy(k.Expect("next").Payload); e.Kind != "CHAT_SENT" || e.Preview != nil || e.Chat.Text != "so far so good" {
			t.Errorf("got %+v", e)
		}
	}
	late := s.Dial(ann)
	late.Expect("connection_ack")
	late.Subscribe("1", previewsOf, map[string]any{"rooms": []string{"general"}, "after": []string{}})
	if e := toldBy(late.Expect("next").Payload); e.Kind != "CAUGHT_UP" {
		t.Errorf("later came %+v", e)
	}
}

// Of many that come at once the last is told, and nobody is told that they were too many.
func TestTheNewestPreviewIsTold(t *testing.T) {
	s := harness.New(t, "--mutation-rate", "1/1h")
	robot := s.Bot("robot")
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k := s.Live(ann, previewsOf, "general")
	for i := range 30 {
		s.Must(nil, robot, previewDocument, map[string]any{"room": "general", "preview": fmt.Sprintf("%02d", i)})
	}
	for last := ""; last != "29"; {
		e := toldBy(k.Expect("next").Payload)
		if e.Kind != "TYPING" || e.Preview == nil || *e.Preview <= last {
			t.Fatalf("got %+v behind %s", e, last)
		}
		last = *e.Preview
	}
}

// What is refused, by code, field and reason: of people, whatever they give; of bots what is no text of a chat, half of a pair too.
func TestRefusedPreviews(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	robot := s.Bot("robot")
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general", sendRole: ADMIN, members: ["robot"]) { id } createRoom2: createRoom(name: "other") { id } }`)
	for _, c := range []struct{ token, variables, code, field, reason string }{
		{ann, `{"room":"general","preview":"x"}`, "FORBIDDEN", "", "NOT_A_BOT"},
		{ann, `{"room":"general","preview":""}`, "FORBIDDEN", "", "NOT_A_BOT"},
		{ann, `{"room":"nowhere","preview":"x"}`, "FORBIDDEN", "", "NOT_A_BOT"},
		{ann, `{"room":"general","preview":null}`, "", "", ""},
		{ann, `{"room":"general"}`, "", "", ""},
		{"", `{"room":"general","preview":"x"}`, "UNAUTHENTICATED", "", ""},
		{robot, `{"room":"general","preview":"x"}`, "FORBIDDEN", "", "READ_ONLY"},
		{robot, `{"room":"nowhere","preview":"x"}`, "NOT_FOUND", "", ""},
		{robot, `{"room":"other","preview":"x"}`, "", "", ""},
		{robot, `{"room":"other","preview":"\ud800"}`, "BAD_USER_INPUT", "", "REQUEST_MALFORMED"},
		{robot, `{"room":"other","preview":"\u0000"}`, "BAD_USER_INPUT", "preview", "BAD_CHARACTER"},
		{robot, `{"room":"other","preview":"` + strings.Repeat("x", 4001) + `"}`, "BAD_USER_INPUT", "preview", "TOO_LONG"},
		{robot, `{"room":"other","preview":7}`, "BAD_USER_INPUT", "", "VARIABLE_INVALID"},
	} {
		a := s.AskThrough(c.token, previewDocument, json.RawMessage(c.variables))
		field, _ := a.Extension("field").(string)
		if a.Code() != c.code || field != c.field || harness.WordOf(a, "reason") != c.reason {
			t.Errorf("%.60s: %.300s, want %s %s %s", c.variables, a.Body, c.code, c.field, c.reason)
		}
	}
}
