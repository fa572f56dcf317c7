package chat

import (
	"context"

	"github.com/google/uuid"

	"parley/ent"
)

// maxFollowed is how many rooms one stream of events may name: as many as one person may be in.
const maxFollowed = 1000

// OpenAll answers where a reader of several rooms begins, in the order in which they are named first, and all
// as of one moment: behind the cursor of a room, or for a room without one, now.
// *InvalidError: rooms REQUIRED; after CURSOR_INVALID, also when it is of none of the rooms or
// another one is of the same. *LimitError: ROOMS. ErrNoRoom, ErrDiverged.
func (s *Service) OpenAll(ctx context.Context, reader uuid.UUID, rooms, after []string) (starts []Start, err error) {
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
		seen := map[uuid.UUID]bool{}
		for _, name := range rooms {
			row, err := find(ctx, db, reader, read, name)
			if err != nil {
				return err
			}
			if seen[row.ID] {
				continue // named twice, perhaps by name and by id
			}
			seen[row.ID] = true
			at := headOf(row)
			if cursor, given := cursors[row.ID]; given {
				delete(cursors, row.ID)
				if at, err = verify(ctx, db, row.ID, cursor); err != nil {
					return err
				}
			}
			starts = append(starts, Start{foldRoom(row), at.known(), headOf(row).known()})
		}
		if len(cursors) > 0 {
			return badCursor("after")
		}
		return nil
	})
	return starts, err
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
