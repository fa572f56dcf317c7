// Package quota counts what the streams of each person take on a node, and bounds what all windows hold. It rests on one
// idea: what a feed takes is charged to whoever alone reads it, and to nobody where several do. It knows neither readers
// nor logs.
package quota

import (
	"container/list"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"parley/transport/stream/fair"
	"parley/transport/stream/window"
)

// What one person's streams may take on a node, besides so many in each log. A stream has at most logsOfStream logs, or twice
// as many, so nobody who follows all of their logs on all of their devices comes near.
const (
	logsOfStream      = 2000
	maxFeeds          = 4 * logsOfStream // operations that differ, each in each log
	maxOperationBytes = 4 << 20          // documents and variables of those whose first reader is theirs
	windowShare       = 16               // windows that only they read may hold this part of all
	debtKept          = 30 * time.Second // what a person's streams have cost is known so long after the last of them
)

// Quotas are those of a node. Safe for concurrent use: their lock is taken last, but for that of fair.Workers.
type Quotas struct {
	streams int   // of one person in one log
	windows int64 // bytes of all windows

	mu     sync.Mutex // guards all below, the windows of all feeds, and what feeds say of their costs
	people map[string]*Person
	idle   []*Person // of people without a stream, in the order in which they left
	held   int64     // bytes of all windows
	grown  list.List // of *Feed: those whose window holds something, the last that grew in front
}

// A Person is what the streams of one person take.
type Person struct {
	Queue fair.Queue  // of blocks of feeds that only they read
	Owner *fair.Owner // of what their readers read that are behind
	User  string      // who it is

	readers    int            // in all logs, as they are counted
	logs       map[string]int // readers of each
	feeds      map[*Feed]int  // the same
	operations int64          // bytes of the operations of feeds whose first reader is theirs
	windows    int64          // bytes of the windows of feeds that only they read
	left       time.Time      // when they had no reader any more
}

// A Feed is what one feed takes. Init comes first.
type Feed struct {
	window atomic.Pointer[window.Window]
	people atomic.Int64           // who read it; changed under the lock of Quotas
	owner  atomic.Pointer[Person] // whoever alone reads it, nil: nobody does; likewise
	own    fair.Queue             // while it has no owner

	// Guarded by the lock of Quotas.
	operation int64         // bytes of the operation, as far as they count for this feed; never changed once it is read
	payer     *Person       // whose its first reader is
	held      int64         // bytes of the window
	grown     *list.Element // in Quotas; nil: the window holds nothing
}

// Init gives a feed that nobody reads its first window, and the bytes of its operation.
func (f *Feed) Init(w *window.Window, operation int64) {
	f.window.Store(w)
	f.operation = operation
}

// Window is the feed's, which Quotas.Change replaces.
func (f *Feed) Window() *window.Window { return f.window.Load() }

// People is how many read it.
func (f *Feed) People() int64 { return f.people.Load() }

// Queue is where its blocks stand in line: its owner's, or its own.
func (f *Feed) Queue() *fair.Queue {
	if owner := f.owner.Load(); owner != nil {
		return &owner.Queue
	}
	return &f.own
}

// New makes those of a node: so many streams of one person in one log, and so many bytes of all windows.
func New(streams int, windows int64) *Quotas {
	return &Quotas{streams: streams, windows: windows, people: map[string]*Person{}}
}

// Enter counts a reader in each of these logs, or in none when the person has enough, and returns the person's quota.
func (x *Quotas) Enter(user string, logs []string) *Person {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.forget(time.Now())
	q := x.people[user]
	if q == nil {
		q = &Person{User: user, logs: map[string]int{}, feeds: map[*Feed]int{}, Owner: fair.NewOwner()}
		x.people[user] = q
	}
	for i, log := range logs {
		if q.logs[log] >= x.streams || q.readers >= x.streams*logsOfStream {
			x.leaveAll(q, logs[:i])
			return nil
		}
		q.logs[log]++
		q.readers++
	}
	return q
}

// Leave takes the readers back.
func (x *Quotas) Leave(q *Person, logs []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.leaveAll(q, logs)
}

