package chat

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/predicate"
	"parley/ent/roomevent"
)

// maxFollowed is how many rooms one stream of events may name: as many as one person may be in.
const maxFollowed = 1000

// OpenAll answers where a reader of several rooms begins, in the order in which they are named first, and all
// as of one moment: behind the cursor of a room, or for a room without one, now.
// *InvalidError: rooms REQUIRED; after CURSOR_INVALID, also when it is of none of the rooms or
// another one is of the same. *LimitError: ROOMS. ErrNoRoom, ErrDiverged.
func (s *Service) OpenAll(ctx context.Context, caller Caller, rooms, after []string) (starts []Start, err error) {
	switch {
	case len(rooms) == 0:
		return nil, &InvalidError{"rooms", "REQUIRED", "names at least one room"}
	case len(rooms) > maxFollowed:
		return nil, &LimitError{"ROOMS"}
	}
	cursors, err := byRoom(after)
	if err != nil {
		return nil, err
	}
	err = s.store.View(ctx, func(db *ent.Client) error {
		rows, err := findAll(ctx, db, caller, read, rooms)
		if err != nil {
			return err
		}
		for _, row := range rows {
			at := headOf(row).known()
			if cursor, given := cursors[row.ID]; given {
				at = cursor.known()
			}
			starts = append(starts, Start{foldRoom(row), at, headOf(row).known()})
		}
		return verifyAll(ctx, db, rows, cursors)
	})
	return starts, err
}

// verifyTogether is how many cursors one query looks up: SQLite takes expressions of 1,000 levels.
const verifyTogether = 200

// verifyAll looks up what cursors of some of these rooms stand on. ErrDiverged as of verify; *InvalidError: one is of
// no room of these.
func verifyAll(ctx context.Context, db *ent.Client, rooms []*ent.Room, cursors map[uuid.UUID]position) error {
	var stands []predicate.RoomEvent
	found := 0
	for _, room := range rooms {
		at, given := cursors[room.ID]
		if given {
			found++
		}
		if at.place > 0 { // else it stands before the first event
			stands = append(stands, roomevent.And(roomevent.RoomID(room.ID), roomevent.Place(at.place), roomevent.Tag(at.tag)))
		}
	}
	if found < len(cursors) {
		return badCursor("after")
	}
	for some := range slices.Chunk(stands, verifyTogether) {
		there, err := db.RoomEvent.Query().Where(roomevent.Or(some...)).Count(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("look up cursors: %w", err)
		case there < len(some):
			return ErrDiverged
		}
	}
	return nil
}

// byRoom reads cursors, at most one of each room.
func byRoom(after []string) (map[uuid.UUID]position, error) {
	cursors := make(map[uuid.UUID]position, len(after))
	for _, text := range after {
		room, at, err := parseLogPlace("after", text)
		if err != nil {
			return nil, err
		}
		if _, twice := cursors[room]; twice {
			return nil, badCursor("after")
		}
		cursors[room] = at
	}
	return cursors, nil
}

// CaughtUp is the event that says: everything older has been delivered, and these cursors lie behind it.
func (s *Service) CaughtUp(cursors []string) *Event {
	return &Event{Kind: CaughtUp, At: s.now(), Cursors: cursors}
}
