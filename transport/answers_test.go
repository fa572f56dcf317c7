package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func person(name string) holder { return holder{user: name} }

// One holder may have a fifth of all, and when many have what they may, somebody new still finds room.
func TestAnswersAreShared(t *testing.T) {
	const most = 64 << 20
	x := newAnswers(most)
	for people := 1; people <= 20; people++ {
		by := person(fmt.Sprint(people))
		for x.take(by, 1<<10) {
		}
		if x.take(person("1"), 1<<10) {
			t.Fatalf("of %d the first has no limit", people)
		}
		if held := x.held[by]; people == 1 && (held > most/5 || held < most/5-4<<10) {
			t.Errorf("the first has %d bytes", held)
		}
		if !x.take(person("new"), 100<<10) {
			t.Errorf("%d people leave nothing to others", people)
		}
		x.give(person("new"), 100<<10)
	}
	for by, bytes := range x.held {
		x.give(by, bytes)
	}
	if x.all != 0 || len(x.held) != 0 {
		t.Errorf("left: %d, %v", x.all, x.held)
	}
}

// What is read for an answer and the answer itself have a limit each, and count together.
func TestAnswerIsCharged(t *testing.T) {
	x := newAnswers(64 << 20)
	a := &Answer{of: x, by: person("ann")}
	if err := a.Begin(t.Context(), 1000); err != nil || x.all != 1000+leastCharge {
		t.Errorf("%v, %d bytes", err, x.all)
	}
	for range 4 {
		if err := a.Read(1 << 20); err != nil {
			t.Error(err)
		}
	}
	if err := a.Read(1); !errors.Is(err, ErrLargeAnswer) {
		t.Errorf("text: %v", err)
	}
	if err := a.Write(MaxAnswer + 1); !errors.Is(err, ErrLargeAnswer) {
		t.Errorf("answer: %v", err)
	}
	if err := a.Write(MaxAnswer); err != nil || x.all < 8<<20 || x.all > 8<<20+1000+2*leastCharge {
		t.Errorf("%v, %d bytes", err, x.all)
	}
	second := &Answer{of: x, by: person("ann")}
	if err := errors.Join(second.Write(MaxAnswer), second.Write(MaxAnswer)); !errors.Is(err, ErrManyAnswers) {
		t.Errorf("the third: %v", err)
	}
	a.settle(5000)
	second.settle(0)
	if x.all != 5000 {
		t.Errorf("%d bytes when it was made", x.all)
	}
	a.settle(0)
	if x.all != 0 || len(x.held) != 0 {
		t.Errorf("left: %d, %v", x.all, x.held)
	}
}

// With as little as may be, whatever may be asked for is executed when nothing else is.
func TestLeastTotalIsEnough(t *testing.T) {
	for _, bytes := range []int{0, 2_000_000, 400_000_000} {
		a := &Answer{of: newAnswers(LeastTotal(bytes)), by: person("ann")}
		now, cancel := context.WithCancel(t.Context())
		cancel() // it does not wait
		err := a.Begin(now, bytes)
		for read, next := 0, 0; err == nil && read < MaxAnswer; read += next {
			next = min(1000, MaxAnswer-read)
			err = a.Read(next)
		}
		if err = errors.Join(err, a.Write(MaxAnswer)); err != nil {
			t.Errorf("%d bytes besides texts: %v", bytes, err)
		}
	}
}

// What waits for room gets it as soon as there is, or gives up when its time is over.
func TestAnswersWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newAnswers(50 * leastCharge)
		first := &Answer{of: x, by: person("ann")}
		if err := first.AwaitWrite(t.Context(), 10*leastCharge); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			if err := (&Answer{of: x, by: person("ann")}).AwaitWrite(short, 4*leastCharge); !errors.Is(err, ErrManyAnswers) {
				t.Errorf("got %v", err)
			}
		})
		for range 2 {
			all.Go(func() {
				a := &Answer{of: x, by: person("ann")}
				if err := a.AwaitWrite(t.Context(), 5*leastCharge); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if x.bytes() != 10*leastCharge {
			t.Errorf("%d bytes", x.bytes())
		}
		first.settle(0)
		all.Wait()
		if x.bytes() != 10*leastCharge {
			t.Errorf("%d bytes", x.bytes())
		}
	})
}

