package stream

import (
	"container/list"
	"sync"
	"time"

	"parley/transport/stream/fair"
	"parley/transport/stream/window"
)

// What one person's streams may take on a node, besides Options.UserRoomStreams in each log. A stream without a Set has at
// most logsOfStream logs, one with a Set twice as many, so nobody who follows all of their logs on all of their devices
// comes near.
const (
	logsOfStream      = 1000
	maxFeeds          = 4 * logsOfStream // operations that differ, each in each log
	maxOperationBytes = 4 << 20          // documents and variables of those whose first reader is theirs
	windowShare       = 16               // windows that only they read may hold this part of Options.WindowTotal
	debtKept          = 30 * time.Second // what a person's streams have cost is known so long after the last of them
)

// quotas count what the streams of each person take, and bound what all windows of the node hold. The lock may be
// taken under that of feeds, never the other way round.
type quotas struct {
	streams int   // of one person in one log
	windows int64 // bytes of all windows

	mu     sync.Mutex // guards all below, the windows of all feeds, and what feeds say of their costs
	people map[string]*quota
	idle   []*quota  // of people without a stream, in the order in which they left
	held   int64     // bytes of all windows
	grown  list.List // of *feed: those whose window holds something, the last that grew in front
}

// A quota is what one person has.
type quota struct {
	queue      fair.Queue     // of blocks of feeds that only they read
	owner      *fair.Owner    // of what their readers read that are behind
	user       string         // whose it is
	readers    int            // in all logs, as they are counted
	logs       map[string]int // readers of each
	feeds      map[*feed]int  // the same
	operations int64          // bytes of the operations of feeds whose first reader is theirs
	windows    int64          // bytes of the windows of feeds that only they read
	left       time.Time      // when they had no reader any more
}

func newQuotas(streams int, windows int64) *quotas {
	return &quotas{streams: streams, windows: windows, people: map[string]*quota{}}
}

// allSets is the log in which streams that have a Set are counted, once each.
const allSets = ""

// enter counts a reader in each of these logs, or in none when the person has enough, and returns the person's quota.
func (x *quotas) enter(user string, logs []string) *quota {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.forget(time.Now())
	q := x.people[user]
	if q == nil {
		q = &quota{user: user, logs: map[string]int{}, feeds: map[*feed]int{}, owner: fair.NewOwner()}
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

// leave takes the readers back.
func (x *quotas) leave(q *quota, logs []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.leaveAll(q, logs)
}

func (x *quotas) leaveAll(q *quota, logs []string) {
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
func (x *quotas) forget(now time.Time) {
	for len(x.idle) > 0 {
		q := x.idle[0]
		if now.Sub(q.left) < debtKept && q.readers == 0 {
			return
		}
		x.idle = x.idle[1:]
		switch {
		case q.readers > 0 || now.Sub(q.left) < debtKept: // they have come back, and perhaps left again
		case q.owner.IsBusy(): // a read of theirs runs still
			q.left = now
			x.idle = append(x.idle, q)
		case x.people[q.user] == q:
			delete(x.people, q.user)
		}
	}
}

// mayJoin says whether the person may read these feeds, where nil is one that must be made, and all such have
// operations of so many bytes together.
func (x *quotas) mayJoin(q *quota, feeds []*feed, operations int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	more := 0
	for _, f := range feeds {
		if f == nil || q.feeds[f] == 0 {
			more++
		}
	}
	return len(q.feeds)+more <= maxFeeds && q.operations+operations <= maxOperationBytes
}

// joined counts a reader of a person in a feed. payer is whose the feed's first reader is.
func (x *quotas) joined(f *feed, q, payer *quota) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if q.feeds[f]++; q.feeds[f] == 1 {
		f.people.Add(1)
	}
	x.assign(f, q, payer)
}

// parted takes a reader back; payer is nil if it was the last.
func (x *quotas) parted(f *feed, q, payer *quota) {
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
func (x *quotas) assign(f *feed, one, payer *quota) {
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

// change replaces the window of a feed by what change makes of it. Windows of others are emptied when all together
// hold too much, those that grew longest ago first, and the person's when theirs do.
func (x *quotas) change(f *feed, change func(*window.Window) *window.Window) {
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
		oldest := x.grown.Back().Value.(*feed)
		x.put(oldest, oldest.window.Load().Emptied())
	}
}

func (x *quotas) put(f *feed, w *window.Window) {
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

// windowBytes are those that all windows hold.
func (x *quotas) windowBytes() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.held
}
