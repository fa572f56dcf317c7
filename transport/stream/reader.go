package stream

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/stream/fair"
	"parley/transport/stream/window"
)

var (
	errFault = errors.New("a fault while a stream was executed")
	errLeft  = errors.New("everybody has left")
	errMany  = errors.New("too many feeds for one person")
)

// ErrUnreadable ends no stream: the log cannot be read, so the client is sent away and comes back.
var ErrUnreadable = errors.New("the log cannot be read")

// A Reader is where one stream of one client stands in one log.
type Reader struct {
	// What each event needs comes first, in one line of the processor's cache, as in Subscription.
	sub  *Subscription
	feed *feed // nil: it is that of the set, see there

	// Guarded by the outlet, which serves nobody whose History is being read.
	at      Position // of the last event that was handed to the client's connection
	judged  int64    // up to this place no revocation counts: the user was allowed to read when the log ended there
	arrived bool     // all up to head has been delivered
	over    bool     // the log has ended, or the user may not read it any more

	left   atomic.Bool // changed under the lock of Feeds
	served atomic.Bool // the window has been read on for it, and it may take what is there
	block  *block
	head   Position // where the log ended when the stream was opened; guarded by the outlet
}

// WriteBytes are how many a client is given in one write, unless an event is larger.
const WriteBytes = 64 << 10

// A Page is what follows a reader's position.
type Page struct {
	entries []window.Entry
	where   window.Relation
	set     *membership
	over    error // what ends the log for the reader behind the entries; nil: it goes on
	ended   error // what ends the whole stream
	fromLog bool
	judged  int64 // the user may read up to this place, see Reader

	mustJudge bool // before anything is taken, see Stream.Judge

	changed func(subject any) bool // since the log was read for it, see Tail.Changes; nil: the page is not of the log
}

// IsBehind tells whether the window does not know what the reader may be given: it reads its History.
func (p Page) IsBehind() bool { return p.where == window.Behind }

// A Step is what a reader has taken of a page.
type Step struct {
	Bytes  []byte // to be written
	Events int    // that are in them
	More   bool   // the reader is to look again
	End    error  // why the whole stream ends behind these bytes, see Tell; nil: it goes on
}

// At is the position of the last event that was taken.
func (r *Reader) At() Position { return r.at }

// IsOver tells whether the reader's log has ended for it.
func (r *Reader) IsOver() bool { return r.over }

// Wake has the reader served, behind what is being read on.
func (r *Reader) Wake() {
	if !r.waits() {
		r.sub.feeds.meters.live.Add(uint64(r.sub.out.Serve(r)))
	}
}

// waits says whether the window is to be read on first: what a change has made old is not handed out. The reader
// is served after that.
func (r *Reader) waits() bool {
	stale := r.feed != nil && r.feed.stale()
	if stale {
		r.sub.feeds.workers.Add(&r.block.task)
	}
	return stale
}

// Serve notes that the reader has been served, for an outlet that takes what there is in a goroutine of its own.
func (r *Reader) Serve() { r.served.Store(true) }

// MustWait tells such an outlet that the reader is to be served before it takes anything of the window.
func (r *Reader) MustWait() bool {
	return !r.Window().IsBehind() && !r.served.Swap(false) && r.waits()
}

// Window is what the window has for a reader. Whoever holds the outlet calls it.
func (r *Reader) Window() Page {
	if r.over {
		return Page{}
	}
	if r.feed == nil {
		return r.sub.set.window()
	}
	w := r.feed.Window()
	entries, where := w.After(r.at)
	if where == window.Inside && w.IsShort() && r.judged < w.Horizon {
		entries = nil // it is read on to there
	}
	p := Page{entries: entries, where: where}
	if where == window.Inside && len(entries) == 0 || where == window.Ahead && errors.Is(w.Ended, ErrUnreadable) {
		p.ended = w.Ended
	}
	if w.IsQuiet(r.at.Place) && !w.Over { // as nearly always, and of thousands of readers in a row
		return p
	}
	return r.restrict(p, w)
}

// History is what the log has behind the reader's position. It waits for others who are behind, and until the log
// can be read and has something, or ctx ends. The outlet need not be held.
func (r *Reader) History(ctx context.Context) Page {
	p, err := r.history(ctx)
	p.ended, p.fromLog = err, true
	return p
}