// What is small needs no room, so nobody is kept from signing in or out. Of one holder only so many wait, and those of
// others who fit do not wait behind them.
func TestSmallAnswersNeedNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newAnswers(50 * leastCharge)
		hoard := &Answer{of: x, by: person("ann")}
		if err := hoard.AwaitWrite(t.Context(), 10*leastCharge); err != nil {
			t.Fatal(err)
		}
		small := &Answer{of: x, by: person("ann")}
		if err := errors.Join(small.Begin(t.Context(), leastCharge), small.Write(leastCharge), small.AwaitWrite(t.Context(), leastCharge)); err != nil {
			t.Errorf("small: %v", err)
		}
		small.settle(0)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range maxWaiters {
			all.Go(func() { _ = (&Answer{of: x, by: person("ann")}).AwaitWrite(ctx, 10*leastCharge) })
		}
		synctest.Wait()
		if err := (&Answer{of: x, by: person("ann")}).AwaitWrite(t.Context(), 2*leastCharge); !errors.Is(err, ErrManyAnswers) {
			t.Errorf("one waiter more: %v", err)
		}
		bobs := &Answer{of: x, by: person("bob")}
		if err := bobs.AwaitWrite(t.Context(), 8*leastCharge); err != nil {
			t.Fatal(err)
		}
		second := &Answer{of: x, by: person("bob")}
		all.Go(func() {
			if err := second.AwaitWrite(t.Context(), 8*leastCharge); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		for range maxWaiters { // each time some are looked at, and ann's do not fit
			bobs.settle(int(bobs.charged) - 1)
		}
		bobs.settle(0)
		synctest.Wait()
		cancel()
		all.Wait()
		second.settle(0)
		hoard.settle(0)
		if x.bytes() != 0 || len(x.waiters) != 0 || x.waiting.Len() != 0 {
			t.Errorf("left: %d bytes, %v, %d", x.bytes(), x.waiters, x.waiting.Len())
		}
	})
}

// An answer that waits behind what a slow reader of a stream has not taken is due like any other.
func TestAnswerBehindASlowStreamIsDue(t *testing.T) {
	w := newWorld(t, func(o *Options, p *pace) {
		o.ResponseTimeout, o.WriteTimeout, p.stall = 500*time.Millisecond, time.Hour, 200*time.Millisecond
	})
	conn, r := w.upgraded(frame(fin|text, `{"type":"connection_init","payload":{"authorization":"good-1"}}`))
	readFrame(t, r)
	_, _ = io.WriteString(conn, frame(fin|text, `{"type":"subscribe","id":"1","payload":{"query":"subscription{big}"}}`))
	w.awaits(w.started, "big")
	id := 1
	eventually(t, func() bool { // until the kernel has enough
		id++
		_, _ = io.WriteString(conn, frame(fin|text, fmt.Sprintf(`{"type":"subscribe","id":"%d","payload":{"query":"{hello}"}}`, id)))
		return len(w.transports.registry.all()) == 0
	}, func() string { return "still there" })
	if drops := w.transports.Stats().Drops[DropStalled]; drops != 1 {
		t.Errorf("%d were counted", drops)
	}
	w.awaits(w.stopped, "big")
}

// Events that are larger than a write are charged to whose they are. Who has no room for one more loses the
// connection, and may come back.
func TestLargeEventsAreCharged(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *pace) { o.AnswersTotal, o.WriteTimeout = 30<<20, time.Hour })
	large := `"` + strings.Repeat("x", 16<<20) + `"` // more than the kernel takes and a fifth of that
	conn, r := w.upgraded(frame(fin|text, `{"type":"connection_init","payload":{"authorization":"good-1"}}`))
	readFrame(t, r)
	_, _ = io.WriteString(conn, frame(fin|text, `{"type":"subscribe","id":"1","payload":{"query":"subscription{tick}"}}`))
	w.awaits(w.started, "tick")
	w.tick(large)
	w.awaits(w.stopped, "tick")
	e := w.events("good-2", "subscription{tick}")
	e.expect(opened)
	w.awaits(w.started, "tick")
	w.tick(large)
	w.awaits(w.stopped, "tick")
	e.ends(true)
	eventually(t, func() bool { return len(w.transports.registry.all()) == 0 }, func() string { return "still there" })
}

