package transport

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// subscribe starts an operation and waits until its resolver runs.
func (c *client) subscribe(w *world, id, document, field string) {
	c.t.Helper()
	c.send(fmt.Sprintf(`{"type":"subscribe","id":%q,"payload":{"query":%q}}`, id, document))
	w.awaits(w.started, field)
}

func TestStreamOverWebSocket(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ready("good")
	c.subscribe(w, "1", "subscription{tick}", "tick")
	for _, n := range []string{"1", "2"} {
		w.tick(n)
		c.expect(`{"id":"1","type":"next","payload":{"data":{"tick":` + n + `}}}`)
	}
	w.tick("end")
	c.expect(`{"id":"1","type":"error","payload":` + deleted + `}`)
	w.awaits(w.stopped, "tick")
	c.subscribe(w, "1", "subscription{tick}", "tick")
	c.send(`{"type":"complete","id":"1"}`)
	w.awaits(w.stopped, "tick")
	c.talk(`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`) // and nothing for the stream
}

// gqlgen gives errors of an event a path without the root field, and keeps a null that its type forbids.
func TestErrorsOfEventsHaveTheirPaths(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ready("good")
	c.subscribe(w, "1", "subscription{t:tick}", "tick")
	w.tick("!")
	c.expect(`{"id":"1","type":"next","payload":{"errors":[{"message":"no value","path":["t","inner"]}],"data":null}}`)
	c.send(`{"type":"complete","id":"1"}`)
	w.awaits(w.stopped, "tick")
	c.subscribe(w, "2", "subscription{...on Subscription{maybe}}", "maybe")
	w.tick("!")
	c.expect(`{"id":"2","type":"next","payload":{"errors":[{"message":"no value","path":["maybe","inner"]}],"data":{"maybe":null}}}`)
}

func TestPanicInAStreamEndsTheOperation(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ready("good")
	c.subscribe(w, "1", "subscription{tick}", "tick")
	w.tick("boom")
	c.expect(`{"id":"1","type":"error","payload":[{"message":"A fault of the server.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`)
	c.talk(`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`)
}

func TestCompleteCancels(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ready("good")
	for _, document := range []string{"{wait}", "mutation{wait}"} {
		c.subscribe(w, "1", document, "wait")
		c.send(`{"type":"complete","id":"1"}`)
		w.awaits(w.stopped, "wait")
	}
	c.talk(`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`)
}

func TestTooManyOperations(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.MaxOperations = 2 })
	c := w.ready("good")
	c.subscribe(w, "1", "subscription{tick}", "tick")
	c.subscribe(w, "2", "{wait}", "wait")
	c.talk(`> {"type":"subscribe","id":"3","payload":{"query":"{hello}"}}` + "\n" +
		`< {"id":"3","type":"error","payload":[{"message":"Too many operations run on this socket.","extensions":{"code":"LIMIT_REACHED","reason":"OPERATIONS"}}]}`)
	w.release <- struct{}{}
	c.talk(`< {"id":"2","type":"next","payload":{"data":{"wait":"waited"}}}` + "\n" + `< {"id":"2","type":"complete"}` + "\n" +
		`> {"type":"subscribe","id":"3","payload":{"query":"{hello}"}}` + "\n" +
		`< {"id":"3","type":"next","payload":{"data":{"hello":"world"}}}` + "\n" + `< {"id":"3","type":"complete"}`)
}

func TestClientThatGoesCancelsEverything(t *testing.T) {
	w := newWorld(t, nil)
	for _, leave := range []func(c *client){
		func(c *client) { _ = c.conn.CloseNow() },
		func(c *client) { _ = c.conn.Close(1000, "bye") },
	} {
		c := w.ready("good")
		c.subscribe(w, "1", "subscription{tick}", "tick")
		leave(c)
		w.awaits(w.stopped, "tick")
	}
}

// A storm of everything at once, for the race detector.
func TestEverythingAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			conn, _, err := websocket.Dial(ctx, w.http.URL, &websocket.DialOptions{Subprotocols: []string{subprotocol}})
			if err != nil {
				return // draining
			}
			defer func() { _ = conn.CloseNow() }()
			_ = conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"type":"connection_init","payload":{"Authorization":"good-%d"}}`, i%5))
			for n := 0; ; n++ {
				_, _, err := conn.Read(ctx)
				if err != nil {
					switch websocket.CloseStatus(err) {
					case 4401, 1012, -1:
					default:
						t.Error(err)
					}
					return
				}
				if n >= 20 {
					continue
				}
				for _, document := range []string{"{hello}", "mutation{set}", "subscription{tick}"} {
					_ = conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"type":"subscribe","id":"%d%s","payload":{"query":%q}}`, n, document[:3], document))
				}
				_ = conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"type":"complete","id":"%dsub"}`, n))
			}
		})
	}
	all.Go(func() {
		for range 200 {
			w.tick("1")
		}
		for i := range 3 {
			w.transports.EndSessions(fmt.Sprint(i))
		}
		w.transports.Drain(t.Context())
	})
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for {
		select {
		case <-w.started:
		case <-w.stopped:
		case <-done:
			return
		}
	}
}
