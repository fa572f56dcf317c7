package readers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/follow"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/member"
	"parley/ent/room"
	"parley/ent/user"
)

var (
	// ErrManyRooms means that there are more rooms than the reader may follow, or cursors of more than twice as many.
	ErrManyRooms = errors.New("too many rooms for one reader")
	// ErrCursor means that a text is no cursor of a room or of the list of this person.
	ErrCursor = errors.New("not a cursor of rooms or of this list")
)

// An Opening is where a reader of all rooms that a person is in begins.
type Opening struct {
	Set    *Set
	Starts []follow.Start // in order of the rooms' ids
	Ended  []Ending       // to be handed out first
	Cursor string         // of the list that Starts are
}

// A Set is all rooms that a person is in, as one reader of theirs knows them.
type Set struct {
	readers *Readers
	person  uuid.UUID
	opened  int64        // the version of the list when it was opened
	seen    atomic.Int64 // of the list that was read last
}

// Open returns where a reader of all rooms of a person begins, by at most four queries. after are cursors of these rooms, of
// others, and of the list. ErrCursor, *roomlog.DivergedError, ErrManyRooms.
func (x *Readers) Open(ctx context.Context, reader access.Caller, after []string) (opened Opening, err error) {
	from, err := parseResume(reader.ID, after)
	from.most = access.MaxRooms(x.o.MaxRooms, reader.Bot)
	switch {
	case err != nil:
		return opened, err
	case len(from.rooms) > 2*from.most:
		return opened, ErrManyRooms
	}
	select {
	case x.opening <- struct{}{}:
		defer func() { <-x.opening }()
	case <-ctx.Done():
		return opened, ctx.Err()
	}
	err = x.store.View(ctx, func(db *ent.Client) error {
		opened, err = x.open(ctx, db, reader.ID, from)
		return err
	})
	if err != nil {
		return Opening{}, fmt.Errorf("open all rooms of a person: %w", err)
	}
	return opened, nil
}

func (x *Readers) open(ctx context.Context, db *ent.Client, person uuid.UUID, from resume) (opened Opening, err error) {
	l, err := x.list(ctx, db, person, from.rooms)
	switch {
	case err != nil:
		return opened, err
	case len(l.rooms) > from.most:
		return opened, ErrManyRooms
	case from.listed != Never && from.listed > l.version:
		return opened, &roomlog.DivergedError{} // nobody knows which rooms there were
	}
	opened.Cursor = listCursor(person, l.version)
	opened.Set = &Set{readers: x, person: person, opened: l.version}
	opened.Set.seen.Store(l.version)
	if opened.Starts, err = Locate(ctx, db, l.rooms, from.rooms, from.listed); err != nil {
		return opened, err
	}
	opened.Ended, err = x.endings(ctx, db, person, l.strangers(from.rooms), from.rooms, l.others)
	return opened, err
}

// Read returns the rooms that the person is in now. Whoever has joined one since the Set was opened begins behind their
// joining. *roomlog.DivergedError: the list has gone back to one of before.
func (s *Set) Read(ctx context.Context) (starts []follow.Start, err error) {
	err = s.readers.store.View(ctx, func(db *ent.Client) error {
		l, err := s.readers.list(ctx, db, s.person, nil)
		switch {
		case err != nil:
			return err
		case l.version < s.seen.Load():
			return &roomlog.DivergedError{}
		}
		s.seen.Store(l.version)
		starts, err = Locate(ctx, db, l.rooms, nil, s.opened)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read all rooms of a person: %w", err)
	}
	return starts, nil
}

// A list is a person's list of rooms, of one state.
type list struct {
	version int64
	rooms   []access.Room           // that they are in
	others  map[uuid.UUID]*ent.Room // that they are not in, also deleted ones, of those that were asked for
}

// list reads a person's list, and of some other rooms those that are there, by two queries.
func (x *Readers) list(ctx context.Context, db *ent.Client, person uuid.UUID, also map[uuid.UUID]roomlog.Position) (l list, err error) {
	if l.version, err = versionOf(ctx, db, person); err != nil {
		return l, err
	}
	ids := make([]any, 0, len(also))
	for id := range also {
		ids = append(ids, id)
	}
	found, err := access.Load(ctx, db.Room.Query().Where(isListed(person, ids)).Order(ent.Asc(room.FieldID)), person, x.o.Now())
	if err != nil {
		return l, err
	}
	l.others = map[uuid.UUID]*ent.Room{}
	for _, r := range found {
		switch {
		case r.As.Member == nil:
			l.others[r.ID] = r.Room
		case r.DeletedAt == nil:
			l.rooms = append(l.rooms, r)
		}
	}
	return l, nil
}

// isListed picks the rooms that a person is in, and those of some ids. It is one list of ids, so that rooms are found by
// their ids and not one after the other.
func isListed(person uuid.UUID, ids []any) func(*sql.Selector) {
	return func(s *sql.Selector) {
		m, r := sql.Table(member.Table), sql.Table(room.Table)
		listed := sql.Dialect(s.Dialect()).Select(m.C(member.FieldRoomID)).From(m).Where(sql.EQ(m.C(member.FieldUserID), person))
		if len(ids) > 0 {
			listed.UnionAll(sql.Dialect(s.Dialect()).Select(r.C(room.FieldID)).From(r).Where(sql.In(r.C(room.FieldID), ids...)))
		}
		s.Where(sql.In(s.C(room.FieldID), listed))
	}
}

// versionOf is the version of a person's list of rooms.
func versionOf(ctx context.Context, db *ent.Client, person uuid.UUID) (int64, error) {
	row, err := db.User.Query().Where(user.ID(person)).Select(user.FieldRoomsVersion).Only(ctx)
	if err != nil {
		return 0, fmt.Errorf("find a person: %w", err)
	}
	return row.RoomsVersion, nil
}

// strangers are the rooms that a reader has cursors of and that the person is not in, in order of their ids.
func (l list) strangers(cursors map[uuid.UUID]roomlog.Position) []uuid.UUID {
	in := make(map[uuid.UUID]bool, len(l.rooms))
	for _, r := range l.rooms {
		in[r.ID] = true
	}
	var ids []uuid.UUID
	for id := range cursors {
		if !in[id] {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(x, y uuid.UUID) int { return slices.Compare(x[:], y[:]) })
	return ids
}
