package chat

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/follow"
	"parley/chat/pages"
	"parley/chat/readers"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/room"
)

// Open returns where a reader of a room begins: behind the cursor, or now. ErrNoRoom, *ForbiddenError, *DivergedError,
// *InvalidError: after CURSOR_INVALID.
func (s *Service) Open(ctx context.Context, caller Caller, nameOrID string, after *string) (from follow.Start, err error) {
	err = s.store.View(ctx, func(db *ent.Client) error {
		row, err := s.find(ctx, db, caller, access.Read, nameOrID)
		if err != nil {
			return err
		}
		cursors := map[uuid.UUID]roomlog.Position{}
		if after != nil {
			if cursors[row.ID], err = pages.CursorOf(row.ID, "after", *after); err != nil {
				return err
			}
		}
		starts, err := readers.Locate(ctx, db, []access.Room{row}, cursors, readers.Never)
		if err == nil {
			from = starts[0]
		}
		return err
	})
	return from, err
}

// RevokedPlace is that of the newest event that ends somebody's reading of a room.
func (s *Service) RevokedPlace(ctx context.Context, in uuid.UUID) (int64, error) {
	row, err := s.store.Read.Room.Query().Where(room.ID(in)).Select(room.FieldRevokedPlace).Only(ctx)
	if err != nil {
		return 0, fmt.Errorf("read who was revoked: %w", err)
	}
	return row.RevokedPlace, nil
}

// MaxCursors is how many cursors an event has at most, and MaxRooms how many rooms one stream of a person's may have, as
// many as they may be in; one of a bot's has twice as many.
const (
	MaxRooms   = 1000
	MaxCursors = 2*MaxRooms + 1 // and the place in their list
)

// OpenAll returns where a reader of several rooms begins, in the order in which they are named first, and all
// as of one moment: behind the cursor of a room, or for a room without one, now.
// *InvalidError: rooms REQUIRED; after CURSOR_INVALID, also when it is of none of the rooms or
// another one is of the same. *LimitError: ROOMS. ErrNoRoom, *ForbiddenError, *DivergedError.
func (s *Service) OpenAll(ctx context.Context, caller Caller, rooms, after []string) (starts []follow.Start, err error) {
	switch {
	case len(rooms) == 0:
		return nil, &InvalidError{Field: "rooms", Reason: "REQUIRED", Detail: "names at least one room"}
	case len(rooms) > access.MaxRooms(MaxRooms, caller.Bot):
		return nil, &LimitError{Reason: "ROOMS"}
	}
	cursors, err := parseCursors("after", after)
	if err != nil {
		return nil, err
	}
	err = s.store.View(ctx, func(db *ent.Client) error {
		rows, err := access.FindAll(ctx, db, caller, access.Read, rooms, s.now())
		if err != nil {
			return err
		}
		if !allOf(rows, cursors) {
			return arguments.BadCursor("after")
		}
		starts, err = readers.Locate(ctx, db, rows, cursors, readers.Never)
		return err
	})
	return starts, err
}

// parseCursors reads cursors, at most one of each room.
func parseCursors(field string, texts []string) (map[uuid.UUID]roomlog.Position, error) {
	cursors := make(map[uuid.UUID]roomlog.Position, len(texts))
	for _, text := range texts {
		room, at, err := pages.ParseCursor(field, text)
		if err != nil {
			return nil, err
		}
		if _, twice := cursors[room]; twice {
			return nil, arguments.BadCursor(field)
		}
		cursors[room] = at
	}
	return cursors, nil
}

// allOf says whether all cursors are of rooms of these.
func allOf(rooms []access.Room, cursors map[uuid.UUID]roomlog.Position) bool {
	found := 0
	for _, row := range rooms {
		if _, given := cursors[row.ID]; given {
			found++
		}
	}
	return found == len(cursors)
}

// OpenMine returns where a reader of all rooms that the caller is in begins, and follows them as rooms come and go. after
// are the cursors of its last CAUGHT_UP and of later events, in any order: the furthest of each room counts.
// *InvalidError: after CURSOR_INVALID. *LimitError: ROOMS. *DivergedError.
func (s *Service) OpenMine(ctx context.Context, caller Caller, after []string) (readers.Opening, error) {
	opened, err := s.readers.Open(ctx, caller, after)
	switch {
	case errors.Is(err, readers.ErrCursor):
		err = arguments.BadCursor("after")
	case errors.Is(err, readers.ErrManyRooms):
		err = &LimitError{Reason: "ROOMS"}
	}
	return opened, err
}

// Follow joins those who follow a room that was opened, as follow.Caches do.
func (s *Service) Follow(from follow.Start, wake func()) *follow.Tail {
	return s.following.Follow(from, wake)
}

// Compare wakes those who follow rooms that have grown since they were opened: who calls it when they are followed has
// missed nothing, and need not read them.
func (s *Service) Compare(ctx context.Context, opened []follow.Start) {
	s.following.Compare(ctx, opened)
}

// Judge says whether somebody may read a room, as one of its members or as anybody, and else what they are given last.
func (s *Service) Judge(ctx context.Context, person, room uuid.UUID, asMember bool) (readers.Verdict, error) {
	return s.readers.Judge(ctx, person, room, asMember)
}

// CaughtUp is the event that says: everything older has been delivered, and these cursors lie behind it.
func (s *Service) CaughtUp(cursors []string) *roomlog.Event {
	return &roomlog.Event{Kind: roomlog.CaughtUp, At: s.now(), Cursors: cursors}
}
