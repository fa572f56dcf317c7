package transport

import (
	"fmt"
	"strings"
	"testing"
)

// One stream too many of one room is refused for good, over both transports; the slot of one that ended is free.
func TestTooManyStreamsOfARoom(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.UserRoomStreams = 2 })
	w.shared = true
	c, other := w.ready("good"), w.ready("good-bob")
	e := w.events("good", "subscription{tick}")
	e.expect(opened)
	w.awaits(w.started, "tick")
	c.subscribe(w, "1", "subscription{tick}", "tick")
	w.streams(2)
	full := `[{"message":"You have too many streams.","extensions":{"code":"LIMIT_REACHED","reason":"STREAMS"}}]`
	c.subscribe(w, "2", "subscription{t:tick}", "tick")
	c.expect(`{"id":"2","type":"error","payload":` + full + `}`)
	refused := w.events("good", "subscription{tick}")
	refused.expect(opened + next(`{"errors":`+full+`}`) + complete)
	w.awaits(w.started, "tick")
	other.subscribe(w, "1", "subscription{tick}", "tick")
	c.send(`{"type":"complete","id":"1"}`)
	c.talk(`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`)
	c.subscribe(w, "3", "subscription{tick}", "tick")
	w.tick("1")
	c.expect(`{"id":"3","type":"next","payload":{"data":{"tick":1}}}`)
	e.hang()
}

// One person has so many operations that differ, and so many bytes of them, on all connections together; the next is
// refused, others are not concerned, and what ended is given back.
func TestTooManyBytesOfOperations(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.MaxOperations = 1000 })
	c, other := w.ready("good-ann"), w.ready("good-bob")
	big := func(i int) string { return fmt.Sprintf(`subscription{tick} #%d%s`, i, strings.Repeat("x", 100_000)) }
	const fit = 4 << 20 / 100_030 // of maxOperationBytes
	for i := range fit {
		c.subscribe(w, fmt.Sprint(i), big(i), "tick")
	}
	w.streams(fit)
	c.send(fmt.Sprintf(`{"type":"subscribe","id":"more","payload":{"query":%q}}`, big(fit)))
	w.awaits(w.started, "tick")
	c.expect(`{"id":"more","type":"error","payload":[{"message":"You have too many streams.","extensions":{"code":"LIMIT_REACHED","reason":"STREAMS"}}]}`)
	other.subscribe(w, "1", big(fit), "tick")
	c.send(`{"type":"complete","id":"0"}`)
	c.talk(`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`)
	c.subscribe(w, "again", big(fit), "tick")
	c.talk(`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`)
}

// streams waits until so many have begun: they are opened before.
func (w *world) streams(n int) {
	w.t.Helper()
	eventually(w.t, func() bool { return w.transports.Stats().Streams == n }, func() string { return "some have not begun" })
}
