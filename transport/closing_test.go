package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestExpiryClosesWith4403(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ready("short")
	c.subscribe(w, "1", "subscription{tick}", "tick")
	c.closed(4403)
	w.awaits(w.stopped, "tick")
}

// The sweep is the only clock: with the one of production a socket lives at most a second too long.
func TestExpiryComesWithinASecond(t *testing.T) {
	sweep := New(Options{}).tuning.sweep
	if sweep > time.Second {
		t.Errorf("it sweeps every %v", sweep)
	}
	w := newWorld(t, func(_ *Options, p *tuning) { p.sweep = sweep })
	w.ready("short").closed(4403)
}

func TestRenewMovesTheDeadline(t *testing.T) {
	w := newWorld(t, nil)
	renew := func(c *client, ms int, session string) {
		c.talk(fmt.Sprintf(`> {"type":"subscribe","id":"r","payload":{"query":"mutation{renew(ms:%d,session:\"%s\")}"}}`, ms, session) + "\n" +
			`< {"id":"r","type":"next","payload":{"data":{"renew":"world"}}}` + "\n" + `< {"id":"r","type":"complete"}`)
	}
	c := w.ready("long")
	c.subscribe(w, "1", "subscription{tick}", "tick")
	renew(c, -1000, "another")
	renew(c, -1000, "")
	<-time.After(100 * time.Millisecond) // ten sweeps
	w.tick("1")
	c.expect(`{"id":"1","type":"next","payload":{"data":{"tick":1}}}`)
	renew(c, 2000, "s") // sooner, which shows that it moves
	c.closed(4403)

	c = w.ready("short")
	renew(c, 3_600_000, "s")
	<-time.After(shortLife + time.Second/2) // more than the token had left
	c.talk(`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`)

	anonymous := w.dial()
	anonymous.talk(initAck)
	renew(anonymous, -1000, "")
	<-time.After(100 * time.Millisecond)
	anonymous.talk(`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`)

	Renew(t.Context(), "s", time.Now()) // outside a socket: nothing
	if status, _, body := w.request("POST", "", http.Header{"Content-Type": {"application/json"}},
		strings.NewReader(`{"query":"mutation{renew(ms:1,session:\"s\")}"}`)); status != 200 {
		t.Error(status, body)
	}
}

func TestEndedSessionClosesItsSockets(t *testing.T) {
	w := newWorld(t, nil)
	mine, other, anonymous := w.ready("good-a"), w.ready("good-b"), w.dial()
	anonymous.talk(initAck)
	mine.subscribe(w, "1", "subscription{tick}", "tick")
	other.subscribe(w, "1", "subscription{tick}", "tick")
	w.transports.EndSessions("a", "")
	w.awaits(w.stopped, "tick")
	mine.closed(4401)
	w.tick("1")
	other.expect(`{"id":"1","type":"next","payload":{"data":{"tick":1}}}`)
	anonymous.talk(`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`)
}

// A socket that signs in while its session ends must not slip through.
func TestEndedSessionStaysOut(t *testing.T) {
	w := newWorld(t, nil)
	w.transports.EndSessions("s")
	c := w.dial()
	c.send(`{"type":"connection_init","payload":{"Authorization":"good"}}`)
	c.closed(4401)
}

// When EndSessions has returned, what the client has not got yet is the close frame.
func TestNoFrameAfterTheSessionEnded(t *testing.T) {
	w := newWatchedWorld(t, nil)
	for i := range 20 {
		session := fmt.Sprint(i)
		c := w.ready("good-" + session)
		c.subscribe(w, "1", "subscription{tick}", "tick")
		stop, fed := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(fed)
			w.flood(stop)
		}()
		c.expect(`{"id":"1","type":"next","payload":{"data":{"tick":1}}}`)
		w.transports.EndSessions(session)
		tooLate := func(frame []byte) {
			if frame[0] == fin|text {
				t.Errorf("leaves too late: %s", frame)
			}
		}
		w.leaving.Store(&tooLate)
		for err := error(nil); err == nil; {
			_, _, err = c.conn.Read(t.Context())
		}
		w.leaving.Store(nil)
		close(stop)
		<-fed
		w.awaits(w.stopped, "tick")
	}
}

// The mutation that ends the session answers before its socket is closed; streams end at once.
func TestLogoutOverTheSocketIsAnswered(t *testing.T) {
	w := newWorld(t, nil)
	c, other := w.ready("good"), w.ready("good")
	c.subscribe(w, "1", "subscription{tick}", "tick")
	c.subscribe(w, "2", "{wait}", "wait")
	c.talk(`> {"type":"subscribe","id":"3","payload":{"query":"mutation{logout}"}}` + "\n" +
		`< {"id":"3","type":"next","payload":{"data":{"logout":"bye"}}}` + "\n" + `< {"id":"3","type":"complete"}` + "\nx 4401")
	other.closed(4401)
}

// A mutation that does not come to an end holds its socket for a second at most.
func TestEndedSessionDoesNotWaitForEver(t *testing.T) {
	w := newWorld(t, func(_ *Options, p *tuning) { p.cut = 100 * time.Millisecond })
	c := w.ready("good")
	c.subscribe(w, "1", "mutation{wait}", "wait")
	c.subscribe(w, "2", "subscription{tick}", "tick")
	w.transports.EndSessions("s")
	w.awaits(w.stopped, "tick")
	c.closed(4401)
	w.awaits(w.stopped, "wait")
}

func TestDrainClosesWith1012(t *testing.T) {
	w := newWorld(t, nil)
	clients := make([]*client, 20)
	for i := range clients {
		clients[i] = w.ready("good")
		clients[i].subscribe(w, "1", "subscription{tick}", "tick")
	}
	drained := make(chan string, 1)
	go func() { w.transports.Drain(t.Context()); drained <- "drained" }()
	for _, c := range clients {
		c.closed(1012) // no `complete` before
	}
	w.awaits(drained, "drained")
	_, resp, err := websocket.Dial(t.Context(), w.http.URL, nil)
	if err == nil || resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("new socket: %v %v", resp, err)
	}
}

// While the server drains, what still comes on an open socket is told so in the way it can act on.
func TestOperationsWhileDraining(t *testing.T) {
	for document, then := range map[string]string{
		"{hello}":            `< {"id":"1","type":"error","payload":[{"message":"The server is going down.","extensions":{"code":"SHUTTING_DOWN"}}]}`,
		"mutation{set}":      `< {"id":"1","type":"error","payload":[{"message":"The server is going down.","extensions":{"code":"SHUTTING_DOWN"}}]}`,
		"subscription{tick}": "x 1012",
	} {
		t.Run(document, func(t *testing.T) {
			w := newWorld(t, nil)
			c := w.ready("good")
			w.transports.registry.BeginDrain() // and this socket has not been told
			c.talk(`> {"type":"subscribe","id":"1","payload":{"query":"` + document + `"}}` + "\n" + then)
		})
	}
}

func TestDrainEndsWithItsContext(t *testing.T) {
	w := newWorld(t, func(_ *Options, p *tuning) { p.cut = time.Minute })
	_, r := w.upgraded(frame(fin|text, `{"type":"ping"}`))
	readFrame(t, r)
	ctx, cancel := context.WithCancel(t.Context())
	var drain sync.WaitGroup
	drain.Go(func() { w.transports.Drain(ctx) })
	wantClose(t, r, 1012)
	cancel()
	drain.Wait()
	if _, err := r.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("not cut: %v", err)
	}
}
