package stream

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"parley/transport/safe"
	"parley/transport/stream/quota"
	"parley/transport/stream/window"
)

// What the window of a feed keeps, besides the number of events that Options says.
const windowBytes = 256 << 10

// MaxEvent is how many bytes an event of a stream may have: as many as the window of a feed keeps.
const MaxEvent = windowBytes

// A feed is all readers of one log that run the same operation. Each event is executed once for all of
// them and encoded once; a reader adds its own prefix. It has no goroutine: a notification has its blocks
// served (block.go says which), and the first one there reads on.
type feed struct {
	*prepared
	key    feedKey
	tail   Tail
	opened int64 // where the log ended then

	quota.Feed // its window, and what it costs whom

	due    atomic.Bool              // notified since the log was last read to its end
	blocks atomic.Pointer[[]*block] // changed under the lock of feeds

	sem     chan struct{} // a semaphore of one: whoever reads on
	retry   time.Duration // guarded by sem
	failing time.Time     // when the first of the tries began that have all failed; guarded by sem
}

// Waits between tries while a log cannot be read.
const firstRetry, longestRetry = 100 * time.Millisecond, 2 * time.Second

// longestOutage is how long a log may be unreadable before its readers are sent away: another node may reach it.
const longestOutage = 15 * time.Second

// wake is called for each notification of the log. It never blocks.
func (f *feed) wake() {
	f.due.Store(true)
	f.serve()
}

// serve has all readers look at the window.
func (f *feed) serve() {
	for _, b := range *f.blocks.Load() {
		f.feeds.workers.Add(&b.task)
	}
}

// mayMove is how far the window may move before the readers have been served: all they do not have
// is in it still.
func (f *feed) mayMove() int { return max(1, f.feeds.options.WindowEvents/2) }

// stale says whether the window is to be read on, or somebody is at it. In this order: who reads on holds the
// semaphore before it takes the mark away.
func (f *feed) stale() bool { return f.due.Load() || len(f.sem) > 0 }

// fresh reads on after a notification, or waits for whoever does, and returns how far it has read itself.
func (f *feed) fresh() int {
	if !f.stale() {
		return 0
	}
	return f.advance(f.mayMove())
}

// advance reads on until nothing follows, or the window has moved so far: then the readers are served, and
// after them comes the rest. Whoever comes meanwhile waits, since it wants the same events.
func (f *feed) advance(most int) (n int) {
	f.sem <- struct{}{}
	defer func() { <-f.sem }()
	for f.due.Swap(false) { // before reading, so that a notification meanwhile is seen afterwards
		for more := true; more; {
			k := f.readOn()
			if n += k; n >= most {
				f.wake()
				return n
			}
			more = k > 0
		}
	}
	return n
}

// readOn moves the window by a page, and returns how far: in events, where large ones count as several.
func (f *feed) readOn() int {
	w := f.Window()
	if w.Ended != nil || w.Over {
		return 0
	}
	if f.retry == 0 {
		f.failing = time.Now()
	}
	ctx, cancel := context.WithDeadline(f.ctx, f.failing.Add(longestOutage))
	entries, err := f.next(ctx, w.Last())
	cancel()
	var end *EndError
	switch {
	case errors.As(err, &end):
		f.close(end.Err)
		return 0
	case err != nil: // what the window holds may have changed since, and nobody knows
		f.feeds.quotas.Change(&f.Feed, (*window.Window).Emptied)
		f.feeds.meters.droppedWindows.Add(1)
		if time.Since(f.failing) >= longestOutage {
			f.close(ErrUnreadable)
			return 0
		}
		f.retry = min(max(firstRetry, 2*f.retry), longestRetry)
		time.AfterFunc(f.retry, f.wake)
		return 0
	}
	if f.retry = 0; len(entries) == 0 {
		return 0
	}
	f.feeds.quotas.Change(&f.Feed, func(w *window.Window) *window.Window {
		return w.Grow(entries, f.feeds.options.WindowEvents, windowBytes)
	})
	return max(len(entries), window.Size(entries)*f.feeds.options.WindowEvents/windowBytes)
}

// next reads and executes what follows a position. Errors are as with Tail.Next.
func (f *feed) next(ctx context.Context, at Position) ([]window.Entry, error) {
	events, err := f.tail.Next(ctx, at)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	return f.execute(events)
}

// serve has each reader of the block take what is new. The window moves meanwhile after a notification, because what
// a change has made old is not handed out; but not beyond what the last readers still need: they come first next time.
func (b *block) serve() {
	readers, may := *b.readers.Load(), b.feed.mayMove()
	behind := b.feed.fresh() >= may // there is more than one pass can take
	w, events := b.feed.Window(), 0
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
	b.tell()
}

// delivered notes the lag of a pass that has given all readers of the block what a window has. Whoever serves the
// block calls it.
func (b *block) delivered(w *window.Window) {
	for _, e := range w.Since(b.timed) {
		if e.Body != nil && e.Millis > 0 {
			b.feed.feeds.meters.lag.Observe(int64(max(0, time.Since(time.UnixMilli(e.Millis)))))
			break
		}
	}
	b.timed = w.Last().Place
}

// close has the window end for this reason.
func (f *feed) close(why error) {
	f.feeds.quotas.Change(&f.Feed, func(w *window.Window) *window.Window { return w.Closed(why) })
}

// abandon lets go of a feed without readers. It does not wait for whoever is reading on.
func (f *feed) abandon() {
	f.tail.Leave()
	forget := func() {
		f.feeds.quotas.Change(&f.Feed, func(*window.Window) *window.Window { return window.New(Position{}).Closed(errLeft) })
		<-f.sem
	}
	select {
	case f.sem <- struct{}{}:
		forget()
	default:
		go safe.Run(f.ctx, f.feeds.options.Logger, func() { f.sem <- struct{}{}; forget() }, nil)
	}
}

// history is what a reader may be given that the window does not know.
func (f *feed) history(ctx context.Context, r *Reader) (Page, error) {
	if r.restrict(Page{}, f.Window()).mustJudge {
		return f.verdict(ctx, r)
	}
	changed := f.tail.Changes()
	entries, err := f.next(ctx, r.at)
	if err != nil || len(entries) == 0 {
		return Page{}, err
	}
	p := r.restrict(Page{entries: entries, changed: changed}, window.Of(r.at, entries))
	if p.mustJudge {
		return f.verdict(ctx, r)
	}
	return p, nil
}

// first is whose the feed's first reader is; nil: there is none.
func (f *feed) first() *quota.Person {
	for _, b := range *f.blocks.Load() {
		return (*b.readers.Load())[0].sub.person
	}
	return nil
}
