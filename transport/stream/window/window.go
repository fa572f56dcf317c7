// Package window keeps the newest results of a log as values that are never changed, only replaced.
package window

import (
	"slices"
	"sort"
	"unsafe"
)

// A Position is a place in a log and the tag of the event there. Places ascend, and two histories of one
// place have different tags. The zero Position lies before the first event.
type Position struct{ Place, Tag int64 }

// A Revocation ends reading: whoever it is about and has not been given what lies before it, is not given that any more.
type Revocation struct {
	Of  string // the user it is about; empty: everybody, and the log ends with the event
	Why error  // what the client is told, if no log of the stream is left
}

// IsOfAll tells whether the log ends here.
func (v *Revocation) IsOfAll() bool { return v != nil && v.Of == "" }

// An Entry is an event that has been executed.
type Entry struct {
	At      Position
	Body    []byte // the result as JSON; nil: nothing to show
	Subject any    // what it is about, comparable; nil: nothing that changes
	Shows   any    // what else it may show, like Subject
	Millis  int64  // when it happened, in Unix time; 0: not known
	Changes bool   // what older entries show of this subject is old now; without one, all that they show
	Revokes *Revocation
	Revoked int64 // the place of the newest revocation in the log when this was read; 0: there was none
}

// horizon is the place of the newest revocation that an entry tells of.
func (e Entry) horizon() int64 {
	if e.Revokes != nil {
		return max(e.Revoked, e.At.Place)
	}
	return e.Revoked
}

// A Window is the newest entries of a feed, or none. It is never changed, only replaced: readers look at it
// without a lock. It is a cache of the log and not the truth; whoever is behind it reads the log.
type Window struct {
	Entries []Entry // the array behind is shared with older windows, which see less of it
	Blind   int64   // up to this place it does not know of all who have been revoked
	Horizon int64   // the place of the newest revocation that the log is known to have, in the window or beyond
	Over    bool    // the log ends with the window
	Ended   error   // why nothing will follow; nil: something may

	start   Position // what the first entry follows
	bytes   int      // size of the entries
	dropped int      // size of those in front of them that the array holds still
}

// New returns a window without entries that begins behind a position.
func New(start Position) *Window { return &Window{start: start, Blind: start.Place} }

// EntryBytes are those of an entry without its body, but with what subject and shows hold.
const EntryBytes = int(unsafe.Sizeof(Entry{})) + 2*16

// Of returns a window of all entries that one read has found behind a position, at least one. A revocation beyond them may
// be about anybody.
func Of(at Position, entries []Entry) *Window {
	w := &Window{Entries: entries}
	if skips(at, entries[0]) {
		w.Blind = entries[0].At.Place - 1
	}
	for _, e := range entries {
		w.Horizon = max(w.Horizon, e.horizon())
	}
	if w.IsShort() {
		w.Blind = w.Horizon
	}
	return w
}

// skips tells whether an entry that is read behind a position is the only one that a log has that has ended: what was
// before it is gone, and with it who was revoked there.
func skips(at Position, e Entry) bool { return e.Revokes.IsOfAll() && e.At.Place > at.Place+1 }

// IsShort tells whether what the window holds was read after a revocation that lies beyond it.
func (w *Window) IsShort() bool { return w.Horizon > w.Last().Place }

// Last is the position of the newest entry, or where the window begins.
func (w *Window) Last() Position {
	if n := len(w.Entries); n > 0 {
		return w.Entries[n-1].At
	}
	return w.start
}

// Retained is how many bytes the window holds in memory, with all that the array behind it cannot give back.
func (w *Window) Retained() int64 {
	return int64(w.bytes + w.dropped + (cap(w.Entries)-len(w.Entries))*EntryBytes)
}

// A Relation is how a position lies to a window.
type Relation int

// The relations of positions.
const (
	Inside Relation = iota
	Ahead           // after its end, which has not been read yet
	Behind          // before its start, or at an event that is another one here: the log knows more
)