// Answers that lie take half of all at most: whoever has most of those that have lain for long loses the oldest, and a
// new one is not cut before its client could take it.
func TestUntakenAnswersMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newAnswers(100 << 10)
		var cut []string
		lie := func(name, whose string, bytes int) *Answer {
			a := &Answer{of: x, by: person(whose), cut: func() { cut = append(cut, name) }}
			a.of.give(a.by, -int64(bytes))
			a.charged = int64(bytes)
			a.settle(bytes)
			return a
		}
		all := []*Answer{lie("bob's", "bob", 12<<10), lie("ann's first", "ann", 7<<10), lie("ann's second", "ann", 8<<10)}
		time.Sleep(longLain)
		all = append(all, lie("carol's", "carol", 20<<10), lie("ann's third", "ann", 9<<10))
		if got := strings.Join(cut, ", "); got != "ann's first" || x.lie != 49<<10 {
			t.Errorf("%s had to go, and %d bytes lie", got, x.lie)
		}
		all = append(all, lie("carol's second", "carol", 20<<10))
		if got := strings.Join(cut, ", "); got != "ann's first, bob's, ann's second" || x.lie != 49<<10 {
			t.Errorf("%s had to go, and %d bytes lie", got, x.lie)
		}
		all = append(all, lie("carol's third", "carol", 20<<10))
		if got := cut[len(cut)-1]; got != "carol's" {
			t.Errorf("%s had to go, which is not the oldest", got)
		}
		for _, a := range all {
			a.taken()
		}
		if x.all+x.lie != 0 || x.lying.Len()+len(x.held) != 0 {
			t.Errorf("left: %d bytes of %v, %d lie", x.all, x.held, x.lie)
		}
	})
}

// A client that goes while its query runs over an event stream leaves nothing behind, and neither does one that
// takes its answer.
func TestAnswersAreGivenBack(t *testing.T) {
	w := newWorld(t, nil)
	e := w.events("good-1", "{wait}")
	e.expect(opened)
	w.awaits(w.started, "wait")
	e.hang()
	w.awaits(w.stopped, "wait")
	w.events("good-1", "{hello}").expect(opened + next(`{"data":{"hello":"world"}}`) + complete)
	w.ready("good-1").talk(`> {"id":"1","type":"subscribe","payload":{"query":"{hello}"}}
< {"id":"1","type":"next","payload":{"data":{"hello":"world"}}}
< {"id":"1","type":"complete"}`)
}

// Until it is taken, an answer takes what is charged for it and little more: over an event stream too, where characters
// may grow to three times their size, and over a socket, where it is copied into a frame.
func TestAnswersTakeWhatIsCharged(t *testing.T) {
	const size, clients = 16 << 20, 2 // more than the kernel buffers
	for name, character := range map[string]string{"ends of lines": "\u0085", "letters": "x"} {
		for _, transport := range []string{"an event stream", "a socket"} {
			t.Run(name+" over "+transport, func(t *testing.T) {
				w := newWorld(t, func(o *Options, _ *pace) {
					o.ResponseTimeout, o.WriteTimeout, o.AnswersTotal = time.Hour, time.Hour, 1<<30
				})
				w.large = func() string { return `"` + strings.Repeat(character, size/len(character)) + `"` }
				before := inUse()
				for i := range clients {
					w.asksForLarge(transport == "a socket", fmt.Sprint("good-", i))
				}
				charged := w.transports.answers.bytes()
				if charged < clients*size || charged > clients*(size+1<<10) {
					t.Errorf("%d bytes are charged", charged)
				}
				if took := inUse() - before; took > charged+2<<20 {
					t.Errorf("%d KiB are charged, and %d KiB are taken", charged>>10, took>>10)
				}
			})
		}
	}
}

// inUse is how many bytes are in use.
func inUse() int64 {
	var m runtime.MemStats
	for range 3 { // pools are emptied in two steps
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// asksForLarge asks for a large answer and reads its first bytes.
func (w *world) asksForLarge(overSocket bool, token string) {
	w.t.Helper()
	if !overSocket {
		w.events(token, "{large}").expect(opened + `event: next` + "\n" + `data: {"data":{"large":"`)
		return
	}
	conn, r := w.upgraded(frame(fin|text, `{"type":"connection_init","payload":{"authorization":"`+token+`"}}`))
	readFrame(w.t, r)
	_, _ = io.WriteString(conn, frame(fin|text, `{"type":"subscribe","id":"1","payload":{"query":"{large}"}}`))
	if _, err := r.Peek(1); err != nil {
		w.t.Fatal(err)
	}
}
