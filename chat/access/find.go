package access

import (
	"context"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/chat/texts"
	"parley/ent"
	"parley/ent/room"
	"parley/naming"
)

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

// anyCalled picks the rooms of some calls, at least one. Only public rooms have a name that is an id.
func anyCalled(calls []called) func(*entsql.Selector) {
	var ids, keys []any
	for _, c := range calls {
		if c.key == "" {
			ids = append(ids, c.id)
		} else {
			keys = append(keys, c.key)
		}
	}
	return func(s *entsql.Selector) {
		var any []*entsql.Predicate
		if len(ids) > 0 {
			any = append(any, entsql.In(s.C(room.FieldID), ids...))
		}
		if len(keys) > 0 {
			any = append(any, entsql.And(public(s), entsql.In(s.C(room.FieldNameKey), keys...)))
		}
		s.Where(entsql.Or(any...))
	}
}

// public picks public rooms. It is written out, as the indexes over them are.
func public(s *entsql.Selector) *entsql.Predicate {
	return entsql.ExprP(s.C(room.FieldKind) + " = 'PUBLIC'")
}

// Find reads a room for something that the caller wants to do there. ErrNoRoom, *ForbiddenError.
func Find(ctx context.Context, db *ent.Client, caller Caller, do Action, nameOrID string, now time.Time) (Room, error) {
	rooms, err := FindAll(ctx, db, caller, do, []string{nameOrID}, now)
	if err != nil {
		return Room{}, err
	}
	return rooms[0], nil
}

// FindAll does the same for several rooms, at least one, with one query, in the order in which they are named first. A room
// that is named twice, perhaps by name and by id, is returned once.
func FindAll(ctx context.Context, db *ent.Client, caller Caller, do Action, namesOrIDs []string, now time.Time) ([]Room, error) {
	calls, err := parseAllCalled(namesOrIDs)
	if err != nil {
		return nil, err
	}
	found, err := Load(ctx, db.Room.Query().Where(anyCalled(calls)), caller.ID, now)
	if err != nil {
		return nil, err
	}
	byCall := indexed(found)
	var rooms []Room
	seen := map[uuid.UUID]bool{}
	for _, c := range calls {
		r, there := byCall[c]
		if !there {
			return nil, ErrNoRoom
		}
		if err := r.May(do); err != nil {
			return nil, err
		}
		if !seen[r.ID] {
			seen[r.ID] = true
			rooms = append(rooms, r)
		}
	}
	return rooms, nil
}

// indexed are rooms by all that they may be called.
func indexed(rooms []Room) map[called]Room {
	byCall := make(map[called]Room, 2*len(rooms))
	for _, r := range rooms {
		byCall[called{id: r.ID}] = r
		if r.NameKey != nil && r.Kind == room.KindPUBLIC {
			byCall[called{key: *r.NameKey}] = r
		}
	}
	return byCall
}

// FindLocked reads a room for something that the caller wants to do there, and locks its row until the transaction ends: what
// the caller may is judged before, so that a refusal makes nobody wait, and again under the lock. ErrNoRoom, *ForbiddenError.
func FindLocked(ctx context.Context, tx *ent.Tx, caller Caller, do Action, nameOrID string, now time.Time) (Room, error) {
	found, err := Find(ctx, tx.Client(), caller, do, nameOrID, now)
	if err != nil {
		return Room{}, err
	}
	locked, err := Lock(ctx, tx, found.ID, caller, now)
	if err != nil {
		return Room{}, err
	}
	return locked, locked.May(do)
}

// Lock locks a room's row until the transaction ends, by an UPDATE that changes nothing, and reads under that lock what the
// caller is there. Nothing is judged. ErrNoRoom: there is no such row.
func Lock(ctx context.Context, tx *ent.Tx, id uuid.UUID, caller Caller, now time.Time) (Room, error) {
	row, err := tx.Room.UpdateOneID(id).AddLastPlace(0).Save(ctx)
	if ent.IsNotFound(err) {
		return Room{}, ErrNoRoom
	}
	if err != nil {
		return Room{}, fmt.Errorf("lock room: %w", err)
	}
	as, err := Standings(ctx, tx.Client(), row, []uuid.UUID{caller.ID}, now)
	return Room{row, as[caller.ID]}, err
}
