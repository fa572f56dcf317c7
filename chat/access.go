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