// Take appends what follows the reader's position to b, as much as fits into one write, and moves the position. Whoever
// holds the outlet calls it.
func (r *Reader) Take(b []byte, p Page) Step {
	if p.set != nil {
		p.ended = r.sub.set.take(p.set)
	}
	r.judged = max(r.judged, p.judged)
	if r.feed != nil && p.fromLog && p.over == nil && p.ended == nil { // what the window has come to know while the log was read
		p = r.restrict(p, r.feed.Window()).unchanged()
	}
	b, shown := r.take(b, &p)
	more := len(p.entries) > 0 || p.where == window.Behind || p.judged > 0
	return Step{Bytes: b, Events: shown, More: more && !r.over, End: r.end(&p)}
}

// unchanged is the page up to the first event that shows what has been changed since the log was read.
func (p Page) unchanged() Page {
	if p.changed == nil {
		return p
	}
	i := slices.IndexFunc(p.entries, func(e window.Entry) bool { return p.changed(e.Subject) || p.changed(e.Shows) })
	if i >= 0 {
		p.entries = p.entries[:i]
	}
	if i == 0 {
		p.where = window.Behind
	}
	return p
}

// Delivered counts events of a page that the outlet has handed out, but for those that Outlet.Serve returns.
func (r *Reader) Delivered(p Page, events int) {
	counter := &r.sub.feeds.meters.live
	if p.fromLog {
		counter = &r.sub.feeds.meters.caughtUp
	}
	counter.Add(uint64(events))
}

// take returns how many of the page's entries it has shown.
func (r *Reader) take(b []byte, p *Page) (_ []byte, shown int) {
	for i := range p.entries {
		e := &p.entries[i] // not copied: there may be many for each of many readers
		r.at = e.At
		if e.Body != nil {
			b = r.sub.append(b, e.Body)
			shown++
		}
		if len(b) >= WriteBytes {
			break
		}
	}
	if p.over != nil { // there was one entry
		r.over = true
		r.sub.going--
		if r.sub.set != nil {
			r.sub.set.wake()
		}
	}
	return r.arrive(b), shown
}

// arrive notes that everything older has been delivered, and with the last log tells the client.
func (r *Reader) arrive(b []byte) []byte {
	sub := r.sub
	if r.arrived || !r.over && r.at.Place < r.head.Place {
		return b
	}
	r.arrived = true
	if sub.behind--; sub.behind > 0 || sub.going == 0 || sub.stream.CaughtUp == nil {
		return b
	}
	entries, err := sub.prepared.execute([]Event{{Object: sub.stream.CaughtUp(sub.reached())}}) // it is about nothing that is read
	if err != nil {
		sub.fault = errFault
		return b
	}
	return sub.append(b, entries[0].Body)
}

// end is why the whole stream ends, after what happened to a reader; nil: it goes on.
func (r *Reader) end(p *Page) error {
	switch {
	case p.ended != nil:
		return p.ended
	case r.sub.fault != nil:
		return r.sub.fault
	case r.sub.going == 0:
		return p.over
	}
	return nil
}

// Tell is what the client is told of Step.End, unless that is ErrUnreadable.
func (r *Reader) Tell(ctx context.Context, why error) gqlerror.List {
	if errors.Is(why, errFault) {
		return r.sub.feeds.options.Fault(ctx)
	}
	return gqlerror.List{r.sub.stream.Tell(why)}
}

// read reads what the window does not know, once.
func (r *Reader) read(ctx context.Context) (Page, error) {
	switch {
	case r.left.Load():
		return Page{}, errLeft
	case r.feed == nil:
		return r.sub.set.read(ctx)
	}
	return r.feed.history(ctx, r)
}

// history reads what the window does not know, again and again while that fails for reasons that pass.
func (r *Reader) history(ctx context.Context) (Page, error) {
	begun := time.Now()
	for wait := firstRetry; ; wait = min(2*wait, longestRetry) {
		var p Page
		err := r.sub.feeds.turns.Take(ctx, r.sub.person.Owner, func() (err error) {
			p, err = r.read(ctx)
			return err
		})
		var end *EndError
		if len(p.entries) > 0 || p.judged > 0 || p.set != nil || errors.As(err, &end) {
			return p, err
		}
		if err == nil { // a set has always something
			if ended := r.feed.Window().Ended; ended != nil {
				return p, ended // the log ends before a place that the window had: so it saw the other history end
			}
			begun = time.Now()
		} else if time.Since(begun) >= longestOutage {
			return p, ErrUnreadable
		}
		if err := fair.Pause(ctx, wait); err != nil {
			return p, err
		}
		if r.left.Load() {
			return p, errLeft
		}
	}
}
