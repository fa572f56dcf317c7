package readers

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/room"
	"parley/ent/roomevent"
)

// An Ending is the one event that a reader is given of a room that a cursor is of and that they are not in.
type Ending struct {
	At   roomlog.Position // of the cursor
	Last *roomlog.Event
}

// endings are what somebody is told of rooms that they are not in, of which others are those that are there. Who has been
// told before, as the cursor says, is not told again; no tag is compared.
func (x *Readers) endings(ctx context.Context, db *ent.Client, person uuid.UUID, strangers []uuid.UUID, cursors map[uuid.UUID]roomlog.Position, others map[uuid.UUID]*ent.Room) ([]Ending, error) {
	ended, err := endedBy(ctx, db, person, strangers)
	if err != nil {
		return nil, err
	}
	var told []Ending
	for _, id := range strangers {
		at, by, of := cursors[id], ended[id], others[id]
		switch {
		case by == nil || of == nil:
			told = append(told, Ending{at, roomlog.Gone(id, x.o.Now())})
		case at.Place < by.Place:
			told = append(told, Ending{at, roomlog.Lost(by, of)})
		}
	}
	return told, nil
}

// last is the last event that somebody is given of a room that they may not read, and that is the only one of rooms unless
// it never was there: what ended their own reading, or else the room.
func (x *Readers) last(ctx context.Context, db *ent.Client, person, id uuid.UUID, rooms []access.Room, asMember bool) (*roomlog.Event, error) {
	switch {
	case len(rooms) == 0:
		return roomlog.Gone(id, x.o.Now()), nil
	case rooms[0].DeletedAt != nil && mayRead(undeleted(rooms[0]), asMember) == nil:
		return x.end(ctx, db, rooms[0])
	}
	ended, err := endedBy(ctx, db, person, []uuid.UUID{id})
	if by := ended[id]; by != nil {
		return roomlog.Lost(by, rooms[0].Room), nil
	}
	return x.ended(rooms[0].Room), err
}

// undeleted is a deleted room as it was before.
func undeleted(r access.Room) access.Room {
	row := *r.Room
	row.DeletedAt = nil
	return access.Room{Room: &row, As: r.As}
}

// end is the end of a deleted room for somebody who could read it until then. Its name is for those who were in it: whether
// others were banned is not known once that is purged.
func (x *Readers) end(ctx context.Context, db *ent.Client, r access.Room) (*roomlog.Event, error) {
	if r.As.Member == nil {
		return x.ended(r.Room), nil
	}
	by, err := db.RoomEvent.Query().Where(roomevent.RoomID(r.ID), roomevent.Place(r.LastPlace)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the end of a room: %w", err)
	}
	return roomlog.Lost(by, r.Room), nil
}

// ended is what somebody is told of a room that they have read, where the log does not say any more how that ended: all of it that
// never changes.
func (x *Readers) ended(of *ent.Room) *roomlog.Event {
	last := roomlog.Gone(of.ID, x.o.Now())
	last.Room.Kind, last.Room.CreatedAt = roomlog.RoomKind(of.Kind), of.CreatedAt
	return last
}

// endedBy are the newest events that have ended somebody's reading in rooms, by one query.
func endedBy(ctx context.Context, db *ent.Client, person uuid.UUID, rooms []uuid.UUID) (map[uuid.UUID]*ent.RoomEvent, error) {
	if len(rooms) == 0 {
		return nil, nil
	}
	rows, err := db.RoomEvent.Query().Where(
		roomevent.UserID(person), roomevent.RoomIDIn(rooms...), isEnding, newestEnding,
	).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find what has ended somebody's reading: %w", err)
	}
	ended := make(map[uuid.UUID]*ent.RoomEvent, len(rows))
	for _, row := range rows {
		ended[row.RoomID] = row
	}
	return ended, nil
}

// endingKinds are those of the events that end one person's reading.
var endingKinds = []any{string(roomlog.MemberLeft), string(roomlog.MemberRemoved)}

// isEnding is written so that the index over them can be entered.
func isEnding(e *sql.Selector) {
	e.Where(sql.And(sql.In(e.C(roomevent.FieldKind), endingKinds...), sql.NotNull(e.C(roomevent.FieldName))))
}

// newestEnding picks the newest of them about one person in one room.
func newestEnding(e *sql.Selector) {
	later := sql.Table(roomevent.Table).As("later")
	e.Where(sql.NotExists(sql.Select(later.C(roomevent.FieldPlace)).From(later).Where(sql.And(
		sql.ColumnsEQ(later.C(roomevent.FieldRoomID), e.C(roomevent.FieldRoomID)),
		sql.ColumnsEQ(later.C(roomevent.FieldUserID), e.C(roomevent.FieldUserID)),
		sql.In(later.C(roomevent.FieldKind), endingKinds...), sql.NotNull(later.C(roomevent.FieldName)),
		sql.ColumnsGT(later.C(roomevent.FieldPlace), e.C(roomevent.FieldPlace)),
	))))
}

func byID(db *ent.Client, id uuid.UUID) *ent.RoomQuery { return db.Room.Query().Where(room.ID(id)) }
