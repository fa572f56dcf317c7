package chat

import (
	"github.com/google/uuid"

	"parley/ent"
)

// action is something a person can do in a room.
type action int

const (
	read action = iota
	send
	editChat
	deleteChat
	deleteRoom
)

// may says whether somebody may do something in a room: the one place that decides. ErrNoRoom: it
// does not exist any more, or they may not know of it. ErrForbidden: they see it, but may not do this.
func may(who uuid.UUID, do action, room *ent.Room) error {
	switch {
	case room.DeletedAt != nil:
		return ErrNoRoom
	case do == deleteRoom && room.OwnerID != who:
		return ErrForbidden
	}
	return nil // every room is public: whoever is signed in finds it, reads it and sends to it
}

// mayChange says the same of somebody and a chat of that room: its author edits and deletes it, the
// room's owner deletes it. What was deleted stays so.
func mayChange(who uuid.UUID, do action, c *ent.Chat, room *ent.Room) error {
	if may(who, do, room) != nil {
		return ErrNoChat // it went with its room
	}
	switch {
	case c.UserID == who && c.DeletedAt == nil, do == deleteChat && (c.UserID == who || room.OwnerID == who):
		return nil
	}
	return ErrForbidden
}
