package chat

import (
	"parley/chat/queue"
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
func may(caller Caller, do action, room *ent.Room) error {
	switch {
	case room.DeletedAt != nil:
		return ErrNoRoom
	case do == deleteRoom && room.OwnerID != caller.ID:
		return ErrForbidden
	}
	return nil // every room is public: whoever is signed in finds it, reads it and sends to it
}

// maySend asks for a queue whether a send may be stored in a room.
func maySend(s *queue.Send, room *ent.Room) error { return may(Caller{ID: s.UserID}, send, room) }

// mayChange says the same of somebody and a chat of that room: its author edits and deletes it, the
// room's owner deletes it. What was deleted stays so.
func mayChange(caller Caller, do action, c *ent.Chat, room *ent.Room) error {
	if may(caller, do, room) != nil {
		return ErrNoChat // it went with its room
	}
	switch {
	case c.UserID == caller.ID && c.DeletedAt == nil, do == deleteChat && (c.UserID == caller.ID || room.OwnerID == caller.ID):
		return nil
	}
	return ErrForbidden
}
