// Package stream executes subscriptions: each event of a log once for all readers who run the same operation, and hands
// out the results by position. Whoever is behind the window of results reads the log. Nothing is queued for a reader, so
// nothing is lost and nothing grows. It knows no socket and no HTTP: clients are outlets.
//
// Locks, in their order: the outlet's own, which guards its readers; Feeds.mu; that of quotas. Logs are followed under
// Feeds.mu, and notify without it. The lock of fair.Workers is taken last. The semaphore of a feed is no lock: logs
// are read and operations executed under it, and the lock of quotas is taken behind it. Logs are asked for changes under the
// outlet's.
package stream

import (
	"context"
	"crypto/sha256"
	"iter"
	"log/slog"
	"sync"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/meter"
	"parley/transport/stream/fair"
	"parley/transport/stream/quota"
	"parley/transport/stream/window"
)

// Options are the limits of Feeds. All are needed.
type Options struct {
	WindowEvents    int   // executed events kept per feed
	WindowTotal     int64 // bytes of them on the node
	CatchUpParallel int   // reads at once by those who are behind their window
	UserRoomStreams int   // of one log by one person, and with a Set by one person
	Block           int   // readers of a feed that are served in one go; the others come after them

	Logger *slog.Logger
	Fault  func(ctx context.Context) gqlerror.List // what a client is told of a fault of ours
}

// Feeds are the feeds of a node. They have no goroutine while nothing is to be handed out.
type Feeds struct {
	options Options
	workers *fair.Workers
	quotas  *quota.Quotas
	turns   *fair.Turns // to read, of those who are behind
	meters  meters

	mu    sync.Mutex // guards byKey, the blocks of all feeds, the readers of subscriptions, and left of both
	byKey map[feedKey]*feed
}

// New makes a node's feeds.
func New(o Options) *Feeds {
	workers := fair.New(o.Logger)
	x := &Feeds{
		options: o, workers: workers, quotas: quota.New(o.UserRoomStreams, o.WindowTotal),
		turns: fair.NewTurns(workers, o.CatchUpParallel), byKey: map[feedKey]*feed{},
	}
	x.meters.lag = meter.NewTimes()
	return x
}

// A feedKey says what a feed shows.
type feedKey struct {
	log       string
	operation [sha256.Size]byte
	alone     *Subscription // nil: any that runs the operation
}

// feedOf is the key of the feed of one of its logs.
func (sub *Subscription) feedOf(log Log) feedKey {
	key := feedKey{log: log.Key, operation: sub.prepared.hash}
	if log.Alone {
		key.alone = sub
	}
	return key
}

// join adds readers of a subscription to the feeds of their logs, which are made where they are the first. From here on
// each notification concerns them. errLeft, errMany: nobody has joined. isCompared: the logs are compared with their heads
// later; else those of new feeds are read.
func (x *Feeds) join(sub *Subscription, logs []Log, isCompared bool) ([]*Reader, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	found, missing := x.find(sub, logs)
	bytes := sub.bytes(missing)
	switch {
	case sub.left:
		return nil, errLeft
	case !x.quotas.MayJoin(sub.person, costs(found), bytes):
		return nil, errMany
	}
	joined := make([]Reader, len(logs))
	readers := *sub.readers.Load()
	for i, log := range logs {
		f := found[i]
		if f == nil {
			f = x.open(sub, log, isCompared, bytes/int64(missing))
		}
		joined[i] = Reader{sub: sub, feed: f, at: log.At, head: log.Head, judged: log.Head.Place}
		readers = append(readers, &joined[i])
	}
	sub.readers.Store(&readers)            // before any is served
	sub.prepared = joined[0].feed.prepared // the same, and kept anyway
	for i := range joined {
		r := &joined[i]
		r.feed.join(r)
		x.quotas.Joined(&r.feed.Feed, sub.person, r.feed.first())
	}
	return readers[len(readers)-len(logs):], nil
}

// find returns the feeds that there are, nil for those that are missing, and how many these are.
func (x *Feeds) find(sub *Subscription, logs []Log) (found []*feed, missing int) {
	found = make([]*feed, len(logs))
	for i, log := range logs {
		if found[i] = x.byKey[sub.feedOf(log)]; found[i] == nil {
			missing++
		}
	}
	return found, missing
}

// costs are what feeds take, nil for those that are missing.
func costs(feeds []*feed) iter.Seq[*quota.Feed] {
	return func(yield func(*quota.Feed) bool) {
		for _, f := range feeds {
			var one *quota.Feed
			if f != nil {
				one = &f.Feed
			}
			if !yield(one) {
				return
			}
		}
	}
}

// open makes a feed. Its window begins where its first reader is, so that others who come back to the same place find
// there what follows; but not further behind than a window reaches: then the reader reads the log alone.
func (x *Feeds) open(sub *Subscription, log Log, isCompared bool, operation int64) *feed {
	f := &feed{prepared: sub.prepared, key: sub.feedOf(log), opened: log.Head.Place, sem: make(chan struct{}, 1)}
	start := log.Head
	if start.Place-log.At.Place <= int64(x.options.WindowEvents) {
		start = log.At
	}
	f.Init(window.New(start), operation)
	f.blocks.Store(new([]*block))
	f.due.Store(!isCompared || start != log.Head)
	f.tail = log.Follow(f.wake)
	if tail, ok := f.tail.(Hearing); ok {
		tail.Hear(f.hear)
	}
	x.byKey[f.key] = f
	return f
}

// dismiss takes out the readers of a subscription whose logs have ended. Whoever holds its outlet calls it.
func (x *Feeds) dismiss(sub *Subscription) {
	var going []*Reader
	for _, r := range sub.Readers() {
		if r.over {
			x.leave(r)
		} else {
			going = append(going, r)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	sub.readers.Store(&going)
}

// leave takes a reader out, and the last one's feed with it. Once more does nothing.
func (x *Feeds) leave(r *Reader) {
	if over := x.part(r); over != nil {
		over.abandon()
	}
}

// part returns the reader's feed if it was the last there.
func (x *Feeds) part(r *Reader) *feed {
	x.mu.Lock()
	defer x.mu.Unlock()
	if r.left.Swap(true) {
		return nil
	}
	isLast := r.feed.leave(r)
	x.quotas.Parted(&r.feed.Feed, r.sub.person, r.feed.first())
	if !isLast {
		return nil
	}
	delete(x.byKey, r.feed.key)
	return r.feed
}
