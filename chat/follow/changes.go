package follow

import (
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"parley/chat/roomlog"
	"parley/ent/roomevent"
)

// keptChanges is how many changes are remembered, which is more than happen while a page is read.
const keptChanges = 64

// changes are those that this node has made in a room lately, noted before they are answered, so that whoever has read a
// page of its log alone knows whether that is old by now. The zero value is ready.
type changes struct {
	count atomic.Uint64

	mu   sync.Mutex
	last [keptChanges]uuid.UUID // the changed chats; the nil UUID: all, as the room was deleted or has another name, or others show the chat
}

// note remembers what entries of the log have changed. Events that are about other chats show one that is answered.
func (c *changes) note(rows roomlog.Rows) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range rows.Log {
		var changed uuid.UUID
		switch e.Kind {
		case roomevent.KindCHAT_EDITED, roomevent.KindCHAT_DELETED:
			if now := rows.Chats[*e.ChatID]; now != nil && (now.Answered == nil || !*now.Answered) {
				changed = *e.ChatID
			}
		case roomevent.KindROOM_DELETED, roomevent.KindROOM_UPDATED:
		default:
			continue
		}
		c.last[c.count.Load()%keptChanges] = changed
		c.count.Add(1)
	}
}

// since returns what tells whether a chat may have been changed since the call.
func (c *changes) since() func(chat uuid.UUID) bool {
	began := c.count.Load()
	return func(chat uuid.UUID) bool {
		if c.count.Load() == began {
			return false
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		now := c.count.Load()
		if now-began > keptChanges {
			return true
		}
		for n := began; n < now; n++ {
			if changed := c.last[n%keptChanges]; changed == chat || changed == uuid.Nil {
				return true
			}
		}
		return false
	}
}
