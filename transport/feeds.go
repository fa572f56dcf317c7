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
	held    atomic.Int64  // bytes of all windows
	runs    atomic.Int64  // executions of streams' operations

	mu    sync.Mutex // guards byKey, the blocks of all feeds, and left of readers
	byKey map[feedKey]*feed
}

// A feedKey says what a feed shows, and to whom.
type feedKey struct {
	log, viewer string
	operation   [sha256.Size]byte
}

func (x *feeds) init(t *Transports) {
	x.t = t
	x.workers.t = t
	x.turns = make(chan struct{}, t.options.CatchUpParallel)
	x.byKey = map[feedKey]*feed{}
}

// mayKeep is how many bytes a window may have now.
func (x *feeds) mayKeep() int {
	if x.held.Load() > x.t.options.WindowTotal {
		return crowdedBytes
	}
	return windowBytes
}

// join adds a reader to the feed of its log, which is made for the first one. From here on each bell
// concerns the reader.
func (x *feeds) join(r *reader, log Log, s *Stream, p program) {
	key := feedKey{log.Key, s.Viewer, operationKey(p.op)}
	x.mu.Lock()
	defer x.mu.Unlock()
	f := x.byKey[key]
	if f == nil {
		f = x.open(key, log, s, p)
	}
	r.feed = f
	f.join(r)
}

// open makes a feed. Its window begins at the head of the log: whoever is behind reads the log alone.
func (x *feeds) open(key feedKey, log Log, s *Stream, p program) *feed {
	f := &feed{program: p, key: key, turn: make(chan struct{}, 1)}
	f.op.Headers = nil
	f.ctx = graphql.StartOperationTrace(context.Background())
	if s.Viewer != "" {
		f.ctx = s.As(f.ctx)
	}
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
	x.mu.Unlock()
	if over != nil {
		over.close()
	}
	return true
}
