package server

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"parley/db/dbtest"
)

// However a stream over a WebSocket ends, nothing of it is left running in the server, although that
// goes on.
//
// Broken on purpose, the server was caught with
//
//	a reader of chat that waits for the bell whatever its context says    complete, close, cut, session
//	                                                                      ended, drain; event streams too
func TestNothingIsLeftOfAStreamOverWebSocket(t *testing.T) {
	for name, end := range map[string]func(s *testServer, ann string, k *socket){
		"complete": func(_ *testServer, _ string, k *socket) { k.write(message{ID: "1", Type: "complete"}) },
		"close":    func(_ *testServer, _ string, k *socket) { _ = k.conn.Close(websocket.StatusNormalClosure, "") },
		"cut":      func(_ *testServer, _ string, k *socket) { _ = k.conn.CloseNow() },
		"room deleted": func(s *testServer, ann string, k *socket) {
			s.must(nil, ann, `mutation { deleteRoom(room: "general") }`)
			k.expect("error")
		},
		"session ended": func(s *testServer, ann string, k *socket) {
			s.must(nil, ann, `mutation { logout }`)
			k.wantClose(4401)
		},
		"diverged": func(s *testServer, ann string, k *socket) {
			s.rewrite()
			s.must(nil, ann, `mutation { sendChat(room: "general", text: "two") { id } }`)
			if m := k.expect("error"); !strings.Contains(string(m.Payload), "CURSOR_DIVERGED") {
				t.Errorf("got %s", m.Payload)
			}
		},
		"drain": func(s *testServer, _ string, k *socket) {
			go func() { _ = s.stop() }()
			k.wantClose(1012)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, ann, after, before := talking(t)
			k := s.dial(ann)
			k.expect("connection_ack")
			open := goleak.IgnoreCurrent()
			k.subscribe("1", streamDocument, map[string]any{"after": after})
			s.must(nil, ann, `mutation { sendChat(room: "general", text: "one") { id } }`)
			k.expect("next")
			end(s, ann, k)
			if name == "complete" || name == "room deleted" || name == "diverged" { // the socket lives
				k.write(message{Type: "ping"})
				k.expect("pong")
				nothingLeft(t, open)
			}
			_ = k.conn.CloseNow()
			nothingLeft(t, before)
		})
	}
}

// The same for a stream of server-sent events.
func TestNothingIsLeftOfAnEventStream(t *testing.T) {
	for name, end := range map[string]func(s *testServer, ann string, hang func()){
		"cut": func(_ *testServer, _ string, hang func()) { hang() },
		"room deleted": func(s *testServer, ann string, _ func()) {
			s.must(nil, ann, `mutation { deleteRoom(room: "general") }`)
		},
		"session ended": func(s *testServer, ann string, _ func()) { s.must(nil, ann, `mutation { logout }`) },
		"diverged": func(s *testServer, ann string, _ func()) {
			s.rewrite()
			s.must(nil, ann, `mutation { sendChat(room: "general", text: "two") { id } }`)
		},
		"drain": func(s *testServer, _ string, _ func()) { _ = s.stop() },
	} {
		t.Run(name, func(t *testing.T) {
			s, ann, after, before := talking(t)
			body, hang := s.events(ann, after)
			s.must(nil, ann, `mutation { sendChat(room: "general", text: "one") { id } }`)
			awaitText(t, body, `"text":"one"`)
			end(s, ann, hang)
			_, _ = io.Copy(io.Discard, body) // it ends, cleanly or not
			_ = body.Close()
			nothingLeft(t, before)
		})
	}
}

// nothingLeft waits until no goroutine runs but those of before.
func nothingLeft(t testing.TB, before goleak.Option) {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	for end := time.Now().Add(patience); ; {
		err := goleak.Find(before) // which waits a little itself
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Error(err)
			return
		}
	}
}

const streamDocument = `subscription($after: Cursor) { chatSent(room: "general", after: $after) { text } }`

// talking is a server with a room that somebody follows from a cursor on; before are the goroutines of
// a server at rest.
func talking(t *testing.T) (s *testServer, token, cursor string, before goleak.Option) {
	t.Helper()
	s = newServer(t)
	token, _ = s.register("ann")
	s.must(nil, token, `mutation { createRoom(name: "general") { id } }`)
	var data struct{ SendChat struct{ Cursor string } }
	s.must(&data, token, `mutation { sendChat(room: "general", text: "zero") { cursor } }`)
	http.DefaultClient.CloseIdleConnections()
	return s, token, data.SendChat.Cursor, goleak.IgnoreCurrent()
}

// rewrite changes the history of all rooms behind the server's back.
func (s *testServer) rewrite() {
	s.t.Helper()
	db, done := dbtest.Open(s.t, s.dir)
	defer done() // the test counts goroutines
	if _, err := db.ExecContext(s.t.Context(), `UPDATE room_events SET tag = tag + 1`); err != nil {
		s.t.Fatal(err)
	}
}

// events follows the room as server-sent events; hang breaks the connection.
func (s *testServer) events(token, after string) (body io.ReadCloser, hang func()) {
	s.t.Helper()
	ctx, hang := context.WithCancel(s.t.Context())
	s.t.Cleanup(hang)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+"/graphql",
		strings.NewReader(`{"query":"subscription { chatSent(room: \"general\", after: \"`+after+`\") { text } }"}`))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = response.Body.Close() })
	return response.Body, hang
}

func awaitText(t *testing.T, body io.Reader, want string) {
	t.Helper()
	var got strings.Builder
	piece := make([]byte, 4096)
	for !strings.Contains(got.String(), want) {
		n, err := body.Read(piece)
		got.Write(piece[:n])
		if err != nil {
			t.Fatalf("got %q and %v, want %s", got.String(), err, want)
		}
	}
}
