package streams

import (
	"encoding/json"
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
)

// cursors sends n chats and returns their cursors.
func cursors(s *harness.Server, token, room string, n int) (cursors []string) {
	s.T.Helper()
	for range n {
		var data struct{ SendChat struct{ Cursor string } }
		s.Must(&data, token, `mutation($r: ID!) { sendChat(room: $r, text: "x") { cursor } }`, map[string]any{"r": room})
		cursors = append(cursors, data.SendChat.Cursor)
	}
	return cursors
}

// want reads the next event and wants it to be the chat of a cursor.
func want(f *harness.EventReader, cursor string) {
	f.T.Helper()
	if e, err := f.Next(); err != nil || e.Kind != "next" || e.ID != cursor || strings.Contains(e.Data, `"errors"`) {
		f.T.Fatalf("got %+v %v, want the id %s", e, err, cursor)
	}
}

// The id of an event is the cursor of its chat, whatever the stream selects.
func TestEventIDsAreCursors(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	start := s.End(ann)
	cursors := cursors(s, ann, "general", 3)
	for _, document := range []string{
		`subscription($after: Cursor) { chatSent(room: "general", after: $after) { text } }`,
		`subscription($after: Cursor) { it: chatSent(room: "general", after: $after) { __typename } }`,
		`subscription($after: Cursor) { chatSent(room: "general", after: $after) { cursor: id id: cursor } }`,
	} {
		f := s.OpenEvents(ann, s.Body(document, start))
		for _, cursor := range cursors {
			want(f, cursor)
		}
	}
	f := s.OpenEvents(ann, s.Body(`subscription($after: [Cursor!]) { events(rooms: ["general"], after: $after) { kind cursor } }`, map[string]any{"after": []any{start["after"]}}))
	for _, cursor := range cursors {
		want(f, cursor)
	}
}

// Last-Event-ID replaces `after`, wherever that stands; a bad one is refused like a bad `after`.
func TestLastEventIDResumes(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	s.Must(nil, ann, `mutation { createRoom(name: "other") { id } }`)
	start := s.End(ann)
	cursors, other := cursors(s, ann, "general", 4), cursors(s, ann, "other", 1)
	literal := `subscription { chatSent(room: "general", after: "` + start["after"].(string) + `") { text } }`
	variable := s.Body(harness.FollowDocument, start)
	for name, body := range map[string]string{
		"after in a variable":        variable,
		"after in the document":      s.Body(literal, nil),
		"after null":                 s.Body(harness.FollowDocument, map[string]any{"after": nil}),
		"no variable":                s.Body(harness.FollowDocument, nil),
		"no after in the document":   s.Body(`subscription { chatSent(room: "general") { text } }`, nil),
		"another name":               s.Body(`subscription($x: Cursor) { chatSent(after: $x, room: "general") { text } }`, map[string]any{"x": start["after"]}),
		"after that is no cursor":    s.Body(harness.FollowDocument, map[string]any{"after": "x"}),
		"after of a later place":     s.Body(harness.FollowDocument, map[string]any{"after": cursors[3]}),
		"after with a default":       s.Body(`subscription($x: Cursor = "x") { chatSent(after: $x, room: "general") { text } }`, nil),
		"in the document's fragment": s.Body(`subscription { ...F } fragment F on Subscription { chatSent(room: "general", after: "x") { text } }`, nil),
	} {
		t.Run(name, func(t *testing.T) {
			f := frames.ForTest(s, t).OpenEvents(ann, body, "Last-Event-ID", cursors[1])
			want(f, cursors[2])
			want(f, cursors[3])
		})
	}
	want(s.OpenEvents(ann, variable, "Last-Event-ID", ""), cursors[0])
	for id, code := range map[string]string{
		"x":                                    `"CURSOR_INVALID"`,
		other[0]:                               `"CURSOR_INVALID"`,
		cursors[1][:len(cursors[1])-3] + "AAA": `"CURSOR_DIVERGED"`,
	} {
		f := s.OpenEvents(ann, variable, "Last-Event-ID", id)
		if e, err := f.Next(); err != nil || e.Kind != "next" || e.ID != "" || !strings.Contains(e.Data, code) {
			t.Errorf("%s: got %+v %v, want %s", id, e, err, code)
		}
		if e, err := f.Next(); err != nil || e.Kind != "complete" {
			t.Errorf("%s: got %+v %v", id, e, err)
		}
	}
	f := s.OpenEvents(ann, s.Body(`{ me { username } }`, nil), "Last-Event-ID", "x")
	if e, err := f.Next(); err != nil || e.ID != "" || !json.Valid([]byte(e.Data)) || !strings.Contains(e.Data, `"ann"`) {
		t.Errorf("a query: %+v %v", e, err)
	}
}
