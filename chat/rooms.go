package chat

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/chat/texts"
	"parley/ent"
	"parley/ent/predicate"
	"parley/ent/room"
	"parley/naming"
)

// CreateRoom makes a room that the caller owns. name has 2 to 64 code points, letters of one script, and is unique without
// regard to case and width; topic has at most 250, nil or empty for none.
// ErrRoomNameTaken, *InvalidError, *RateError.
func (s *Service) CreateRoom(ctx context.Context, caller Caller, name string, topic *string) (*roomlog.Room, error) {
	shown, key, err := texts.NewRoomName(name)
	if err != nil {
		return nil, invalid("name", err)
	}
	if topic != nil {
		if err := checkTopic(*topic); err != nil {
			return nil, err
		}
		if *topic == "" {
			topic = nil
		}
	}
	if err := s.changes.take(caller.ID); err != nil {
		return nil, err
	}
	if err := s.creations.take(caller.ID); err != nil {
		return nil, err
	}
	var made *roomlog.Room
	err = s.store.Write(ctx, func(tx *ent.Tx) error {
		now := s.now()
		row, err := tx.Room.Create().SetID(uuid.Must(uuid.NewV7())).SetCreatedBy(caller.ID).SetName(shown).
			SetNameKey(key).SetNillableTopic(topic).SetCreatedAt(now).SetLastAt(now).SetMemberCount(1).Save(ctx)
		if ent.IsConstraintError(err) {
			return ErrRoomNameTaken
		}
		if err != nil {
			return fmt.Errorf("create room: %w", err)
		}
		owner, err := members.Enter(ctx, tx, row.ID, caller.ID, access.Owner, 0, now, maxFollowed)
		made = roomlog.RoomFor(access.Room{Room: row, As: access.Standing{Member: owner, LastOwner: true}})
		return err
	})
	if err == nil {
		s.notifier.Notify(caller.ID)
	}
	return made, err
}

// called is what a client calls a room by: its id, or else the key of its name.
type called struct {
	id  uuid.UUID
	key string // empty: by its id
}

// parseCalled reads one. ErrNoRoom: no room can be called so.
func parseCalled(nameOrID string) (called, error) {
	if id, ok := naming.ParseID(nameOrID); ok {
		return called{id: id}, nil
	}
	_, key, err := texts.ReadRoomName(nameOrID)
	if err != nil {
		return called{}, ErrNoRoom
	}
	return called{key: key}, nil
}

// parseAllCalled reads several, each once.
func parseAllCalled(namesOrIDs []string) (calls []called, err error) {
	asked := map[string]bool{}
	for _, text := range namesOrIDs {
		if asked[text] {
			continue
		}
		asked[text] = true
		c, err := parseCalled(text)
		if err != nil {
			return nil, err
		}
		calls = append(calls, c)
	}
	return calls, nil
}

// anyCalled picks the rooms of some calls, at least one.
func anyCalled(calls []called) predicate.Room {
	var ids []uuid.UUID
	var keys []string
	for _, c := range calls {
		if c.key == "" {
			ids = append(ids, c.id)
		} else {
			keys = append(keys, c.key)
		}
	}
	switch {
	case len(keys) == 0:
		return room.IDIn(ids...)
	case len(ids) == 0:
		return room.NameKeyIn(keys...)
	}
	return room.Or(room.IDIn(ids...), room.NameKeyIn(keys...))
}

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
	if err := s.changes.take(caller.ID); err != nil {
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
	s.log.Committed(deleted)
	s.purger.Wake()
	return deleted.Room.String(), nil
}
