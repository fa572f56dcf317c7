// Package changes remembers what has been changed in a room a moment ago, so that whoever has read a page of its log alone
// knows whether that is old by now.
package changes

import (
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/roomevent"
)

// Kept is how many changes are remembered, which is more than happen while a page is read.
const Kept = 64

// Recent are the changes that this node has made in a room lately, noted before they are answered. The zero value is
// ready. Safe for concurrent use.
type Recent struct {
	count atomic.Uint64

	mu   sync.Mutex
	last [Kept]uuid.UUID // the changed chats; the nil UUID: all, the room was deleted
}

// Note remembers what entries of the log have changed.
func (c *Recent) Note(log []*ent.RoomEvent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range log {
		var changed uuid.UUID
		switch {
		case e.Kind == roomevent.KindCHAT_SENT:
			continue
		case e.Kind != roomevent.KindROOM_DELETED:
			changed = *e.ChatID
		}
		c.last[c.count.Load()%Kept] = changed
		c.count.Add(1)
	}
}

// Since returns what tells whether a chat may have been changed since the call.
func (c *Recent) Since() func(chat uuid.UUID) bool {
	began := c.count.Load()
	return func(chat uuid.UUID) bool {
		if c.count.Load() == began {
			return false
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		now := c.count.Load()
		if now-began > Kept {
			return true
		}
		for n := began; n < now; n++ {
			if changed := c.last[n%Kept]; changed == chat || changed == uuid.Nil {
				return true
			}
		}
		return false
	}
}
