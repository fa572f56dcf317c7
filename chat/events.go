package chat

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/ent"
)

// maxFollowed is how many rooms one stream of events may name: as many as one person may be in.
const maxFollowed = 1000

// Events streams all that happens in these rooms, in order within each, each once: what follows the
// cursor of a room, or for a room without one what happens from now on. When everything older has
// been delivered, CaughtUp comes once. A deleted room leaves the stream behind RoomDeleted, and with
// the last one the stream ends. Closing and ended are as of Follow.
// *InvalidError: rooms REQUIRED; after CURSOR_INVALID, also when it is of none of the rooms or
// another one is of the same. *LimitError: ROOMS. ErrNoRoom, ErrDiverged.
func (s *Service) Events(ctx context.Context, reader uuid.UUID, rooms, after []string, ended func(error)) (<-chan *Event, error) {
	starts, err := s.doors(ctx, reader, rooms, after)
	if err != nil {
		return nil, err
	}
	return s.readers.events(ctx, starts, s.now, ended), nil
}

// events merges the streams of several rooms, as Events says.
func (r *readers) events(ctx context.Context, starts []start, now func() time.Time, ended func(error)) <-chan *Event {
	m := &merger{
		out: make(chan *Event), turn: make(chan struct{}, 1), now: now,
		starts: starts, at: map[uuid.UUID]position{}, behind: len(starts),
	}
	inner, cancel := context.WithCancelCause(ctx)
	for _, from := range starts {
		m.at[from.room.ID] = from.at
		f := r.join(from) // before anything is read
		m.pumps.Go(func() {
			defer r.leave(f)
			defer caught(func(err error) { cancel(err) })
			if err := r.pump(inner, f, from.at, m.visitor(inner, from.room.ID)); !errors.Is(err, errLeft) {
				cancel(err)
			}
		})
	}
	go func() {
		defer close(m.out)
		m.pumps.Wait()
		cancel(ErrNoRoom) // of no effect unless every room has left
		if ctx.Err() == nil {
			ended(context.Cause(inner))
		}
	}()
	return m.out
}

// errLeft: a room has left the stream, and the others go on.
var errLeft = errors.New("the room was deleted")

// A merger makes one stream of those of several rooms.
type merger struct {
	out    chan *Event
	turn   chan struct{} // holds one while somebody hands out an event and writes down what follows it
	now    func() time.Time
	starts []start
	pumps  sync.WaitGroup

	at     map[uuid.UUID]position // of what has been handed out; guarded by turn
	behind int                    // rooms whose past has not been delivered yet; guarded by turn
}

// visitor is shown the log of one room.
func (m *merger) visitor(ctx context.Context, room uuid.UUID) visitor {
	behind := true
	arrived := func() error {
		if !behind {
			return nil
		}
		behind = false
		return m.inTurn(ctx, func() error { return m.arrive(ctx) })
	}
	return visitor{live: arrived, event: func(e *Event) error {
		if err := m.inTurn(ctx, func() error { return m.hand(ctx, e) }); err != nil {
			return err
		}
		if e.Kind == RoomDeleted {
			return errors.Join(errLeft, arrived())
		}
		return nil
	}}
}

func (m *merger) inTurn(ctx context.Context, do func() error) error {
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-m.turn }()
	return do()
}

func (m *merger) hand(ctx context.Context, e *Event) error {
	if err := hand(ctx, m.out, e); err != nil {
		return err
	}
	if m.at[e.Room.ID] = e.position; e.Kind == RoomDeleted {
		delete(m.at, e.Room.ID)
	}
	return nil
}

// arrive counts a room whose past has been delivered. With the last one everybody is told where to
// go on, also in rooms where nothing has happened.
func (m *merger) arrive(ctx context.Context) error {
	if m.behind--; m.behind > 0 || len(m.at) == 0 {
		return nil
	}
	up := &Event{Kind: CaughtUp, At: m.now()}
	for _, from := range m.starts {
		if at, here := m.at[from.room.ID]; here {
			up.Cursors = append(up.Cursors, at.cursor(from.room.ID))
		}
	}
	return hand(ctx, m.out, up)
}

// doors says whether somebody may follow these rooms from these cursors on, all as of one moment.
func (s *Service) doors(ctx context.Context, reader uuid.UUID, rooms, after []string) (starts []start, err error) {
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
			from := start{foldRoom(row), headOf(row)}
			if at, given := cursors[row.ID]; given {
				delete(cursors, row.ID)
				if from.at, err = verify(ctx, db, row.ID, at); err != nil {
					return err
				}
			}
			starts = append(starts, from)
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
