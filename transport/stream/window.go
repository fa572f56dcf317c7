package stream

import (
	"slices"
	"sort"
	"unsafe"
)

// An entry is an event that has been executed for a feed.
type entry struct {
	at      Position
	body    []byte // the result as JSON; nil: nothing to show
	subject any
	shows   any
	millis  int64 // of Event.At, in Unix time; 0: not known
	changes bool
	revokes *Revocation
}

// A window is the newest entries of a feed, or none. It is never changed, only replaced: readers look at it
// without a lock. It is a cache of the log and not the truth; whoever is behind it reads the log.
type window struct {
	start   Position // what the first entry follows
	entries []entry  // the array behind is shared with older windows, which see less of it
	bytes   int      // size of entries
	dropped int      // size of the entries in front of them that the array holds still
	blind   int64    // up to this place it does not know of all who have been revoked
	over    bool     // the log ends with the window
	ended   error    // why nothing will follow; nil: something may
}

// What a window keeps, besides the number of events that Options says.
const windowBytes = 256 << 10

// MaxEvent is how many bytes an event of a stream may have: as many as the window of a feed keeps.
const MaxEvent = windowBytes

// entryBytes are those of an entry without its body, but with what subject and shows hold.
const entryBytes = int(unsafe.Sizeof(entry{})) + 2*16

func (w *window) last() Position {
	if n := len(w.entries); n > 0 {
		return w.entries[n-1].at
	}
	return w.start
}

// retained is what the window holds in memory, with all that the array behind it cannot give back.
func (w *window) retained() int64 {
	return int64(w.bytes + w.dropped + (cap(w.entries)-len(w.entries))*entryBytes)
}

// A relation is how a position lies to a window.
type relation int

const (
	inside relation = iota
	ahead           // after its end, which has not been read yet
	behind          // before its start, or at an event that is another one here: the log knows more
)

// after returns what follows a position.
func (w *window) after(at Position) ([]entry, relation) {
	if at.Place < w.start.Place {
		return nil, behind
	}
	i := len(w.entries) - len(w.since(at.Place))
	stands := w.start
	if i > 0 {
		stands = w.entries[i-1].at
	}
	switch {
	case stands.Place == at.Place && stands.Tag != at.Tag:
		return nil, behind
	case stands.Place < at.Place && i == len(w.entries):
		return nil, ahead
	}
	return w.entries[i:], inside
}

// since returns the entries after a place.
func (w *window) since(place int64) []entry {
	i := sort.Search(len(w.entries), func(i int) bool { return w.entries[i].at.Place > place })
	return w.entries[i:]
}

// grow is the window with more entries behind it and at most so many events, and bytes if there is more than one.
// What an entry changes is not shown as it was: the window begins behind it.
func (w *window) grow(more []entry, events, bytes int) *window {
	next := *w
	for _, e := range more {
		if e.changes {
			next.forget(e.subject)
		}
		next.entries = append(next.entries, e)
		next.bytes += size([]entry{e})
		next.over = e.revokes.isOfAll()
	}
	over := 0
	for left := next.bytes; over < len(next.entries)-1 && (len(next.entries)-over > events || left > bytes); over++ {
		left -= size(next.entries[over : over+1])
	}
	next.drop(over)
	if next.dropped > next.bytes {
		next.entries, next.dropped = slices.Clone(next.entries), 0
	}
	return &next
}

// size is what entries take.
func size(entries []entry) (bytes int) {
	for _, e := range entries {
		bytes += entryBytes + cap(e.body)
	}
	return bytes
}

// forget drops all up to the newest entry that shows a subject.
func (w *window) forget(subject any) {
	for i := len(w.entries) - 1; i >= 0; i-- {
		if w.entries[i].subject == subject || w.entries[i].shows == subject {
			w.drop(i + 1)
			return
		}
	}
}

// drop takes off the oldest n entries.
func (w *window) drop(n int) {
	if n == 0 {
		return
	}
	for _, e := range w.entries[:n] {
		if e.revokes != nil {
			w.blind = e.at.Place
		}
	}
	w.start = w.entries[n-1].at
	gone := size(w.entries[:n])
	w.bytes, w.dropped = w.bytes-gone, w.dropped+gone
	w.entries = w.entries[n:]
}

// emptied is the window without entries: who is behind its end reads the log.
func (w *window) emptied() *window {
	next := *w
	next.drop(len(next.entries))
	next.entries, next.dropped = nil, 0
	return &next
}

// closed is the window behind which nothing follows, for this reason.
func (w *window) closed(why error) *window {
	next := *w
	next.ended = why
	return &next
}
