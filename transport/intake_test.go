package transport

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"parley/transport/admission"
)

const pingMessage = `{"type":"ping"}`

// filled answers a socket whose reader is held: more waits than is read ahead, and nothing gets a turn
// for an hour.
func (w *world) filled(token string) *client {
	w.t.Helper()
	c := w.ready(token)
	for range 2 * aheadMessages {
		c.send(`{"type":"pong"}`)
	}
	eventually(w.t, w.held, func() string { return "the reader is not held" })
	return c
}

// slowWorld takes three messages, and then one an hour. It leaves a client that was told to go all the time
// to do so.
func slowWorld(t *testing.T, change func(o *Options)) *world {
	return newWorld(t, func(o *Options, p *tuning) {
		o.MessageRate, p.cut = admission.Rate{Calls: 1, Per: time.Hour}, time.Hour
		if change != nil {
			change(o)
		}
	})
}

func (w *world) held() bool {
	for _, m := range w.transports.registry.Members() {
		if m.(*socket).intake.holds() {
			return true
		}
	}
	return false
}

// More messages than the rate allows are all answered, in their order, and not sooner than it says.
func TestFastMessagesAreReadLater(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.MessageRate = admission.Rate{Calls: 100, Per: time.Second} })
	c := w.dial()
	begun := time.Now()
	go func() {
		for i := range 400 {
			_ = c.conn.Write(t.Context(), 1, fmt.Appendf(nil, `{"type":"ping","payload":{"n":%d}}`, i))
		}
	}()
	for i := range 400 {
		c.expect(fmt.Sprintf(`{"type":"pong","payload":{"n":%d}}`, i))
	}
	if took := time.Since(begun); took < 900*time.Millisecond { // 300 at once, 100 more in a second
		t.Errorf("400 messages in %v", took)
	}
}

// Ping frames count as messages.
func TestPingFramesCount(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.MessageRate = admission.Rate{Calls: 100, Per: time.Second} })
	begun := time.Now()
	conn, r := w.upgraded(strings.Repeat(frame(fin|ping, "a"), 400))
	for range 400 {
		if first, payload := readFrame(t, r); first != fin|pong || payload != "a" {
			t.Fatalf("got %x %q", first, payload)
		}
	}
	if took := time.Since(begun); took < 900*time.Millisecond {
		t.Errorf("400 pings in %v", took)
	}
	_ = conn.Close()
}

// So many queries and mutations run at once; the next begins when one has ended. Subscriptions do not count,
// and what needs no slot passes while they are all taken.
func TestParallelRequestsWait(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.MaxParallel = 2 })
	c := w.ready("good")
	for i := range 3 {
		c.subscribe(w, fmt.Sprint("s", i), "subscription{tick}", "tick")
	}
	c.subscribe(w, "1", "{wait}", "wait")
	c.subscribe(w, "2", "mutation{wait}", "wait")
	c.talk("> " + pingMessage + "\n" + `< {"type":"pong"}`)
	c.send(`{"type":"subscribe","id":"3","payload":{"query":"{wait}"}}`)
	c.send(pingMessage) // behind it, and so not answered yet
	eventually(t, func() bool { return w.waits(1) }, func() string { return "the ping does not wait" })
	select {
	case what := <-w.started:
		t.Fatalf("a third %s runs", what)
	default:
	}
	w.release <- struct{}{}
	w.awaits(w.started, "wait")
	for _, want := range []string{`"type":"next"`, `"type":"complete"`, `{"type":"pong"}`} {
		if _, got, err := c.conn.Read(t.Context()); err != nil || !strings.Contains(string(got), want) {
			t.Errorf("got %s %v, want %s", got, err, want)
		}
	}
}

// What ends an operation gives its slot back: a document that does not parse, a panic, `complete`.
func TestSlotsComeBack(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.MaxParallel = 1 })
	c := w.ready("good")
	for i := range 20 {
		c.send(fmt.Sprintf(`{"type":"subscribe","id":"a%d","payload":{"query":"{"}}`, i))
		c.send(fmt.Sprintf(`{"type":"subscribe","id":"b%d","payload":{"query":"{boom}"}}`, i))
		c.subscribe(w, fmt.Sprint("c", i), "{wait}", "wait")
		c.send(fmt.Sprintf(`{"type":"complete","id":"c%d"}`, i))
		w.awaits(w.stopped, "wait")
	}
	c.send(pingMessage)
	for {
		_, got, err := c.conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if string(got) == `{"type":"pong"}` {
			return
		}
	}
}

// While messages wait, a close frame behind them is seen, and what runs is stopped.
func TestCloseIsSeenWhileMessagesWait(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.MaxParallel = 1 })
	c := w.ready("good")
	c.subscribe(w, "1", "{wait}", "wait")
	for i := range aheadMessages - 1 {
		c.send(fmt.Sprintf(`{"type":"subscribe","id":"w%d","payload":{"query":"{wait}"}}`, i))
	}
	_ = c.conn.Close(4000, "")
	w.awaits(w.stopped, "wait")
	w.empty()
}

// A reader that is held keeps nothing from ending the socket, and then sees that the client has gone.
func TestSocketsEndWhileTheReaderIsHeld(t *testing.T) {
	for name, end := range map[string]struct {
		token string
		code  int
		do    func(w *world)
	}{
		"session": {"good", 4401, func(w *world) { w.transports.EndSessions("s") }},
		"expiry": {"long", 4403, func(w *world) {
			for _, m := range w.transports.registry.Members() {
				m.(*socket).renew("s", time.Now()) // as a refresh over the socket would
			}
		}},
		"drain": {"good", 1012, func(w *world) { go w.transports.Drain(w.t.Context()) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := slowWorld(t, nil)
			c := w.filled(end.token)
			end.do(w)
			c.closed(end.code)
			w.empty()
		})
	}
}

// A client that is not read is not taken for dead. When it is gone, the ping shows it.
func TestHeldClientIsNotSilent(t *testing.T) {
	w := slowWorld(t, func(o *Options) { o.PingInterval, o.PongTimeout = 250*time.Millisecond, 250*time.Millisecond })
	c := w.filled("good")
	<-time.After(1500 * time.Millisecond) // three times what a silent one has
	if !w.held() {
		t.Fatal("cut")
	}
	_ = c.conn.CloseNow()
	w.empty()
}

// Nobody waits for a turn when the connection is gone: neither the reader that is held, nor what takes the
// messages that it has read.
func TestWaitingEndsWithTheConnection(t *testing.T) {
	for name, row := range map[string]struct {
		messages int
		cut      func(w *world, conn net.Conn)
	}{
		"held, cut by the server": {2 * aheadMessages, func(w *world, _ net.Conn) {
			for _, m := range w.transports.registry.Members() {
				m.Cut()
			}
		}},
		"reading, cut by the client": {aheadMessages / 2, func(_ *world, conn net.Conn) { _ = conn.Close() }},
	} {
		t.Run(name, func(t *testing.T) {
			w := slowWorld(t, nil)
			conn, _ := w.upgraded(strings.Repeat(frame(fin|text, `{"type":"pong"}`), row.messages))
			eventually(t, func() bool { return w.waits(min(row.messages-3, aheadMessages)) }, func() string { return "the messages do not wait" })
			row.cut(w, conn)
			w.empty()
			noGoroutines(t)
		})
	}
}

// waits tells whether so many messages of the only socket have been read and wait.
func (w *world) waits(n int) bool {
	for _, m := range w.transports.registry.Members() {
		k := &m.(*socket).intake
		k.mu.Lock()
		defer k.mu.Unlock()
		return len(k.ahead) == n
	}
	return false
}
