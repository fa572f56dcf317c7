package stream

import (
	"slices"
	"time"
)

// A Signal is told now, to whoever is current, or not at all. It has no place in the log: no position depends on it, and
// whoever is behind is never given it.
type Signal struct {
	Object any       // what the subscription's resolver hands out
	Slot   any       // comparable; of two that wait in one the newer is told
	Head   int64     // where the log ended when it was so: whoever has read less or more is not given it
	Until  time.Time // nobody is given it any more from then on
	Only   string    // the user whose readers alone are given it; empty: it is for all
	Except string    // the user whose readers are not given it
}

// A Hearing is a Tail whose log has signals.
type Hearing interface {
	Tail
	// Hear has tell called for signals of the log, several at once, until Leave. tell executes the feed's operation, and
	// whoever calls it waits for that. Call it once.
	Hear(tell func([]Signal))
}

// Signals are some that wait for the readers of a block, encoded once for all readers of the feed.
type Signals struct{ waiting []encoded }

type encoded struct {
	Signal // without its object
	body   []byte
}

// What waits for the readers of a block at most; older ones are dropped.
const (
	maxSignals     = 256
	maxSignalBytes = MaxEvent
)

// hear executes signals, in the goroutine of whoever tells them, as the workers have events to serve, and leaves them to
// the blocks.
func (f *feed) hear(signals []Signal) {
	signals = slices.DeleteFunc(slices.Clone(signals), func(s Signal) bool {
		return !f.feeds.quotas.HasReader(&f.Feed, s.Only, s.Except)
	})
	if len(signals) == 0 {
		return
	}
	events := make([]Event, len(signals))
	for i, s := range signals {
		events[i].Object = s.Object
	}
	entries, ended := f.execute(events)
	if ended != nil { // it was logged; events end the feed for that, signals do not
		return
	}
	heard, last := make([]encoded, len(entries)), f.Window().Last().Place
	for i, e := range entries {
		heard[i] = encoded{signals[i], e.Body}
		heard[i].Object = nil
		if signals[i].Head > last { // the notification is still to come, or was lost
			f.due.Store(true)
		}
	}
	for _, b := range *f.blocks.Load() {
		b.hear(heard)
	}
	f.serve()
}

// hear lets signals wait until the block is served.
func (b *block) hear(more []encoded) {
	for {
		old, now := b.signals.Load(), &Signals{}
		if old != nil {
			now.waiting = slices.DeleteFunc(slices.Clone(old.waiting), func(s encoded) bool {
				return slices.ContainsFunc(more, func(newer encoded) bool { return newer.Slot == s.Slot })
			})
		}
		now.waiting = newest(append(now.waiting, more...))
		if b.signals.CompareAndSwap(old, now) {
			return
		}
	}
}

// newest are the last of some, as many as may wait.
func newest(some []encoded) []encoded {
	bytes, first := 0, max(0, len(some)-maxSignals)
	for i := len(some) - 1; i >= first; i-- {
		if bytes += len(some[i].body); bytes > maxSignalBytes {
			return slices.Clone(some[i+1:])
		}
	}
	return some[first:]
}

// tell gives readers the signals that wait, behind all events. When there is an event, those who come after it go without.
func (b *block) tell() {
	if b.signals.Load() == nil || b.feed.due.Load() { // then the block is on the list again
		return
	}
	signals := b.signals.Swap(nil)
	for _, r := range *b.readers.Load() {
		if b.feed.due.Load() {
			r.MissSignals(signals)
		} else {
			r.sub.out.Signal(r, signals)
		}
	}
}

// TakeSignals appends the signals that the reader is given: it is current, and so are they. Whoever holds the outlet calls it while
// nothing else waits to be written; a reader is told of the same signals once.
func (r *Reader) TakeSignals(b []byte, signals *Signals) []byte {
	w, now, user := r.feed.Window(), time.Now(), r.sub.person.User
	current := !r.over && r.sub.behind == 0 && r.at == w.Last() && w.Ended == nil && !w.Over && w.IsQuiet(r.at.Place)
	for _, s := range signals.waiting {
		switch {
		case !s.isFor(user):
		case current && s.Head == r.at.Place && now.Before(s.Until) && len(b) < WriteBytes:
			b = r.sub.out.Append(b, "", s.body)
			r.sub.feeds.meters.told.Add(1)
		default:
			r.sub.feeds.meters.missed.Add(1)
		}
	}
	return b
}

// MissSignals counts signals that a reader is not given, because its client has not taken what came before.
func (r *Reader) MissSignals(signals *Signals) {
	for _, s := range signals.waiting {
		if s.isFor(r.sub.person.User) {
			r.sub.feeds.meters.missed.Add(1)
		}
	}
}

func (s Signal) isFor(user string) bool {
	return (s.Only == "" || s.Only == user) && (s.Except == "" || s.Except != user)
}
