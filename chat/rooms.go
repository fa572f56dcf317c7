package chat

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent"
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

// DeleteRoom deletes a room with all its chats and ends its streams. Only its owner may.
// What remains is a row without a name and one last event, which tells readers; nothing else of the room is
// handed out from then on, and a purger takes the rows away. It returns the room's id.
// ErrNoRoom, also when it was deleted before; ErrForbidden; *RateError.
func (s *Service) DeleteRoom(ctx context.Context, caller Caller, nameOrID string) (string, error) {
	if err := s.changes.Take(caller.ID); err != nil {
		return "", err
	}
	var deleted roomlog.Commit
	err := s.store.Write(ctx, func(tx *ent.Tx) error {
		row, err := s.find(ctx, tx.Client(), caller, access.Delete, nameOrID)
		if err != nil {
			return err
		}
		last, err := s.log.Append(ctx, tx, roomlog.Addition{Room: row.ID, Events: []roomlog.NewEvent{{Kind: roomlog.RoomDeleted, Actor: caller.ID}}, Now: s.now()})
		if err != nil {
			return err
		}
		locked, err := s.judged(ctx, tx, last.Room, caller)
		if err != nil {
			return err
		}
		if err := locked.May(access.Delete); err != nil {
			return err // another was faster
		}
		deleted = last.Commit()
		return tx.Room.UpdateOneID(row.ID).SetName("").ClearNameKey().ClearTopic().SetDeletedAt(last.Room.LastAt).SetPurging(true).Exec(ctx)
	})
	if err != nil {
		return "", fmt.Errorf("delete room: %w", err)
	}
	s.following.Committed(deleted)
	s.purger.Wake()
	return deleted.Room.String(), nil
}
