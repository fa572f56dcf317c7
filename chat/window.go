package chat

import (
	"maps"
	"slices"
	"unsafe"
)

// A feed keeps so many events and bytes of them, at least the last page it read unless all feeds together hold too
// much; who is further behind reads the log alone.
const (
	windowEvents = 256
	windowBytes  = 4 * pageBytes
	eventBytes   = int64(unsafe.Sizeof(Event{}) + unsafe.Sizeof(Chat{}) + 64) // without texts
)

// grow appends events to the window and drops the oldest. What the window holds of a chat that was
// changed is replaced by what the chat is now. Of a room that was deleted it holds the last event alone.
func (f *feed) grow(more []*Event) {
	if n := len(more); n > 0 && more[n-1].Kind == RoomDeleted {
		f.empty()
		more = more[n-1:]
	}
	if len(more) == 0 {
		return
	}
	window := make([]*Event, 0, len(f.window)+len(more)) // a copy: the old one is in the hands of readers
	window = append(append(window, f.window...), more...)
	bytes, changes := f.bytes, false
	for _, e := range more {
		bytes += e.bytes()
		if e.Kind == ChatEdited || e.Kind == ChatDeleted {
			renew(window, e.Chat)
			changes = true
		}
	}
	if changes {
		bytes = 0
		for _, e := range window {
			bytes += e.bytes()
		}
	}
	drop := 0
	for ; len(window)-drop > windowEvents || bytes > windowBytes; drop++ {
		bytes -= window[drop].bytes()
	}
	if f.readers.held.Add(bytes-f.bytes) > f.readers.most {
		f.readers.held.Add(-bytes)
		bytes, drop = 0, len(window)
	}
	if drop > 0 {
		f.start = window[drop-1].position
		clear(window[:drop]) // the array holds no more than what counts
	}
	f.window, f.bytes, f.grown = window[drop:], bytes, true
}

// bytes are what an event takes in memory.
func (e *Event) bytes() int64 {
	bytes := eventBytes
	if e.Chat != nil && e.Chat.Text != nil {
		bytes += int64(len(*e.Chat.Text))
	}
	return bytes
}

// empty gives up the window; who has the turn calls it.
func (f *feed) empty() {
	f.readers.held.Add(-f.bytes)
	f.start, f.window, f.bytes = f.end(), nil, 0
}

// tryEmpty gives up the window unless somebody is reading it, or if only a quiet one is meant, it has grown since this
// was asked last: whoever wanted it has it.
func (f *feed) tryEmpty(quiet bool) {
	select {
	case f.turn <- struct{}{}:
		if !quiet || !f.grown {
			f.empty()
		}
		f.grown = false
		<-f.turn
	default:
	}
}

func (r *readers) emptyQuiet() {
	r.mu.Lock()
	feeds := slices.Collect(maps.Values(r.rooms))
	r.mu.Unlock()
	for _, f := range feeds {
		f.tryEmpty(true)
	}
}

func renew(window []*Event, now *Chat) {
	for i, old := range window {
		if old.Chat != nil && old.Chat.ID == now.ID && old.Chat != now {
			renewed := *old
			renewed.Chat = now
			window[i] = &renewed
		}
	}
}

// after answers the events of the window behind a position, which lies in it. They are shared and
// never changed.
func (f *feed) after(at position) ([]*Event, error) {
	stands := f.start
	skip := at.place - f.start.place
	if len(f.window) == 1 && f.window[0].Kind == RoomDeleted { // whose place need not follow the start
		if at.place < f.window[0].position.place {
			return f.window, nil
		}
		skip = 1
	}
	if skip > 0 {
		stands = f.window[skip-1].position
	}
	if stands.tag != at.tag {
		return nil, ErrDiverged
	}
	return f.window[skip:], nil
}
