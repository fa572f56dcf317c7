package transport

import (
	"context"
	"runtime"
	"sync"
)

// workers serve blocks: as many goroutines as there are processors while there is something to do, and
// none while there is not. They belong to the node and not to feeds: quiet rooms cost nothing.
type workers struct {
	t *Transports

	mu      sync.Mutex // guards all below
	list    []*block   // in the order in which they became due
	running int
}

type blockState uint8

const (
	resting blockState = iota
	listed
	served
	servedAndDue // once more
)

// add puts a block on the list. It never blocks for long: the bell calls it.
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
	b.state = listed
	x.list = append(x.list, b)
	if x.running < runtime.GOMAXPROCS(0) {
		x.running++
		go x.t.run(context.Background(), x.work, nil)
	}
}

func (x *workers) work() {
	for {
		b := x.take()
		if b == nil {
			return
		}
		x.t.run(context.Background(), b.serve, nil)
		x.done(b)
	}
}

func (x *workers) take() *block {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.list) == 0 {
		x.running--
		x.list = nil
		return nil
	}
	b := x.list[0]
	x.list = x.list[1:]
	b.state = served
	return b
}

// done puts a block that became due meanwhile behind all others.
func (x *workers) done(b *block) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if b.state == servedAndDue {
		b.state = listed
		x.list = append(x.list, b)
		return
	}
	b.state = resting
}

// serve has each reader of the block take what is new. The window moves meanwhile if the bell rings, because what
// a change has made old is not handed out; but not beyond what the last readers still need: they come first next time.
func (b *block) serve() {
	readers, may := *b.readers.Load(), b.feed.mayMove()
	behind := b.feed.fresh() >= may // there is more than one pass can take
	w, events := b.feed.window.Load(), 0
	defer func() { b.feed.t.meters.live.Add(uint64(events)) }()
	for range readers {
		if !behind && b.feed.due.Load() {
			if may -= b.feed.advance(may); may <= 0 {
				return // advance has put the block on the list again
			}
		}
		b.from = (b.from + 1) % len(readers)
		r := readers[b.from]
		events += r.sub.out.serve(r)
	}
	b.delivered(w)
}
