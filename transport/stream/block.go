package stream

import (
	"slices"
	"sync/atomic"
	"time"

	"parley/transport/stream/fair"
	"parley/transport/stream/window"
)

// A block is some readers of a feed, served by one worker in one go. The workers belong to the node and not to feeds:
// quiet rooms cost nothing. A feed that several people read stands in line for itself, and its time is divided by their
// number; those that one person alone reads stand in that person's queue. So a feed that many read is not slowed down by
// operations that somebody has executed for himself.
type block struct {
	feed    *feed
	readers atomic.Pointer[[]*Reader] // never changed, only replaced; under the lock of Feeds
	task    fair.Task
	from    int   // the reader that is served next; of whoever serves the block
	timed   int64 // the place up to which the lag has been noted; likewise
}

func newBlock(f *feed) *block {
	b := &block{feed: f, timed: max(f.window.Load().Last().Place, f.opened)}
	b.readers.Store(new([]*Reader))
	b.task = fair.Task{Serve: b.serve, Queue: f.queue, Shares: f.people.Load}
	return b
}

// queue is the owner's, or the feed's own.
func (f *feed) queue() *fair.Queue {
	if owner := f.owner.Load(); owner != nil {
		return &owner.queue
	}
	return &f.own
}

// join and leave are called under the lock of feeds.

func (f *feed) join(r *Reader) {
	blocks := *f.blocks.Load()
	i := slices.IndexFunc(blocks, func(b *block) bool { return len(*b.readers.Load()) < f.feeds.options.Block })
	if i < 0 {
		b := newBlock(f)
		blocks, i = append(slices.Clip(blocks), b), len(blocks)
		f.blocks.Store(&blocks)
	}
	r.block = blocks[i]
	readers := append(slices.Clip(*r.block.readers.Load()), r)
	r.block.readers.Store(&readers)
}

func (f *feed) leave(r *Reader) (empty bool) {
	readers := slices.Clone(*r.block.readers.Load())
	i := slices.Index(readers, r)
	readers = slices.Delete(readers, i, i+1)
	r.block.readers.Store(&readers)
	if len(readers) > 0 {
		return false
	}
	blocks := slices.DeleteFunc(slices.Clone(*f.blocks.Load()), func(b *block) bool { return b == r.block })
	f.blocks.Store(&blocks)
	return len(blocks) == 0
}

// serve has each reader of the block take what is new. The window moves meanwhile after a notification, because what
// a change has made old is not handed out; but not beyond what the last readers still need: they come first next time.
func (b *block) serve() {
	readers, may := *b.readers.Load(), b.feed.mayMove()
	behind := b.feed.fresh() >= may // there is more than one pass can take
	w, events := b.feed.window.Load(), 0
	defer func() { b.feed.feeds.meters.live.Add(uint64(events)) }()
	for range readers {
		if !behind && b.feed.due.Load() {
			if may -= b.feed.advance(may); may <= 0 {
				return // advance has put the block on the list again
			}
		}
		b.from = (b.from + 1) % len(readers)
		r := readers[b.from]
		events += r.sub.out.Serve(r)
	}
	b.delivered(w)
}

// delivered notes the lag of a pass that has given all readers of the block what a window has. Whoever serves the
// block calls it.
func (b *block) delivered(w *window.Window) {
	for _, e := range w.Behind(b.timed) {
		if e.Body != nil && e.Millis > 0 {
			b.feed.feeds.meters.lag.Observe(int64(max(0, time.Since(time.UnixMilli(e.Millis)))))
			break
		}
	}
	b.timed = w.Last().Place
}
