package chat

import (
	"context"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/roomlog"
)

// Room finds a room by its id or its name. ErrNoRoom.
func (s *Service) Room(ctx context.Context, caller Caller, nameOrID string) (*roomlog.Room, error) {
	r, err := s.find(ctx, s.store.Read, caller, access.Read, nameOrID)
	if err != nil {
		return nil, err
	}
	return roomlog.RoomFor(r), nil
}

// RoomsByID returns rooms in the order of ids, nil where there is none that the caller may see.
func (s *Service) RoomsByID(ctx context.Context, caller Caller, ids []uuid.UUID) ([]*roomlog.Room, error) {
	rooms, err := s.readable(ctx, s.store.Read, caller, ids)
	if err != nil {
		return nil, err
	}
	return inOrder(ids, rooms), nil
}

func inOrder[T any](ids []uuid.UUID, byID map[uuid.UUID]*T) []*T {
	values := make([]*T, len(ids))
	for i, id := range ids {
		values[i] = byID[id]
	}
	return values
}
