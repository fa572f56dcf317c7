package transport

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
)

func logsOf(keys ...string) (logs []Log) {
	for _, key := range keys {
		logs = append(logs, Log{Key: key})
	}
	return logs
}

// One person has so many streams of one room; others, and other rooms, are not concerned. Who finds one of
// several rooms full takes none.
func TestQuotaInARoom(t *testing.T) {
	x := newQuotas(&Options{UserRoomStreams: 2})
	general, random, both := logsOf("general"), logsOf("random"), logsOf("random", "general")
	for i, want := range []bool{true, true, false} {
		if got := x.enter("ann", general) != nil; got != want {
			t.Errorf("stream %d: %v", i, got)
		}
	}
	if x.enter("ann", random) == nil || x.enter("bob", general) == nil {
		t.Error("another room, another person")
	}
	if ann := x.people["ann"]; x.enter("ann", both) != nil || ann.logs["random"] != 1 || ann.readers != 3 {
		t.Errorf("one of two is full: %+v", ann)
	}
	x.leave("ann", x.people["ann"], general)
	if x.enter("ann", both) == nil || x.enter("ann", general) != nil {
		t.Errorf("one was given back: %+v", x.people["ann"])
	}
	for _, logs := range [][]Log{general, random, both} {
		x.leave("ann", x.people["ann"], logs)
	}
	x.leave("bob", x.people["bob"], general)
	if len(x.people) != 0 {
		t.Errorf("left: %v", x.people)
	}
}

func TestQuotasAreCountedExactly(t *testing.T) {
	x := newQuotas(&Options{UserRoomStreams: 3})
	var together sync.WaitGroup
	for range 20 {
		together.Go(func() {
			for range 200 {
				if q := x.enter("ann", logsOf("general")); q != nil {
					x.mu.Lock()
					n := q.logs["general"]
					x.mu.Unlock()
					if n < 1 || n > 3 {
						t.Errorf("%d streams", n)
					}
					x.leave("ann", q, logsOf("general"))
				}
			}
		})
	}
	together.Wait()
	if len(x.people) != 0 {
		t.Errorf("left: %v", x.people)
	}
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

// Whatever is streamed, all windows together hold no more than they may, with their arrays, and one person's no more
// than their part. A window that grew lately is kept before one that did not, and a feed that many read costs its person
// little.
func TestWindowsKeepTheirTotal(t *testing.T) {
	const total = 64 << 10
	transports := New(Options{WindowTotal: total})
	feeds := map[string][]*feed{}
	follow := func(user, log string) *feed {
		sub := transports.newSubscription(&shelf{}, &Stream{Logs: []Log{{Key: log, Follow: func(wake func()) Tail {
			return (&testLog{seen: make(chan struct{}, 1)}).follow(wake, func() {})
		}}}}, user)
		if !sub.join(modelExecutor{}, &graphql.OperationContext{RawQuery: user}) {
			t.Fatal("refused")
		}
		t.Cleanup(sub.leave)
		return sub.readers[0].feed
	}
	for i := range 40 {
		user := fmt.Sprint("person", i%20)
		feeds[user] = append(feeds[user], follow(user, fmt.Sprint(i)))
	}
	popular := feeds["person0"][0]
	for range 99 {
		sub := transports.newSubscription(&shelf{}, &Stream{Logs: []Log{{Key: "0"}}}, "person0")
		if sub == nil { // enough streams of one person
			break
		}
		sub.join(modelExecutor{}, &graphql.OperationContext{RawQuery: "person0"})
		t.Cleanup(sub.leave)
	}
	rng, places := rand.New(rand.NewPCG(1, 2)), map[*feed]int64{}
	grow := func(f *feed, bytes int) {
		places[f]++
		e := entry{at: Position{places[f], 1}, body: make([]byte, bytes), subject: rng.IntN(3), changes: rng.IntN(9) == 0}
		transports.quotas.change(f, func(w *window) *window { return w.grow([]entry{e}, 4, 8<<10) })
	}
	for range 20_000 {
		user := fmt.Sprint("person", rng.IntN(20))
		grow(feeds[user][rng.IntN(2)], rng.IntN(1<<rng.IntN(14)))
		wantHeld(t, transports, feeds, total)
	}
	for _, f := range feeds["person1"] {
		grow(f, 3000) // each alone is within the person's part
	}
	if w := feeds["person1"][0].window.Load(); len(w.entries) != 0 {
		t.Errorf("one person's windows hold %d bytes more than their part", w.retained())
	}
	for _, f := range feeds["person0"] {
		transports.quotas.change(f, (*window).emptied)
	}
	grow(popular, 7000)
	grow(feeds["person0"][1], 3000)
	if len(popular.window.Load().entries) == 0 {
		t.Error("a feed that many read was charged to one person")
	}
}

// What was dropped from a window counts as long as its array holds it, and it is not held much longer than what is shown.
func TestWindowsCountTheirArrays(t *testing.T) {
	w := &window{}
	var dropped int64
	for i := range int64(1000) {
		before := w.retained()
		w = w.grow([]entry{{at: Position{i, 1}, body: make([]byte, 1<<(i%12))}}, 8, 1<<20)
		if cap(w.entries) > 8 && w.dropped > 0 {
			dropped++
		}
		if shown := int64(w.bytes); w.retained() < shown+int64(w.dropped) || w.retained() > 2*shown+int64(cap(w.entries)*entryBytes) {
			t.Fatalf("at %d: %d bytes are shown, %d were held before and %d are now", i, shown, before, w.retained())
		}
	}
	if dropped == 0 {
		t.Error("no array held more than its window")
	}
}

// wantHeld compares what is counted with what the windows hold.
func wantHeld(t *testing.T, transports *Transports, feeds map[string][]*feed, total int64) {
	t.Helper()
	var held int64
	for _, some := range feeds {
		for _, f := range some {
			held += f.window.Load().retained()
		}
	}
	if got := transports.Stats().WindowBytes; got != held || got > total {
		t.Fatalf("%d bytes are counted, %d are held, %d are allowed", got, held, total)
	}
}

// One person has so many operations that differ, and so many bytes of them, on all connections together; the next is
// refused, others are not concerned, and what ended is given back.
func TestTooManyBytesOfOperations(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *pace) { o.MaxOperations = 1000 })
	c, other := w.ready("good-ann"), w.ready("good-bob")
	big := func(i int) string { return fmt.Sprintf(`subscription{tick} #%d%s`, i, strings.Repeat("x", 100_000)) }
	const fit = maxOperationBytes / 100_030
	for i := range fit {
		c.subscribe(w, fmt.Sprint(i), big(i), "tick")
	}
	c.send(fmt.Sprintf(`{"type":"subscribe","id":"more","payload":{"query":%q}}`, big(fit)))
	w.awaits(w.started, "tick")
	c.expect(`{"id":"more","type":"error","payload":[{"message":"You have too many streams.","extensions":{"code":"LIMIT_REACHED","reason":"STREAMS"}}]}`)
	other.subscribe(w, "1", big(fit), "tick")
	c.send(`{"type":"complete","id":"0"}`)
	c.talk(`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`)
	c.subscribe(w, "again", big(fit), "tick")
	c.talk(`> {"type":"ping"}` + "\n" + `< {"type":"pong"}`)
}
