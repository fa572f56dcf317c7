package roomlog

import (
	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/roomevent"
)

// A Commit is events that a transaction has added to the end of a room's log. Without rows it says no more than that
// there may be some.
type Commit struct {
	Room    uuid.UUID
	People  []uuid.UUID // whose lists of rooms it changes: their streams look again at which rooms they are in
	Before  Position    // of the event that they follow
	Rows    Rows
	Partial bool // the transaction has changed more of the room than the rows say: what they show is read from the log
}

// Commit is what the reserved events come to once their transaction has been committed. chats are those they are about,
// as the transaction leaves them.
func (r *Reservation) Commit(chats ...*ent.Chat) Commit {
	rows := Rows{Log: r.Events, Room: r.Room, Chats: make(map[uuid.UUID]*ent.Chat, len(chats)), Members: r.members}
	for _, c := range chats {
		rows.Chats[c.ID] = c
	}
	c := Commit{Room: r.Room.ID, Before: r.before, Rows: rows}
	for _, e := range r.Events {
		switch e.Kind {
		case roomevent.KindMEMBER_JOINED, roomevent.KindMEMBER_LEFT, roomevent.KindMEMBER_REMOVED:
			c.People = append(c.People, *e.UserID)
		}
		c.Partial = c.Partial || e.ChatID == nil && e.Kind != roomevent.KindMEMBER_JOINED
	}
	return c
}
