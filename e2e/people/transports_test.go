package people

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// A listener is one stream of events over some transport; next is the data of its next event.
type listener struct {
	over string
	next func() string
}

func overSocket(s *harness.Server, token string, variables map[string]any) listener {
	k := s.Dial(token)
	k.Expect("connection_ack")
	k.Subscribe("1", eventsDocument, variables)
	return listener{"WebSocket", func() string { return string(k.Expect("next").Payload) }}
}

func overEvents(s *harness.Server, token string, variables map[string]any, headers ...string) listener {
	r := s.OpenEvents(token, s.Body(eventsDocument, variables), headers...)
	return listener{fmt.Sprint("event stream ", headers), func() string {
		s.T.Helper()
		e, err := r.Next()
		if err != nil || e.Kind != "next" {
			s.T.Fatalf("got %+v, %v", e, err)
		}
		return e.Data
	}}
}

// from are streams that begin behind a cursor of general, over each transport and in each way to say so.
func from(s *harness.Server, token, after string) []listener {
	rooms := map[string]any{"rooms": []string{"general"}}
	variables := map[string]any{"rooms": []string{"general"}, "after": []string{after}}
	return []listener{overSocket(s, token, variables), overEvents(s, token, variables), overEvents(s, token, rooms, "Last-Event-ID", after)}
}

// Answers, edits, reactions and deletions come the same, to the byte, over a socket and as an event stream: live, to whoever
// resumes in front of them, and with the last state to whoever resumes from the beginning.
func TestEventsOfPeopleOverEachTransport(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general", members: ["bob"]) { id } }`)
	begin := s.End(ann)["after"].(string)
	current := from(s, bob, begin)
	for _, l := range current {
		wantNext(t, l, "CAUGHT_UP", "")
	}
	var asked, answer string
	before, kinds, old, cursors := begin, []string{}, []string{}, []string{}
	for _, step := range []struct {
		kind string
		do   func()
		is   func(c aChat) bool
		old  string // a text that nobody is given any more; "": there is none
	}{
		{"CHAT_SENT", func() { asked = send(s, ann, "general", "what? @bob") }, func(c aChat) bool { return c.ReplyTo == nil && c.mentions() == "bob" }, ""},
		{"CHAT_SENT", func() { answer = send(s, bob, "general", "this", asked) }, func(c aChat) bool {
			return c.ID == answer && c.ReplyTo.ID == asked && *c.ReplyTo.Text == "what? @bob" && c.ReplyTo.ReplyCount == 1
		}, ""},
		{"CHAT_REACTED", func() { react(s, bob, asked, "❤️", true) }, func(c aChat) bool {
			return c.ID == asked && c.ReplyCount == 1 && c.Reactions[0].Emoji == "❤" && c.Reactions[0].Users[0].Username == "bob"
		}, ""},
		{"CHAT_REACTED", func() { react(s, ann, answer, ":x:", true) }, func(c aChat) bool { return c.ID == answer && c.ReplyTo.Reactions[0].Emoji == "❤" }, ""},
		{"CHAT_EDITED", func() { s.Must(nil, ann, editDocument, map[string]any{"chat": asked, "text": "why?"}) }, func(c aChat) bool {
			return c.ID == asked && *c.Text == "why?" && c.mentions() == "" && len(c.Reactions) == 1
		}, "what?"},
		{"CHAT_UNREACTED", func() { react(s, ann, answer, ":x:", false) }, func(c aChat) bool { return *c.ReplyTo.Text == "why?" && len(c.Reactions) == 0 }, ""},
		{"CHAT_DELETED", func() { s.Must(nil, ann, deleteDocument, map[string]any{"chat": asked}) }, func(c aChat) bool {
			return c.ID == asked && c.Text == nil && len(c.Reactions) == 0 && c.ReplyCount == 1
		}, "why?"},
		{"CHAT_SENT", func() { send(s, bob, "general", "that", asked) }, func(c aChat) bool {
			return c.ReplyTo.Text == nil && c.ReplyTo.DeletedAt != nil && c.ReplyTo.ReplyCount == 2
		}, ""},
	} {
		step.do()
		data := ""
		for _, l := range append(current, from(s, bob, before)...) {
			data, before = wantNext(t, l, step.kind, data)
		}
		if e := decoded(t, data); !step.is(e.chat(t)) {
			t.Errorf("%s shows %s", step.kind, e.Chat)
		}
		if kinds = append(kinds, step.kind); step.old != "" {
			old = append(old, step.old)
		}
		for _, l := range from(s, bob, begin) {
			wantHistory(s, bob, l, kinds, old)
		}
		for i, cursor := range cursors { // also where the window begins now
			takeHistory(s, from(s, bob, cursor)[i%2], kinds[i+1:], old)
		}
		cursors = append(cursors, before)
	}
}

func decoded(t testing.TB, data string) anEvent {
	t.Helper()
	var payload struct{ Data struct{ Events anEvent } }
	if err := json.Unmarshal([]byte(data), &payload); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	return payload.Data.Events
}

// wantNext wants an event of a kind next, and the same as others have been given, if they have. It returns it with its cursor.
func wantNext(t testing.TB, l listener, kind, others string) (data, cursor string) {
	t.Helper()
	data = l.next()
	e := decoded(t, data)
	if e.Kind != kind || others != "" && data != others {
		t.Errorf("%s: got %s, want %s as %s", l.over, data, kind, others)
	}
	if e.Cursor != nil {
		cursor = *e.Cursor
	}
	return data, cursor
}

// A cache is what a client that keeps each chat once knows of chats: what an event shows of one, and of what it answers.
type cache map[string]map[string]any

func (c cache) take(shown map[string]any) (id any) {
	id = shown["id"]
	known := c[id.(string)]
	if known == nil {
		known = map[string]any{}
		c[id.(string)] = known
	}
	for field, value := range shown {
		if other, ok := value.(map[string]any); ok { // replyTo, which is asked for its emoji alone
			delete(other, "reactions")
			value = c.take(other)
		}
		known[field] = value
	}
	return id
}

func (c cache) takeText(t testing.TB, text json.RawMessage) {
	t.Helper()
	var shown map[string]any
	if err := json.Unmarshal(text, &shown); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	c.take(shown)
}

// takeHistory wants events of these kinds and then the present, none with an old text, and returns what is known by them.
func takeHistory(s *harness.Server, l listener, kinds, old []string) (known cache) {
	s.T.Helper()
	var given []string
	known = cache{}
	for range kinds {
		e := decoded(s.T, l.next())
		given = append(given, e.Kind)
		if slices.ContainsFunc(old, func(text string) bool { return strings.Contains(string(e.Chat), text) }) {
			s.T.Errorf("%s: %s shows what was replaced: %s", l.over, e.Kind, e.Chat)
		}
		known.takeText(s.T, e.Chat)
	}
	if !slices.Equal(given, kinds) {
		s.T.Errorf("%s: got %v, want %v", l.over, given, kinds)
	}
	wantNext(s.T, l, "CAUGHT_UP", "")
	return known
}

// wantHistory wants to know by the history of the room what a query answers.
func wantHistory(s *harness.Server, token string, l listener, kinds, old []string) {
	s.T.Helper()
	known, now := takeHistory(s, l, kinds, old), cache{}
	for id := range known {
		now.takeText(s.T, rawChat(s, token, id))
	}
	if !reflect.DeepEqual(known, now) {
		s.T.Errorf("%s: known by %v is %v, and is %v", l.over, kinds, known, now)
	}
}
