package stream

import (
	"container/heap"
	"context"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"parley/transport/safe"
)

// workers serve blocks: as many goroutines as there are processors while there is something to do, and
// none while there is not. They belong to the node and not to feeds: quiet rooms cost nothing.
//
// Whoever has cost least comes first (virtual time, as in Demers, Keshav and Shenker, Analysis and simulation of
// a fair queueing algorithm, 1989). A feed that several people read stands for itself, and its time is divided by their
// number; those that one person alone reads stand in that person's queue. So a feed that many read is not slowed down
// by operations that somebody has executed for himself.
type workers struct {
	logger *slog.Logger

	mu      sync.Mutex // guards all below, and all queues
	waiting queues
	spent   time.Duration // of the queue that was taken from last
	running int
	served  time.Time // when a block was served last
}

// The workers are busy as long as they have served a block so short a time ago.
const busy = 100 * time.Millisecond

func (x *workers) areBusy(now time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return now.Sub(x.served) < busy
}

// A queue is the blocks that are due of a feed, or of all that one person alone reads, in the order in which they
// became so.
type queue struct {
	blocks []*block
	spent  time.Duration
	index  int // in waiting
}

// queues are a heap, those that have spent least in front.
type queues []*queue

func (x queues) Len() int           { return len(x) }
func (x queues) Less(i, j int) bool { return x[i].spent < x[j].spent }
func (x queues) Swap(i, j int) {
	x[i], x[j] = x[j], x[i]
	x[i].index, x[j].index = i, j
}

// Push and Pop are heap's.
func (x *queues) Push(v any) {
	q := v.(*queue)
	q.index = len(*x)
	*x = append(*x, q)
}

// Pop takes off the last.
func (x *queues) Pop() any {
	old := *x
	q := old[len(old)-1]
	old[len(old)-1] = nil
	*x = old[:len(old)-1]
	return q
}

type blockState uint8

const (
	resting blockState = iota
	listed
	served
	servedAndDue // once more
)

// add puts a block on the list. It never blocks for long: notifications call it.
func (x *workers) add(b *block) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch b.state {
	case listed, servedAndDue:
		return
	case served:
		b.state = servedAndDue
		return
	}
	x.list(b)
	if x.running < runtime.GOMAXPROCS(0) {
		x.running++
		go safe.Run(context.Background(), x.logger, x.work, nil)
	}
}

// list puts a block behind the others of its queue. Time that a queue did not use is not saved up.
func (x *workers) list(b *block) {
	b.state = listed
	q := &b.feed.own
	if owner := b.feed.owner.Load(); owner != nil {
		q = &owner.queue
	}
	q.blocks = append(q.blocks, b)
	if len(q.blocks) == 1 {
		q.spent = max(q.spent, x.spent)
		heap.Push(&x.waiting, q)
	}
}

func (x *workers) work() {
	for {
		b, q := x.take()
		if b == nil {
			return
		}
		begun := time.Now()
		safe.Run(context.Background(), x.logger, b.serve, nil)
		x.done(b, q, time.Since(begun))
	}
}

func (x *workers) take() (*block, *queue) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.waiting) == 0 {
		x.running--
		x.waiting = nil
		return nil, nil
	}
	q := x.waiting[0]
	x.spent = q.spent
	b := q.blocks[0]
	q.blocks[0] = nil
	if q.blocks = q.blocks[1:]; len(q.blocks) == 0 {
		q.blocks = nil
		heap.Pop(&x.waiting)
	}
	b.state = served
	return b, q
}

// done puts a block that became due meanwhile behind all others of its queue.
func (x *workers) done(b *block, q *queue, took time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.served = time.Now()
	q.spent += took / time.Duration(max(1, b.feed.people.Load()))
	if len(q.blocks) > 0 {
		heap.Fix(&x.waiting, q.index)
	}
	if b.state == servedAndDue {
		x.list(b)
		return
	}
	b.state = resting
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
