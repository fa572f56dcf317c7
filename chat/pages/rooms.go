package pages

import (
	"context"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent/room"
)

// Room finds a room by its id or its name. access.ErrNoRoom.
func (s *Pages) Room(ctx context.Context, caller access.Caller, nameOrID string) (*roomlog.Room, error) {
	r, err := s.find(ctx, s.store.Read, caller, access.Read, nameOrID)
	if err != nil {
		return nil, err
	}
	return roomlog.RoomFor(r), nil
}

// RoomsByID returns rooms in the order of ids, nil where there is none that the caller may see.
func (s *Pages) RoomsByID(ctx context.Context, caller access.Caller, ids []uuid.UUID) ([]*roomlog.Room, error) {
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

// Standings returns what the caller is in rooms: of those that were read for them what was read with the room, and of others,
// with one query, what it is now.
func (s *Pages) Standings(ctx context.Context, caller access.Caller, rooms []*roomlog.Room) ([]access.Standing, error) {
	standings := make([]access.Standing, len(rooms))
	var unknown []uuid.UUID
	for i, r := range rooms {
		if r.As != nil {
			standings[i] = *r.As
		} else {
			unknown = append(unknown, r.ID)
		}
	}
	if len(unknown) == 0 {
		return standings, nil
	}
	found, err := access.Load(ctx, s.store.Read.Room.Query().Where(room.IDIn(unknown...)), caller.ID, s.now())
	if err != nil {
		return nil, err
	}
	for i, r := range rooms {
		for _, now := range found {
			if r.As == nil && r.ID == now.ID {
				standings[i] = now.As
			}
		}
	}
	return standings, nil
}
