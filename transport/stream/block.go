package stream

import (
	"slices"
	"sync/atomic"

	"parley/transport/stream/fair"
)

// A block is some readers of a feed, served by one worker in one go. The workers belong to the node and not to feeds:
// quiet rooms cost nothing. A feed that several people read stands in line for itself, and its time is divided by their
// number; those that one person alone reads stand in that person's queue. So a feed that many read is not slowed down by
// operations that somebody has executed for himself.
type block struct {
	feed    *feed
	readers atomic.Pointer[[]*Reader] // what it has is never changed; replaced under the lock of Feeds
	signals atomic.Pointer[Signals]   // that wait; nil: there are none
	task    fair.Task
	from    int   // the reader that is served next; of whoever serves the block
	timed   int64 // the place up to which the lag has been noted; likewise
}

func newBlock(f *feed) *block {
	b := &block{feed: f, timed: max(f.Window().Last().Place, f.opened)}
	b.readers.Store(new([]*Reader))
	b.task = fair.Task{Serve: b.serve, Queue: f.Queue, Shares: f.People}
	return b
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
	readers := append(*r.block.readers.Load(), r) // older lists share the array, and see less of it
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
