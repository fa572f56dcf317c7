package transport

import (
	"container/list"
	"sync"
	"time"
)

// What one person's streams may take on a node, besides UserRoomStreams in each log. A stream has at most logsOfStream
// logs, so nobody who follows all of their logs on all of their devices comes near.
const (
	logsOfStream      = 1000
	maxFeeds          = 4 * logsOfStream // operations that differ, each in each log
	maxOperationBytes = 4 << 20          // documents and variables of these
	windowShare       = 16               // one person's windows may hold this part of WindowTotal
)

// quotas count what the streams of each person take, and bound what all windows of the node hold. The lock may be
// taken under that of feeds, never the other way round.
type quotas struct {
	streams int   // of one person in one log
	windows int64 // bytes of all windows

	mu     sync.Mutex // guards all below, the windows of all feeds, and what feeds say of their costs
	people map[string]*quota
	held   int64     // bytes of all windows
	grown  list.List // of *feed: those whose window holds something, the last that grew in front
}

// A quota is what one person has. It exists while the person has a stream.
type quota struct {
	queue                         // for workers
	turn       chan struct{}      // holds one while a reader of theirs that is behind its window reads the log
	rested     time.Time          // until then the next one waits; guarded by turn
	readers    int                // in all logs
	logs       map[string]int     // readers of each
	feeds      map[*feed]struct{} // that count as the person's: those whose first reader is
	operations int64              // bytes of their operations
	windows    int64              // bytes of their windows, each divided by the feed's readers
}

func newQuotas(o *Options) *quotas {
	return &quotas{streams: o.UserRoomStreams, windows: o.WindowTotal, people: map[string]*quota{}}
}

// enter counts a reader in each of these logs, or in none when the person has enough, and returns the person's quota.
func (x *quotas) enter(user string, logs []Log) *quota {
	x.mu.Lock()
	defer x.mu.Unlock()
	q := x.people[user]
	if q == nil {
		q = &quota{logs: map[string]int{}, feeds: map[*feed]struct{}{}, turn: make(chan struct{}, 1)}
		x.people[user] = q
	}
	for i, log := range logs {
		if q.logs[log.Key] >= x.streams || q.readers >= x.streams*logsOfStream {
			x.leaveAll(user, q, logs[:i])
			return nil
		}
		q.logs[log.Key]++
		q.readers++
	}
	return q
}

// leave takes the readers back.
func (x *quotas) leave(user string, q *quota, logs []Log) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.leaveAll(user, q, logs)
}

func (x *quotas) leaveAll(user string, q *quota, logs []Log) {
	for _, log := range logs {
		if q.logs[log.Key]--; q.logs[log.Key] == 0 {
			delete(q.logs, log.Key)
		}
		q.readers--
	}
	if q.readers == 0 {
		delete(x.people, user)
	}
}

// mayOpen says whether the person may have so many feeds more, with operations of so many bytes together.
func (x *quotas) mayOpen(q *quota, feeds int, operations int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(q.feeds)+feeds <= maxFeeds && q.operations+operations <= maxOperationBytes
}

// joined counts readers of a feed, by 1 or -1. owner is the person whose reader is the feed's first; nil: there is none.
func (x *quotas) joined(f *feed, owner *quota, by int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	f.readers += by
	if was := f.owner.Load(); was != owner {
		if was != nil {
			delete(was.feeds, f)
			was.operations -= f.operation
			was.windows -= f.charged
		}
		f.charged = 0
		f.owner.Store(owner)
		if owner != nil {
			owner.feeds[f] = struct{}{}
			owner.operations += f.operation
			x.charge(f, owner)
		}
	}
}

// change replaces the window of a feed by what change makes of it. Windows of others are emptied when all together
// hold too much, those that grew longest ago first, and the person's when theirs do.
func (x *quotas) change(f *feed, change func(*window) *window) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.put(f, change(f.window.Load()))
	owner := f.owner.Load()
	if owner != nil && owner.windows > x.windows/windowShare {
		for other := range owner.feeds {
			if other != f {
				x.put(other, other.window.Load().emptied())
			}
		}
	}
	for x.held > x.windows { // f is the last to go
		oldest := x.grown.Back().Value.(*feed)
		x.put(oldest, oldest.window.Load().emptied())
	}
}

func (x *quotas) put(f *feed, w *window) {
	f.window.Store(w)
	bytes := w.retained()
	x.held += bytes - f.held
	f.held = bytes
	if owner := f.owner.Load(); owner != nil {
		x.charge(f, owner)
	}
	switch {
	case bytes == 0 && f.grown != nil:
		x.grown.Remove(f.grown)
		f.grown = nil
	case bytes == 0:
	case f.grown == nil:
		f.grown = x.grown.PushFront(f)
	default:
		x.grown.MoveToFront(f.grown)
	}
}

func (x *quotas) charge(f *feed, owner *quota) {
	share := f.held / int64(max(1, f.readers))
	owner.windows += share - f.charged
	f.charged = share
}

// windowBytes are those that all windows hold.
func (x *quotas) windowBytes() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.held
}