func (x *Quotas) leaveAll(q *Person, logs []string) {
	for _, log := range logs {
		if q.logs[log]--; q.logs[log] == 0 {
			delete(q.logs, log)
		}
		q.readers--
	}
	if now := time.Now(); q.readers == 0 {
		q.left = now
		x.idle = append(x.idle, q)
		x.forget(now)
	}
}

// forget lets go of people who left long ago. Whoever comes back before goes on with what they have cost.
func (x *Quotas) forget(now time.Time) {
	for len(x.idle) > 0 {
		q := x.idle[0]
		if now.Sub(q.left) < debtKept && q.readers == 0 {
			return
		}
		x.idle = x.idle[1:]
		switch {
		case q.readers > 0 || now.Sub(q.left) < debtKept: // they have come back, and perhaps left again
		case q.Owner.IsBusy(): // a read of theirs runs still
			q.left = now
			x.idle = append(x.idle, q)
		case x.people[q.User] == q:
			delete(x.people, q.User)
		}
	}
}

// MayJoin says whether the person may read these feeds, where nil is one that must be made, and all such have
// operations of so many bytes together.
func (x *Quotas) MayJoin(q *Person, feeds iter.Seq[*Feed], operations int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	more := 0
	for f := range feeds {
		if f == nil || q.feeds[f] == 0 {
			more++
		}
	}
	return len(q.feeds)+more <= maxFeeds && q.operations+operations <= maxOperationBytes
}

// Joined counts a reader of a person in a feed. payer is whose the feed's first reader is.
func (x *Quotas) Joined(f *Feed, q, payer *Person) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if q.feeds[f]++; q.feeds[f] == 1 {
		f.people.Add(1)
	}
	x.assign(f, q, payer)
}

// Parted takes a reader back; payer is nil if it was the last.
func (x *Quotas) Parted(f *Feed, q, payer *Person) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if q.feeds[f]--; q.feeds[f] == 0 {
		delete(q.feeds, f)
		f.people.Add(-1)
	}
	x.assign(f, payer, payer)
}

// assign says who has the costs of a feed now: its operation is its first reader's, its window and the time of workers
// theirs who alone reads it. one is somebody who reads it.
func (x *Quotas) assign(f *Feed, one, payer *Person) {
	if f.payer != payer {
		if f.payer != nil {
			f.payer.operations -= f.operation
		}
		if f.payer = payer; payer != nil {
			payer.operations += f.operation
		}
	}
	owner := one
	if f.people.Load() != 1 {
		owner = nil
	}
	if was := f.owner.Load(); was != owner {
		if was != nil {
			was.windows -= f.held
		}
		if owner != nil {
			owner.windows += f.held
		}
		f.owner.Store(owner)
	}
}

// Change replaces the window of a feed by what change makes of it. Windows of others are emptied when all together
// hold too much, those that grew longest ago first, and the person's when theirs do.
func (x *Quotas) Change(f *Feed, change func(*window.Window) *window.Window) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.put(f, change(f.window.Load()))
	if owner := f.owner.Load(); owner != nil && owner.windows > x.windows/windowShare {
		for other := range owner.feeds {
			if other != f && other.owner.Load() == owner {
				x.put(other, other.window.Load().Emptied())
			}
		}
	}
	for x.held > x.windows { // f is the last to go
		oldest := x.grown.Back().Value.(*Feed)
		x.put(oldest, oldest.window.Load().Emptied())
	}
}

func (x *Quotas) put(f *Feed, w *window.Window) {
	f.window.Store(w)
	more := w.Retained() - f.held
	f.held += more
	x.held += more
	if owner := f.owner.Load(); owner != nil {
		owner.windows += more
	}
	switch {
	case f.held == 0 && f.grown != nil:
		x.grown.Remove(f.grown)
		f.grown = nil
	case f.held == 0:
	case f.grown == nil:
		f.grown = x.grown.PushFront(f)
	default:
		x.grown.MoveToFront(f.grown)
	}
}

// HasReader tells whether anybody reads a feed but one user, or if only is given, whether that user does.
func (x *Quotas) HasReader(f *Feed, only, except string) bool {
	if only == "" {
		owner := f.owner.Load()
		return owner == nil || owner.User != except
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	q := x.people[only]
	return q != nil && q.feeds[f] > 0
}

// WindowBytes are those that all windows hold.
func (x *Quotas) WindowBytes() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.held
}
