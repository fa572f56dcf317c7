package chat

import (
	"context"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/follow"
	"parley/chat/roomlog"
	"parley/ent"
)

// Open returns where a reader of a room begins: behind the cursor, or now. ErrNoRoom, ErrDiverged,
// *InvalidError: after CURSOR_INVALID.
func (s *Service) Open(ctx context.Context, caller Caller, nameOrID string, after *string) (from follow.Start, err error) {
	err = s.store.View(ctx, func(db *ent.Client) error {
		row, err := s.find(ctx, db, caller, access.Read, nameOrID)
		if err != nil {
			return err
		}
		from = follow.Start{Room: roomlog.RoomOf(row.Room), At: roomlog.HeadOf(row.Room), Head: roomlog.HeadOf(row.Room)}
		if after == nil {
			return nil
		}
		if from.At, err = parseCursorOf(row.ID, "after", *after); err != nil {
			return err
		}
		_, err = roomlog.Verify(ctx, db, row.ID, from.At)
		return err
	})
	return from, err
}

// MaxCursors is how many cursors an event has at most, and maxFollowed how many rooms one stream of events may name: as
// many as one person may be in.
const (
	maxFollowed = 1000
	MaxCursors  = maxFollowed
)

// OpenAll returns where a reader of several rooms begins, in the order in which they are named first, and all
// as of one moment: behind the cursor of a room, or for a room without one, now.
// *InvalidError: rooms REQUIRED; after CURSOR_INVALID, also when it is of none of the rooms or
// another one is of the same. *LimitError: ROOMS. ErrNoRoom, ErrDiverged.
func (s *Service) OpenAll(ctx context.Context, caller Caller, rooms, after []string) (starts []follow.Start, err error) {
	switch {
	case len(rooms) == 0:
		return nil, &InvalidError{Field: "rooms", Reason: "REQUIRED", Detail: "names at least one room"}
	case len(rooms) > maxFollowed:
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
		starts = startsOf(rows, cursors)
		if !allOf(rows, cursors) {
			return arguments.BadCursor("after")
		}
		return roomlog.VerifyAll(ctx, db, cursors)
	})
	return starts, err
}

func startsOf(rooms []access.Room, cursors map[uuid.UUID]roomlog.Position) []follow.Start {
	starts := make([]follow.Start, len(rooms))
	for i, row := range rooms {
		head := roomlog.HeadOf(row.Room)
		at, given := cursors[row.ID]
		if !given {
			at = head
		}
		starts[i] = follow.Start{Room: roomlog.RoomOf(row.Room), At: at, Head: head}
	}
	return starts
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

// Follow joins those who follow a room that was opened, as follow.Caches do.
func (s *Service) Follow(from follow.Start, wake func()) *follow.Tail {
	return s.following.Follow(from, wake)
}

// CaughtUp is the event that says: everything older has been delivered, and these cursors lie behind it.
func (s *Service) CaughtUp(cursors []string) *roomlog.Event {
	return &roomlog.Event{Kind: roomlog.CaughtUp, At: s.now(), Cursors: cursors}
}
