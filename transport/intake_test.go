package transport

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/limit"
)

const pingMessage = `{"type":"ping"}`

// More messages than the rate allows are all answered, in their order, and not sooner than it says.
func TestFastMessagesAreReadLater(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.MessageRate = limit.Rate{Calls: 100, Per: time.Second} })
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
	w := newWorld(t, func(o *Options, _ *tuning) { o.MessageRate = limit.Rate{Calls: 100, Per: time.Second} })
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
	for i := range 31 { // one less than what is read ahead
		c.send(fmt.Sprintf(`{"type":"subscribe","id":"w%d","payload":{"query":"{wait}"}}`, i))
	}
	_ = c.conn.Close(4000, "")
	w.awaits(w.stopped, "wait")
	w.empty()
}
