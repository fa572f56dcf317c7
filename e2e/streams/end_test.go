package streams

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"parley/db/dbtest"
	"parley/e2e/harness"
)

// However a stream over a WebSocket ends, nothing of it is left running in the server, although that
// goes on.
//
// Broken on purpose, the server was caught with
//
//	a reader of chat that waits for a notification whatever its context says    complete, close, cut, session
//	                                                                      ended, drain; event streams too
func TestStreamOverWebSocketLeavesNoGoroutine(t *testing.T) {
	for name, end := range map[string]func(s *harness.Server, ann string, k *harness.Socket){
		"complete": func(_ *harness.Server, _ string, k *harness.Socket) {
			k.Write(harness.Message{ID: "1", Type: "complete"})
		},
		"close": func(_ *harness.Server, _ string, k *harness.Socket) {
			_ = k.Conn.Close(websocket.StatusNormalClosure, "")
		},
		"cut": func(_ *harness.Server, _ string, k *harness.Socket) { _ = k.Conn.CloseNow() },
		"room deleted": func(s *harness.Server, ann string, k *harness.Socket) {
			s.Must(nil, ann, `mutation { deleteRoom(room: "general") }`)
			k.Expect("error")
		},
		"session ended": func(s *harness.Server, ann string, k *harness.Socket) {
			s.Must(nil, ann, `mutation { logout }`)
			k.WantClose(4401)
		},
		"diverged": func(s *harness.Server, ann string, k *harness.Socket) {
			rewrite(s)
			s.Must(nil, ann, `mutation { sendChat(room: "general", text: "two") { id } }`)
			if m := k.Expect("error"); !strings.Contains(string(m.Payload), "CURSOR_DIVERGED") {
				t.Errorf("got %s", m.Payload)
			}
		},
		"drain": func(s *harness.Server, _ string, k *harness.Socket) {
			go func() { _ = s.Stop() }()
			k.WantClose(1012)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, ann, after, before := followedRoom(t)
			k := s.Dial(ann)
			k.Expect("connection_ack")
			open := goleak.IgnoreCurrent()
			k.Subscribe("1", streamDocument, map[string]any{"after": after})
			s.Must(nil, ann, `mutation { sendChat(room: "general", text: "one") { id } }`)
			k.Expect("next")
			end(s, ann, k)
			if name == "complete" || name == "room deleted" || name == "diverged" { // the socket lives
				k.Write(harness.Message{Type: "ping"})
				k.Expect("pong")
				harness.WantNoGoroutines(t, open)
			}
			_ = k.Conn.CloseNow()
			harness.WantNoGoroutines(t, before)
		})
	}
}

// The same for a stream of server-sent events.
func TestEventStreamLeavesNoGoroutine(t *testing.T) {
	for name, end := range map[string]func(s *harness.Server, ann string, hang func()){
		"cut": func(_ *harness.Server, _ string, hang func()) { hang() },
		"room deleted": func(s *harness.Server, ann string, _ func()) {
			s.Must(nil, ann, `mutation { deleteRoom(room: "general") }`)
		},
		"session ended": func(s *harness.Server, ann string, _ func()) { s.Must(nil, ann, `mutation { logout }`) },
		"diverged": func(s *harness.Server, ann string, _ func()) {
			rewrite(s)
			s.Must(nil, ann, `mutation { sendChat(room: "general", text: "two") { id } }`)
		},
		"drain": func(s *harness.Server, _ string, _ func()) { _ = s.Stop() },
	} {
		t.Run(name, func(t *testing.T) {
			s, ann, after, before := followedRoom(t)
			body, hang := events(s, ann, after)
			s.Must(nil, ann, `mutation { sendChat(room: "general", text: "one") { id } }`)
			awaitText(t, body, `"text":"one"`)
			end(s, ann, hang)
			_, _ = io.Copy(io.Discard, body) // it ends, cleanly or not
			_ = body.Close()
			harness.WantNoGoroutines(t, before)
		})
	}
}

const streamDocument = `subscription($after: Cursor) { chatSent(room: "general", after: $after) { text } }`

// followedRoom is a server with a room that somebody follows from a cursor on; before are the goroutines of
// a server at rest.
func followedRoom(t *testing.T) (s *harness.Server, token, cursor string, before goleak.Option) {
	t.Helper()
	s = harness.New(t)
	token, _ = s.Register("ann")
	s.Must(nil, token, `mutation { createRoom(name: "general") { id } }`)
	var data struct{ SendChat struct{ Cursor string } }
	s.Must(&data, token, `mutation { sendChat(room: "general", text: "zero") { cursor } }`)
	http.DefaultClient.CloseIdleConnections()
	return s, token, data.SendChat.Cursor, goleak.IgnoreCurrent()
}

// rewrite changes the history of all rooms behind the server's back.
func rewrite(s *harness.Server) {
	s.T.Helper()
	db, done := dbtest.Open(s.T, s.Dir)
	defer done() // the test counts goroutines
	for _, change := range []string{`UPDATE room_events SET tag = tag + 1`, `UPDATE rooms SET last_tag = last_tag + 1`} {
		if _, err := db.ExecContext(s.T.Context(), change); err != nil {
			s.T.Fatal(err)
		}
	}
}

// events follows the room as server-sent events; hang breaks the connection.
func events(s *harness.Server, token, after string) (body io.ReadCloser, hang func()) {
	s.T.Helper()
	e := s.OpenEvents(token, `{"query":"subscription { chatSent(room: \"general\", after: \"`+after+`\") { text } }"}`)
	return e.Body, func() { _ = e.Body.Close() }
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
