package transport

import (
	"sync"
	"testing"
)

func logsOf(keys ...string) (logs []Log) {
	for _, key := range keys {
		logs = append(logs, Log{Key: key})
	}
	return logs
}

// One person has so many streams of one room; others, and other rooms, are not concerned. Who finds one of
// several rooms full takes none.
func TestSeatsInARoom(t *testing.T) {
	x := newSeats(2)
	general, random, both := logsOf("general"), logsOf("random"), logsOf("random", "general")
	for i, want := range []bool{true, true, false} {
		if got := x.enter("ann", general); got != want {
			t.Errorf("stream %d: %v", i, got)
		}
	}
	if !x.enter("ann", random) || !x.enter("bob", general) {
		t.Error("another room, another person")
	}
	if x.enter("ann", both) || x.taken[seat{"ann", "random"}] != 1 {
		t.Errorf("one of two is full: %v", x.taken)
	}
	x.leave("ann", general)
	if !x.enter("ann", both) || x.enter("ann", general) {
		t.Errorf("one was given back: %v", x.taken)
	}
	for _, logs := range [][]Log{general, random, both} {
		x.leave("ann", logs)
	}
	x.leave("bob", general)
	if len(x.taken) != 0 {
		t.Errorf("left: %v", x.taken)
	}
}

func TestSeatsAreCountedExactly(t *testing.T) {
	x := newSeats(3)
	var together sync.WaitGroup
	for range 20 {
		together.Go(func() {
			for range 200 {
				if x.enter("ann", logsOf("general")) {
					if n := x.count(seat{"ann", "general"}); n < 1 || n > 3 {
						t.Errorf("%d streams", n)
					}
					x.leave("ann", logsOf("general"))
				}
			}
		})
	}
	together.Wait()
	if len(x.taken) != 0 {
		t.Errorf("left: %v", x.taken)
	}
}

func (x *seats) count(s seat) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.taken[s]
}

// One stream too many of one room is refused for good, over both transports; the place of one that ended is free.
func TestTooManyStreamsOfARoom(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *pace) { o.UserRoomStreams = 2 })
	w.shared = true
	c, other := w.ready("good"), w.ready("good-bob")
	e := w.events("good", "subscription{tick}")
	e.expect(opened)
	w.awaits(w.started, "tick")
	c.subscribe(w, "1", "subscription{tick}", "tick")
	full := `[{"message":"You have too many streams of this room.","extensions":{"code":"LIMIT_REACHED","reason":"STREAMS"}}]`
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
