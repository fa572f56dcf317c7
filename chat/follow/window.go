package follow

import (
	"maps"
	"slices"
	"unsafe"

	"parley/chat/roomlog"
)

// A cache keeps so many events and bytes of them, at least the last page it read unless all caches together hold too
// much; who is further behind reads the log alone.
const (
	windowEvents = 256
	windowBytes  = 256 << 10 // of their texts, too: four of the largest pages
	chatBytes    = int64(unsafe.Sizeof(roomlog.Chat{}))
	memberBytes  = int64(unsafe.Sizeof(*roomlog.Event{}.Member))
	eventBytes   = int64(unsafe.Sizeof(roomlog.Event{})+unsafe.Sizeof(roomlog.Room{})) + chatBytes + 64 // without texts
)

// grow appends events to the window and drops the oldest. What the window holds of a chat that was
// changed is replaced by what the chat is now, and nothing shows a room as it was before it was changed. Of a room that
// was deleted it holds the last event alone.
func (c *cache) grow(more []*roomlog.Event) {
	if n := len(more); n > 0 && more[n-1].Kind == roomlog.RoomDeleted {
		more = more[n-1:]
	}
	if slices.ContainsFunc(more, func(e *roomlog.Event) bool { return e.Kind == roomlog.RoomDeleted || e.Kind == roomlog.RoomUpdated }) {
		c.empty()
	}
	if len(more) == 0 {
		return
	}
	window := make([]*roomlog.Event, 0, len(c.window)+len(more)) // a copy: the old one is in the hands of readers
	window = append(append(window, c.window...), more...)
	bytes, changes := c.bytes, false
	for _, e := range more {
		bytes += bytesOf(e)
		if e.Kind == roomlog.ChatEdited || e.Kind == roomlog.ChatDeleted {
			refresh(window, e.Chat)
			changes = true
		}
	}
	if changes {
		bytes = 0
		for _, e := range window {
			bytes += bytesOf(e)
		}
	}
	drop := 0
	for ; len(window)-drop > windowEvents || bytes > windowBytes; drop++ {
		bytes -= bytesOf(window[drop])
	}
	if c.caches.held.Add(bytes-c.bytes) > c.caches.o.WindowBytes {
		c.caches.held.Add(-bytes)
		bytes, drop = 0, len(window)
	}
	if drop > 0 {
		c.start = window[drop-1].Position()
		clear(window[:drop]) // the array holds no more than what counts
	}
	c.window, c.bytes, c.grown = window[drop:], bytes, true
}

// bytesOf is what an event takes in memory.
func bytesOf(e *roomlog.Event) int64 {
	bytes := eventBytes
	if e.Kind == roomlog.RoomUpdated && e.Room.Data != nil { // other events share what was known of the room
		bytes += int64(len(*e.Room.Data))
	}
	if e.Chat != nil {
		bytes += textsOf(e.Chat)
	}
	if e.Member != nil {
		bytes += memberBytes
	}
	if n := e.Room.Newest; n != nil && n.Position().Place < e.Position().Place { // it may be no event's
		bytes += chatBytes + textsOf(n)
	}
	return bytes
}

// empty gives up the window; called by who holds sem.
func (c *cache) empty() {
	c.caches.held.Add(-c.bytes)
	c.start, c.window, c.bytes = c.end(), nil, 0
}

// tryEmpty gives up the window unless somebody is reading it, or if only a quiet one is meant, it has grown since this
// was asked last: whoever wanted it has it.
func (c *cache) tryEmpty(quiet bool) {
	select {
	case c.sem <- struct{}{}:
		if !quiet || !c.grown {
			c.empty()
		}
		c.grown = false
		<-c.sem
	default:
	}
}

func (x *Caches) emptyQuiet() {
	x.mu.Lock()
	caches := slices.Collect(maps.Values(x.rooms))
	x.mu.Unlock()
	for _, c := range caches {
		c.tryEmpty(true)
	}
}

// refresh puts a changed chat instead of what it was, also where it is the newest of a room.
func refresh(window []*roomlog.Event, now *roomlog.Chat) {
	var was, is *roomlog.Room // many events in a row have one
	for i, old := range window {
		about, newest := isOlder(old.Chat, now), isOlder(old.Room.Newest, now)
		if !about && !newest {
			continue
		}
		refreshed := *old
		if newest {
			if old.Room != was {
				was, is = old.Room, withNewest(old.Room, now)
			}
			refreshed.Room = is
		}
		if about {
			refreshed.Chat = now
		}
		refreshed.Chat = in(refreshed.Room, refreshed.Chat) // never in that of another page, which shows what is newest there
		window[i] = &refreshed
	}
}

// isOlder says whether this is a chat as it was before it became another; nil: it is none. One state of a chat has one text.
func isOlder(c, now *roomlog.Chat) bool { return c != nil && c.ID == now.ID && c.Text != now.Text }

// withNewest is the room with its newest chat as that is now.
func withNewest(r *roomlog.Room, chat *roomlog.Chat) *roomlog.Room {
	now := *r
	now.Newest = in(&now, chat)
	return &now
}

// in is the chat in a room as that is now.
func in(room *roomlog.Room, c *roomlog.Chat) *roomlog.Chat {
	if c == nil {
		return nil
	}
	now := *c
	now.Room = room
	return &now
}

// after returns the events of the window behind a position, which lies in it. They are shared and
// never changed.
func (c *cache) after(at roomlog.Position) ([]*roomlog.Event, error) {
	stands := c.start
	skip := at.Place - c.start.Place
	if len(c.window) == 1 && c.window[0].Kind == roomlog.RoomDeleted { // whose place need not follow the start
		if at.Place < c.window[0].Position().Place {
			return c.window, nil
		}
		skip = 1
	}
	if skip > 0 {
		stands = c.window[skip-1].Position()
	}
	if stands.Tag != at.Tag {
		return nil, roomlog.ErrDiverged
	}
	return c.window[skip:], nil
}

// textsOf is what a chat has of text and data.
func textsOf(c *roomlog.Chat) (bytes int64) {
	for _, text := range []*string{c.Text, c.Data} {
		if text != nil {
			bytes += int64(len(*text))
		}
	}
	return bytes
}
