package follow

import (
	"context"

	"github.com/google/uuid"

	"parley/chat/roomlog"
)

// A Start is where a reader begins in a room, and where the room's log ended at that moment.
type Start struct {
	Room     *roomlog.Room
	At, Head roomlog.Position
}

// A Tail is the log of a room as those who follow it share it. Safe for concurrent use.
type Tail struct {
	caches *Caches
	cache  *cache
}

// Follow joins those who follow a room. wake is called whenever something may follow what has been read,
// and does not block. Join before the first Next: from then on no notification is missed.
func (x *Caches) Follow(from Start, wake func()) *Tail {
	t := &Tail{caches: x}
	t.cache = x.join(from, t, wake)
	return t
}

// Next returns a page of what follows a position, in order and without a hole, each event with its chat as
// it is now. None: wait to be woken. ErrDiverged: the log cannot be read on from there; any
// other error passes by itself. Events are shared and must not be changed.
func (t *Tail) Next(ctx context.Context, at roomlog.Position) ([]*roomlog.Event, error) {
	return t.cache.next(ctx, t.caches.log, at)
}

// Changes returns what tells whether a chat may have been changed on this node since the call, so that a page that was
// read before is old.
func (t *Tail) Changes() (changed func(chat uuid.UUID) bool) { return t.cache.recent.since() }

// Room is the id of the room.
func (t *Tail) Room() uuid.UUID { return t.cache.room.ID }

// Leave ends it. Call it once.
func (t *Tail) Leave() { t.caches.leave(t.cache, t) }

// Wake wakes those who follow these rooms; without rooms, all.
func (x *Caches) Wake(rooms ...uuid.UUID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(rooms) == 0 {
		for _, c := range x.rooms {
			c.signal.notify()
		}
	}
	for _, id := range rooms {
		if c := x.rooms[id]; c != nil {
			c.signal.notify()
		}
	}
}
