package transport

import (
	"context"
	"crypto/sha256"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
)

// feeds are the feeds of a node.
type feeds struct {
	t       *Transports
	workers workers
	turns   chan struct{} // holds one for each read of the log by somebody behind a window
	runs    atomic.Int64  // executions of streams' operations

	mu    sync.Mutex // guards byKey, the blocks of all feeds, and left of readers
	byKey map[feedKey]*feed
}

// A feedKey says what a feed shows.
type feedKey struct {
	log       string
	operation [sha256.Size]byte
}

func (x *feeds) init(t *Transports) {
	x.t = t
	x.workers.t = t
	x.turns = make(chan struct{}, t.options.CatchUpParallel)
	x.byKey = map[feedKey]*feed{}
}

// join adds the readers of a subscription to the feeds of their logs, which are made where they are the first. From
// here on each bell concerns them. The answer is false, and nobody has joined, if that would be too many feeds.
func (x *feeds) join(sub *subscription, p program) bool {
	logs, operation := sub.stream.Logs, operationKey(p.op)
	keys, found := make([]feedKey, len(logs)), make([]*feed, len(logs))
	x.mu.Lock()
	defer x.mu.Unlock()
	missing := 0
	for i, log := range logs {
		keys[i] = feedKey{log.Key, operation}
		if found[i] = x.byKey[keys[i]]; found[i] == nil {
			missing++
		}
	}
	var bytes int64
	if missing > 0 {
		bytes = operationBytes(p.op)
	}
	if !x.t.quotas.mayJoin(sub.quota, found, bytes) {
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
		x.t.quotas.joined(f, sub.quota, f.first())
		logs[i] = Log{Key: f.key.log} // a stream lives long; the rest is the reader's and the feed's
	}
	return true
}

// open makes a feed. Its window begins at the head of the log: whoever is behind reads the log alone.
func (x *feeds) open(key feedKey, log Log, p program) *feed {
	f := &feed{program: p, key: key, turn: make(chan struct{}, 1)}
	f.op.Headers = nil
	f.ctx = graphql.StartOperationTrace(context.Background())
	f.window.Store(&window{start: log.Head})
	f.blocks.Store(new([]*block))
	f.due.Store(true)
	f.tail = log.Follow(f.wake)
	x.byKey[key] = f
	return f
}

// leave takes a reader out, and the last one's feed with it. Once more does nothing, and answers false.
func (x *feeds) leave(r *reader) bool {
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
	x.t.quotas.parted(r.feed, r.sub.quota, r.feed.first())
	x.mu.Unlock()
	if over != nil {
		over.abandon()
	}
	return true
}
