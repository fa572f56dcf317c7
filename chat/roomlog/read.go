package roomlog

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/room"
)

// pageBytes are those of the texts and data of chats in one page of the log: what follows is read by the next.
const pageBytes = 64 << 10

// Since reads at most MaxPage events after a position, and no more text than pageBytes, but at least one event, and whether
// there is more. It reads the position itself too: the event there must carry the tag we hold, and places must follow
// one another, or nothing is handed out. It is one statement, or another one instead if memberships are shown: on several nodes it is what each chat costs the database
// on each of them.
func (l *Log) Since(ctx context.Context, room *Room, at Position) (events []*Event, more bool, err error) {
	p, err := l.readRows(ctx, l.statements.since, room.ID, at.Place)
	if err == nil && !p.Whole(at) {
		p, err = l.readRows(ctx, l.statements.sinceMembers, room.ID, at.Place)
	}
	if err != nil {
		return nil, false, fmt.Errorf("read log: %w", err)
	}
	return p.After(room, at)
}

// readRows reads a room's log from a place on. Of a deleted room there is the last event alone.
func (l *Log) readRows(ctx context.Context, statement string, room uuid.UUID, place int64) (p Rows, err error) {
	rows, err := l.store.Query(ctx, statement, max(place, 1), max(place, 1), room, place, room)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	p.Chats, p.Room = map[uuid.UUID]*ent.Chat{}, &ent.Room{}
	withMembers := statement == l.statements.sinceMembers
	var into []any
	for bytes := 0; rows.Next(); {
		if bytes > pageBytes && len(p.Log) > 1 { // the first may be the position itself
			p.More = true
			return p, nil
		}
		e, c, m := &ent.RoomEvent{RoomID: room}, &ent.Chat{}, &ent.Member{}
		into = outerFields(fields(into[:0], eventColumns, e), chatColumns, read, c)
		into = outerFields(into, roomColumns, paged, p.Room)
		if withMembers {
			into = outerFields(into, memberColumns, read, m)
		}
		if err := rows.Scan(into...); err != nil {
			return p, err
		}
		if withMembers {
			p.know(e, m)
		}
		bytes += len(c.Text) + sizeOf(c.Data)
		p.Log = append(p.Log, e)
		if c.Number > 0 && p.Chats[c.ID] == nil { // else the event is about none; an older server may have stored the nil UUID
			p.Chats[c.ID] = c
		}
	}
	p.More = len(p.Log) == MaxPage+1
	return p, rows.Err()
}

// sizeOf is how long a text is that may be none.
func sizeOf(text *string) int {
	if text == nil {
		return 0
	}
	return len(*text)
}

// ErrMoved means that a log does not end where it was said to.
var ErrMoved = errors.New("the log ends elsewhere")

// At returns a room as its log leaves it, with its newest chat, if the log ends at that position. ErrMoved: it does not.
func (l *Log) At(ctx context.Context, room *Room, at Position) (*Room, error) {
	p, err := l.readRows(ctx, l.statements.since, room.ID, at.Place)
	if err != nil {
		return nil, fmt.Errorf("read the end of a log: %w", err)
	}
	return p.At(room, at)
}

// Heads returns the last position of each of these rooms.
func (l *Log) Heads(ctx context.Context, rooms []uuid.UUID) (map[uuid.UUID]Position, error) {
	rows, err := l.store.Read.Room.Query().Where(room.IDIn(rooms...)).
		Select(room.FieldID, room.FieldLastPlace, room.FieldLastTag).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read heads: %w", err)
	}
	heads := make(map[uuid.UUID]Position, len(rows))
	for _, row := range rows {
		heads[row.ID] = HeadOf(row)
	}
	return heads, nil
}
