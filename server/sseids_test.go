package server

import (
	"encoding/json"
	"strings"
	"testing"
)

// cursors sends n chats and answers their cursors.
func (s *testServer) cursors(token, room string, n int) (cursors []string) {
	s.t.Helper()
	for range n {
		var data struct{ SendChat struct{ Cursor string } }
		s.must(&data, token, `mutation($r: ID!) { sendChat(room: $r, text: "x") { cursor } }`, map[string]any{"r": room})
		cursors = append(cursors, data.SendChat.Cursor)
	}
	return cursors
}

// want reads the next event and wants it to be the chat of a cursor.
func (f *feed) want(cursor string) {
	f.t.Helper()
	if e, err := f.next(); err != nil || e.kind != "next" || e.id != cursor || strings.Contains(e.data, `"errors"`) {
		f.t.Fatalf("got %+v %v, want the id %s", e, err, cursor)
	}
}

// The id of an event is the cursor of its chat, whatever the stream selects.
func TestEventIDsAreCursors(t *testing.T) {
	s := newServer(t, roomy()...)
	ann, _ := s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	start := s.place(ann)
	cursors := s.cursors(ann, "general", 3)
	for _, document := range []string{
		`subscription($after: Cursor) { chatSent(room: "general", after: $after) { text } }`,
		`subscription($after: Cursor) { it: chatSent(room: "general", after: $after) { __typename } }`,
		`subscription($after: Cursor) { chatSent(room: "general", after: $after) { cursor: id id: cursor } }`,
	} {
		f := s.listen(ann, s.request(document, start))
		for _, cursor := range cursors {
			f.want(cursor)
		}
	}
	f := s.listen(ann, s.request(`subscription($after: [Cursor!]) { events(rooms: ["general"], after: $after) { kind cursor } }`, map[string]any{"after": []any{start["after"]}}))
	for _, cursor := range cursors {
		f.want(cursor)
	}
}

// Last-Event-ID replaces `after`, wherever that stands; a bad one is refused like a bad `after`.
func TestLastEventIDResumes(t *testing.T) {
	s := newServer(t, roomy()...)
	ann, _ := s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	s.must(nil, ann, `mutation { createRoom(name: "other") { id } }`)
	start := s.place(ann)
	cursors, other := s.cursors(ann, "general", 4), s.cursors(ann, "other", 1)
	literal := `subscription { chatSent(room: "general", after: "` + start["after"].(string) + `") { text } }`
	variable := s.request(followDocument, start)
	for name, body := range map[string]string{
		"after in a variable":        variable,
		"after in the document":      s.request(literal, nil),
		"after null":                 s.request(followDocument, map[string]any{"after": nil}),
		"no variable":                s.request(followDocument, nil),
		"no after in the document":   s.request(`subscription { chatSent(room: "general") { text } }`, nil),
		"another name":               s.request(`subscription($x: Cursor) { chatSent(after: $x, room: "general") { text } }`, map[string]any{"x": start["after"]}),
		"after that is no cursor":    s.request(followDocument, map[string]any{"after": "x"}),
		"after of a later place":     s.request(followDocument, map[string]any{"after": cursors[3]}),
		"after with a default":       s.request(`subscription($x: Cursor = "x") { chatSent(after: $x, room: "general") { text } }`, nil),
		"in the document's fragment": s.request(`subscription { ...F } fragment F on Subscription { chatSent(room: "general", after: "x") { text } }`, nil),
	} {
		t.Run(name, func(t *testing.T) {
			f := s.in(t).listen(ann, body, "Last-Event-ID", cursors[1])
			f.want(cursors[2])
			f.want(cursors[3])
		})
	}
	s.listen(ann, variable, "Last-Event-ID", "").want(cursors[0])
	for id, code := range map[string]string{
		"x":                                    `"CURSOR_INVALID"`,
		other[0]:                               `"CURSOR_INVALID"`,
		cursors[1][:len(cursors[1])-3] + "AAA": `"CURSOR_DIVERGED"`,
	} {
		f := s.listen(ann, variable, "Last-Event-ID", id)
		if e, err := f.next(); err != nil || e.kind != "next" || e.id != "" || !strings.Contains(e.data, code) {
			t.Errorf("%s: got %+v %v, want %s", id, e, err, code)
		}
		if e, err := f.next(); err != nil || e.kind != "complete" {
			t.Errorf("%s: got %+v %v", id, e, err)
		}
	}
	f := s.listen(ann, s.request(`{ me { username } }`, nil), "Last-Event-ID", "x")
	if e, err := f.next(); err != nil || e.id != "" || !json.Valid([]byte(e.data)) || !strings.Contains(e.data, `"ann"`) {
		t.Errorf("a query: %+v %v", e, err)
	}
}
