package transport

import (
	"testing"

	"github.com/coder/websocket"
	"go.uber.org/goleak"
)

// However a stream over a WebSocket ends, nothing of it is left running, although the server goes on.
//
// Broken on purpose, the package was caught with
//
//	a sweeper that goes on without members            every end, of event streams too
//	an operation that `complete` does not cancel      complete of the client
func TestNothingIsLeftOfAStreamOverWebSocket(t *testing.T) {
	for name, end := range map[string]func(w *world, c *client){
		"complete of the client": func(_ *world, c *client) { c.send(`{"type":"complete","id":"1"}`) },
		"end of the log": func(w *world, c *client) {
			w.tick("end")
			c.expect(`{"id":"1","type":"error","payload":` + deleted + `}`)
		},
		"a panic":              func(w *world, _ *client) { w.tick("boom") },
		"close of the client":  func(_ *world, c *client) { _ = c.conn.Close(websocket.StatusNormalClosure, "") },
		"cut by the client":    func(_ *world, c *client) { _ = c.conn.CloseNow() },
		"broken by the client": func(_ *world, c *client) { c.send(`nonsense`); c.closed(4400) },
		"end of the session":   func(w *world, c *client) { w.transports.EndSessions("1"); c.closed(4401) },
		"drain":                func(w *world, c *client) { w.transports.Drain(t.Context()); c.closed(1012) },
		"drain of one that is gone": func(w *world, c *client) {
			_ = c.conn.CloseNow()
			w.transports.Drain(t.Context())
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			before := goleak.IgnoreCurrent()
			c := w.ready("good-1")
			c.subscribe(w, "1", "subscription{tick}", "tick")
			w.tick("1")
			c.expect(`{"id":"1","type":"next","payload":{"data":{"tick":1}}}`)
			end(w, c)
			w.awaits(w.stopped, "tick")
			_ = c.conn.CloseNow() // the socket outlives its operations
			nothingLeft(t, before)
		})
	}
}

// The same for event streams. A stream that does not cancel its operation, or stays registered, hangs here.
func TestNothingIsLeftOfAnEventStream(t *testing.T) {
	for name, end := range map[string]func(w *world, e *events){
		"end of the log":     func(w *world, e *events) { w.tick("end"); e.expect(gone()) },
		"a panic":            func(w *world, _ *events) { w.tick("boom") },
		"cut by the client":  func(_ *world, e *events) { e.hang() },
		"end of the session": func(w *world, _ *events) { w.transports.EndSessions("1") },
		"drain":              func(w *world, _ *events) { w.transports.Drain(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			before := goleak.IgnoreCurrent()
			e := w.events("good-1", "subscription{tick}")
			e.expect(opened)
			w.awaits(w.started, "tick")
			w.tick("1")
			e.expect(event(1, `{"data":{"tick":1}}`))
			end(w, e)
			w.awaits(w.stopped, "tick")
			_ = e.resp.Body.Close()
			nothingLeft(t, before)
		})
	}
}
