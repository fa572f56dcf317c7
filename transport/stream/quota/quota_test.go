package quota

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/transport/stream/fair"
	"parley/transport/stream/window"
)

func logsOf(keys ...string) []string { return keys }

// One person has so many streams of one room; others, and other rooms, are not concerned. Who finds one of
// several rooms full takes none.
func TestQuotaInARoom(t *testing.T) {
	x := New(2, 1<<20)
	general, random, both := logsOf("general"), logsOf("random"), logsOf("random", "general")
	for i, want := range []bool{true, true, false} {
		if got := x.Enter("ann", general) != nil; got != want {
			t.Errorf("stream %d: %v", i, got)
		}
	}
	if x.Enter("ann", random) == nil || x.Enter("bob", general) == nil {
		t.Error("another room, another person")
	}
	if ann := x.people["ann"]; x.Enter("ann", both) != nil || ann.logs["random"] != 1 || ann.readers != 3 {
		t.Errorf("one of two is full: %+v", ann)
	}
	x.Leave(x.people["ann"], general)
	if x.Enter("ann", both) == nil || x.Enter("ann", general) != nil {
		t.Errorf("one was given back: %+v", x.people["ann"])
	}
	for _, logs := range [][]string{general, random, both} {
		x.Leave(x.people["ann"], logs)
	}
	x.Leave(x.people["bob"], general)
	if n := x.reading(); n != 0 {
		t.Errorf("%d are left", n)
	}
}

func TestQuotasAreCountedExactly(t *testing.T) {
	x := New(3, 1<<20)
	var together sync.WaitGroup
	for range 20 {
		together.Go(func() {
			for range 200 {
				if q := x.Enter("ann", logsOf("general")); q != nil {
					x.mu.Lock()
					n := q.logs["general"]
					x.mu.Unlock()
					if n < 1 || n > 3 {
						t.Errorf("%d streams", n)
					}
					x.Leave(q, logsOf("general"))
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
func (x *Quotas) reading() (n int) {
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
		x := New(20, 1<<20)
		q := x.Enter("ann", logsOf("a"))
		reading, read := make(chan struct{}), make(chan struct{})
		go func() {
			_ = fair.NewTurns(fair.New(slog.New(slog.DiscardHandler)), 1).Take(t.Context(), q.Owner, func() error {
				close(reading)
				<-read
				return nil
			})
		}()
		<-reading
		x.Leave(q, logsOf("a"))
		time.Sleep(debtKept + 1)
		if again := x.Enter("ann", logsOf("a")); again != q || !again.Owner.IsBusy() {
			t.Error("a read that runs was forgotten")
		}
		x.Leave(q, logsOf("a"))
		close(read)
		synctest.Wait()
		time.Sleep(debtKept - 1)
		if x.Enter("ann", logsOf("a")) != q {
			t.Error("the cost was forgotten")
		}
		x.Leave(q, logsOf("a"))
		for range 2 { // the second look sees that no read runs any more
			time.Sleep(debtKept + 1)
			x.Leave(x.Enter("bob", logsOf("a")), logsOf("a"))
		}
		if x.people["ann"] != nil {
			t.Error("nobody was forgotten")
		}
	})
}

// A node is quotas, and feeds by log and operation, with their readers in the order in which they came.
type node struct {
	*Quotas
	feeds   map[[2]string]*Feed
	readers map[*Feed][]*Person
}

func newNode(windows int64) *node {
	return &node{New(20, windows), map[[2]string]*Feed{}, map[*Feed][]*Person{}}
}

// follow has a person follow a log, and returns the feed.
func (x *node) follow(user, log, operation string) (f *Feed, leave func()) {
	q, key := x.Enter(user, logsOf(log)), [2]string{log, operation}
	if f = x.feeds[key]; f == nil {
		f = &Feed{}
		f.Init(window.New(window.Position{}), int64(len(operation)))
		x.feeds[key] = f
	}
	x.readers[f] = append(x.readers[f], q)
	x.Joined(f, q, x.readers[f][0])
	return f, func() {
		i := slices.Index(x.readers[f], q)
		x.readers[f] = slices.Delete(x.readers[f], i, i+1)
		x.Parted(f, q, x.readers[f][0])
		x.Leave(q, logsOf(log))
	}
}

// grow gives a feed's window one more entry.
func (x *node) grow(f *Feed, e window.Entry) {
	e.At = window.Position{Place: f.Window().Last().Place + 1, Tag: 1}
	x.Change(f, func(w *window.Window) *window.Window { return w.Grow([]window.Entry{e}, 4, 8<<10) })
}

// Whatever is streamed, all windows together hold no more than they may, with their arrays, and those that one person
// alone reads no more than their part, over however many streams.
func TestWindowsKeepTheirTotal(t *testing.T) {
	const total = 64 << 10
	x := newNode(total)
	feeds := map[string][]*Feed{}
	for i := range 40 {
		user := fmt.Sprint("person", i%20)
		f, _ := x.follow(user, fmt.Sprint(i), user)
		x.follow(user, fmt.Sprint(i), user) // once more
		feeds[user] = append(feeds[user], f)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		some := feeds[fmt.Sprint("person", rng.IntN(20))]
		x.grow(some[rng.IntN(2)], window.Entry{Body: make([]byte, rng.IntN(1<<rng.IntN(14))), Subject: rng.IntN(3), Changes: rng.IntN(9) == 0})
		x.wantHeld(t, total)
	}
	for _, f := range feeds["person1"] {
		x.grow(f, window.Entry{Body: make([]byte, 3000)}) // each alone is within the person's part
	}
	if w := feeds["person1"][0].Window(); len(w.Entries) != 0 {
		t.Errorf("one person's windows hold %d bytes more than their part", w.Retained())
	}
}

// A window that several people read is nobody's: what somebody has besides does not empty it, and whoever is left alone
// with it has it.
func TestSharedWindowsAreNobodys(t *testing.T) {
	x := newNode(1 << 20) // one person's part is 64 KiB
	popular, _ := x.follow("ann", "general", "chat")
	_, leave := x.follow("bob", "general", "chat")
	x.grow(popular, window.Entry{Body: make([]byte, 1000)})
	for i := range 40 {
		own, _ := x.follow("ann", fmt.Sprint(i), "own")
		x.grow(own, window.Entry{Body: make([]byte, 4000)})
	}
	if len(popular.Window().Entries) == 0 {
		t.Error("a window that several read was emptied for what one of them has besides")
	}
	ann := x.people["ann"]
	before := ann.windows
	leave()
	if got := ann.windows - before; got != popular.held || got == 0 {
		t.Errorf("alone with a window of %d bytes, and charged %d", popular.held, got)
	}
	x.follow("bob", "general", "chat")
	if ann.windows != before {
		t.Errorf("%d bytes are charged for what several read", ann.windows-before)
	}
}

// wantHeld compares what is counted with what the windows hold.
func (x *node) wantHeld(t *testing.T, total int64) {
	t.Helper()
	var held int64
	for _, f := range x.feeds {
		held += f.Window().Retained()
	}
	if got := x.WindowBytes(); got != held || got > total {
		t.Fatalf("%d bytes are counted, %d are held, %d are allowed", got, held, total)
	}
}
