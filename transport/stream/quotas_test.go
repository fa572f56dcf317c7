package stream

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"parley/transport/stream/fair"
	"parley/transport/stream/window"
)

func logsOf(keys ...string) []string { return keys }

// One person has so many streams of one room; others, and other rooms, are not concerned. Who finds one of
// several rooms full takes none.
func TestQuotaInARoom(t *testing.T) {
	x := newQuotas(2, 1<<20)
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
	x.leave(x.people["ann"], general)
	if x.enter("ann", both) == nil || x.enter("ann", general) != nil {
		t.Errorf("one was given back: %+v", x.people["ann"])
	}
	for _, logs := range [][]string{general, random, both} {
		x.leave(x.people["ann"], logs)
	}
	x.leave(x.people["bob"], general)
	if n := x.reading(); n != 0 {
		t.Errorf("%d are left", n)
	}
}

func TestQuotasAreCountedExactly(t *testing.T) {
	x := newQuotas(3, 1<<20)
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
					x.leave(q, logsOf("general"))
				}
			}
		})
	}
	together.Wait()
	if n := x.reading(); n != 0 {
		t.Errorf("%d are left", n)
	}
}

// reading is how many people read something.
func (x *quotas) reading() (n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, q := range x.people {
		if q.readers > 0 {
			n++
		}
	}
	return n
}

// Who leaves and comes back goes on with what they have cost; who does not is forgotten in a while.
func TestWhoComesBackHasCost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newQuotas(20, 1<<20)
		q := x.enter("ann", logsOf("a"))
		reading, read := make(chan struct{}), make(chan struct{})
		go func() {
			_ = fair.NewTurns(fair.New(slog.New(slog.DiscardHandler)), 1).Take(t.Context(), q.owner, func() error {
				close(reading)
				<-read
				return nil
			})
		}()
		<-reading
		x.leave(q, logsOf("a"))
		time.Sleep(debtKept + 1)
		if again := x.enter("ann", logsOf("a")); again != q || !again.owner.IsBusy() {
			t.Error("a read that runs was forgotten")
		}
		x.leave(q, logsOf("a"))
		close(read)
		synctest.Wait()
		time.Sleep(debtKept - 1)
		if x.enter("ann", logsOf("a")) != q {
			t.Error("the cost was forgotten")
		}
		x.leave(q, logsOf("a"))
		for range 2 { // the second look sees that no read runs any more
			time.Sleep(debtKept + 1)
			x.leave(x.enter("bob", logsOf("a")), logsOf("a"))
		}
		if x.people["ann"] != nil {
			t.Error("nobody was forgotten")
		}
	})
}

// following has a person follow a log, and returns the feed.
func following(t *testing.T, feeds *Feeds, user, log, operation string) (f *feed, leave func()) {
	t.Helper()
	source := &Stream{Logs: []Log{{Key: log, Follow: (&memoryLog{}).follow}}}
	sub := feeds.Subscribe(Prepared{shows{}, &graphql.OperationContext{RawQuery: operation}}, source, user, &collector{})
	if sub == nil {
		t.Fatal("refused")
	}
	t.Cleanup(sub.Leave)
	return sub.Readers()[0].feed, sub.Leave
}

// growing gives a feed's window one more entry.
func growing(f *feed, e window.Entry) {
	e.At = Position{Place: f.window.Load().Last().Place + 1, Tag: 1}
	f.feeds.quotas.change(f, func(w *window.Window) *window.Window { return w.Grow([]window.Entry{e}, 4, 8<<10) })
}

// Whatever is streamed, all windows together hold no more than they may, with their arrays, and those that one person
// alone reads no more than their part, over however many streams.
func TestWindowsKeepTheirTotal(t *testing.T) {
	const total = 64 << 10
	all := newFeeds(total)
	feeds := map[string][]*feed{}
	for i := range 40 {
		user := fmt.Sprint("person", i%20)
		f, _ := following(t, all, user, fmt.Sprint(i), user)
		following(t, all, user, fmt.Sprint(i), user) // once more
		feeds[user] = append(feeds[user], f)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		some := feeds[fmt.Sprint("person", rng.IntN(20))]
		growing(some[rng.IntN(2)], window.Entry{Body: make([]byte, rng.IntN(1<<rng.IntN(14))), Subject: rng.IntN(3), Changes: rng.IntN(9) == 0})
		wantHeld(t, all, feeds, total)
	}
	for _, f := range feeds["person1"] {
		growing(f, window.Entry{Body: make([]byte, 3000)}) // each alone is within the person's part
	}
	if w := feeds["person1"][0].window.Load(); len(w.Entries) != 0 {
		t.Errorf("one person's windows hold %d bytes more than their part", w.Retained())
	}
}

// A window that several people read is nobody's: what somebody has besides does not empty it, and whoever is left alone
// with it has it.
func TestSharedWindowsAreNobodys(t *testing.T) {
	all := newFeeds(1 << 20) // one person's part is 64 KiB
	popular, _ := following(t, all, "ann", "general", "chat")
	_, leave := following(t, all, "bob", "general", "chat")
	growing(popular, window.Entry{Body: make([]byte, 1000)})
	for i := range 40 {
		own, _ := following(t, all, "ann", fmt.Sprint(i), "own")
		growing(own, window.Entry{Body: make([]byte, 4000)})
	}
	if len(popular.window.Load().Entries) == 0 {
		t.Error("a window that several read was emptied for what one of them has besides")
	}
	ann := all.quotas.people["ann"]
	before := ann.windows
	leave()
	if got := ann.windows - before; got != popular.held || got == 0 {
		t.Errorf("alone with a window of %d bytes, and charged %d", popular.held, got)
	}
	following(t, all, "bob", "general", "chat")
	if ann.windows != before {
		t.Errorf("%d bytes are charged for what several read", ann.windows-before)
	}
}

// wantHeld compares what is counted with what the windows hold.
func wantHeld(t *testing.T, all *Feeds, feeds map[string][]*feed, total int64) {
	t.Helper()
	var held int64
	for _, some := range feeds {
		for _, f := range some {
			held += f.window.Load().Retained()
		}
	}
	if got := all.Stats().WindowBytes; got != held || got > total {
		t.Fatalf("%d bytes are counted, %d are held, %d are allowed", got, held, total)
	}
}
