// Package stream executes subscriptions: each event of a log once for all readers who run the same operation, and hands
// out the results by position. Whoever is behind the window of results reads the log. Nothing is queued for a reader, so
// nothing is lost and nothing grows. It knows no socket and no HTTP: clients are outlets.
//
// Locks, in their order: the outlet's own, which guards its readers; Feeds.mu; quotas.mu. Logs are followed under
// Feeds.mu, and notify without it. The lock of fair.Workers is taken last. The semaphore of a feed is no lock: logs
// are read and operations executed under it, and quotas.mu is taken behind it. Logs are asked for changes under the
// outlet's.
package stream

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/meter"
	"parley/transport/stream/fair"
	"parley/transport/wire"
)

// Options are the limits of Feeds. All are needed.
type Options struct {
	WindowEvents    int   // executed events kept per feed
	WindowTotal     int64 // bytes of them on the node
	CatchUpParallel int   // reads at once by those who are behind their window
	UserRoomStreams int   // of one log by one person
	Block           int   // readers of a feed that are served in one go; the others come after them

	Logger *slog.Logger
	Fault  func(ctx context.Context) gqlerror.List // what a client is told of a fault of ours
}

// Feeds are the feeds of a node. They have no goroutine while nothing is to be handed out.
type Feeds struct {
	options Options
	workers *fair.Workers
	quotas  *quotas
	catchUp chan struct{} // a semaphore: reads of the log by those who are behind a window
	meters  meters

	mu    sync.Mutex // guards byKey, the blocks of all feeds, and left of readers
	byKey map[feedKey]*feed
}

// New makes a node's feeds.
func New(o Options) *Feeds {
	x := &Feeds{
		options: o, workers: fair.New(o.Logger), quotas: newQuotas(o.UserRoomStreams, o.WindowTotal),
		catchUp: make(chan struct{}, o.CatchUpParallel), byKey: map[feedKey]*feed{},
	}
	x.meters.lag = meter.NewTimes()
	return x
}

// A feedKey says what a feed shows.
type feedKey struct {
	log       string
	operation [sha256.Size]byte
}

// join adds the readers of a subscription to the feeds of their logs, which are made where they are the first. From
// here on each notification concerns them. It returns false, and nobody has joined, if that would be too many feeds.
func (x *Feeds) join(sub *Subscription, p prepared) bool {
	logs, operation := sub.stream.Logs, wire.Key(p.op)
	keys := make([]feedKey, len(logs))
	for i, log := range logs {
		keys[i] = feedKey{log.Key, operation}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	found, missing := x.find(keys)
	var bytes int64
	if missing > 0 {
		bytes = wire.Size(p.op)
	}
	if !x.quotas.mayJoin(sub.quota, found, bytes) {
		return false
	}
	for i, r := range sub.readers {
		f := found[i]
		if f == nil {
			f = x.open(keys[i], logs[i], p)
			f.operation = bytes / int64(missing)
		}
		r.feed = f
		f.join(r)
		x.quotas.joined(f, sub.quota, f.first())
		logs[i] = Log{Key: f.key.log} // a stream lives long; the rest is the reader's and the feed's
	}
	return true
}

// find returns the feeds that there are, nil for those that are missing, and how many these are.
func (x *Feeds) find(keys []feedKey) (found []*feed, missing int) {
	found = make([]*feed, len(keys))
	for i, key := range keys {
		if found[i] = x.byKey[key]; found[i] == nil {
			missing++
		}
	}
	return found, missing
}

// open makes a feed. Its window begins at the head of the log: whoever is behind reads the log alone.
func (x *Feeds) open(key feedKey, log Log, p prepared) *feed {
	f := &feed{prepared: p, key: key, sem: make(chan struct{}, 1)}
	f.op.Headers = nil
	f.ctx = graphql.StartOperationTrace(context.Background())
	f.window.Store(&window{start: log.Head, blind: log.Head.Place})
	f.blocks.Store(new([]*block))
	f.due.Store(true)
	f.tail = log.Follow(f.wake)
	x.byKey[key] = f
	return f
}

// leave takes a reader out, and the last one's feed with it. Once more does nothing, and returns false.
func (x *Feeds) leave(r *Reader) bool {
	x.mu.Lock()
	if r.left.Load() {
		x.mu.Unlock()
		return false
	}
	r.left.Store(true)
	var over *feed
	if r.feed.leave(r) {
		over = r.feed
		delete(x.byKey, over.key)
	}
	x.quotas.parted(r.feed, r.sub.quota, r.feed.first())
	x.mu.Unlock()
	if over != nil {
		over.abandon()
	}
	return true
}