// After returns what follows a position.
func (w *Window) After(at Position) ([]Entry, Relation) {
	if at.Place < w.start.Place {
		return nil, Behind
	}
	i := len(w.Entries) - len(w.Since(at.Place))
	stands := w.start
	if i > 0 {
		stands = w.Entries[i-1].At
	}
	switch {
	case stands.Place == at.Place && stands.Tag != at.Tag:
		return nil, Behind
	case stands.Place < at.Place && i == len(w.Entries):
		return nil, Ahead
	}
	return w.Entries[i:], Inside
}

// IsQuiet tells whether the window knows of no revocation behind a place, and of all that may have been.
func (w *Window) IsQuiet(place int64) bool { return place >= w.Horizon && place >= w.Blind }

// Since returns the entries after a place.
func (w *Window) Since(place int64) []Entry {
	i := sort.Search(len(w.Entries), func(i int) bool { return w.Entries[i].At.Place > place })
	return w.Entries[i:]
}

// Revoked finds the newest entries behind a place that revoke everybody, and a user who has been judged up to another place;
// -1: there is none.
func (w *Window) Revoked(user string, behind, judged int64) (all, own int) {
	all = -1
	for i := len(w.Entries) - 1; i >= 0 && w.Entries[i].At.Place > behind; i-- {
		switch v := w.Entries[i].Revokes; {
		case v == nil:
		case v.IsOfAll():
			all = max(all, i)
		case v.Of == user && w.Entries[i].At.Place > judged:
			return all, i
		}
	}
	return all, -1
}

// Grow is the window with more entries behind it and at most so many events, and bytes if there is more than one.
// What an entry changes is not shown as it was: the window begins behind it.
func (w *Window) Grow(more []Entry, events, bytes int) *Window {
	next := *w
	for _, e := range more {
		if e.Changes {
			next.forget(e.Subject)
		}
		if skips(next.Last(), e) {
			next.Blind = e.At.Place - 1
		}
		next.Entries = append(next.Entries, e)
		next.bytes += Size([]Entry{e})
		next.Over = e.Revokes.IsOfAll()
		next.Horizon = max(next.Horizon, e.horizon())
	}
	over := 0
	for left := next.bytes; over < len(next.Entries)-1 && (len(next.Entries)-over > events || left > bytes); over++ {
		left -= Size(next.Entries[over : over+1])
	}
	next.drop(over)
	if next.dropped > next.bytes {
		next.Entries, next.dropped = slices.Clone(next.Entries), 0
	}
	return &next
}

// Size is what entries take.
func Size(entries []Entry) (bytes int) {
	for _, e := range entries {
		bytes += EntryBytes + cap(e.Body)
	}
	return bytes
}

// forget drops all up to the newest entry that shows a subject; nil: all of them do.
func (w *Window) forget(subject any) {
	if subject == nil {
		w.drop(len(w.Entries))
		return
	}
	for i := len(w.Entries) - 1; i >= 0; i-- {
		if w.Entries[i].Subject == subject || w.Entries[i].Shows == subject {
			w.drop(i + 1)
			return
		}
	}
}

// drop takes off the oldest n entries.
func (w *Window) drop(n int) {
	if n == 0 {
		return
	}
	for _, e := range w.Entries[:n] {
		if e.Revokes != nil {
			w.Blind = max(w.Blind, e.At.Place) // what skips says may lie further on
		}
	}
	w.start = w.Entries[n-1].At
	gone := Size(w.Entries[:n])
	w.bytes, w.dropped = w.bytes-gone, w.dropped+gone
	w.Entries = w.Entries[n:]
}

// Emptied is the window without entries: who is behind its end reads the log.
func (w *Window) Emptied() *Window {
	next := *w
	next.drop(len(next.Entries))
	next.Entries, next.dropped = nil, 0
	return &next
}

// Closed is the window behind which nothing follows, for this reason.
func (w *Window) Closed(why error) *Window {
	next := *w
	next.Ended = why
	return &next
}
