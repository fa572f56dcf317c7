package roomlog

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/roomevent"
)

// pageBytes are those of the texts in one page of the log: what follows is read by the next.
const pageBytes = 64 << 10

// since reads at most MaxPage events after a position, and no more text than pageBytes, but at least one event, and whether
// there is more. It reads the position itself too: the event there must carry the tag we hold, and places must follow
// one another, or nothing is handed out. It is one statement: on several nodes it is what each chat costs the database
// on each of them.
func (l *Log) since(ctx context.Context, room *Room, at Position) (events []*Event, more bool, err error) {
	p, err := l.readRows(ctx, room.ID, at.Place)
	if err != nil {
		return nil, false, fmt.Errorf("read log: %w", err)
	}
	return p.after(room, at)
}

// logRows are entries of a log and what they show, all of one state: as one statement has read them, or one transaction
// has written them.
type logRows struct {
	log   []*ent.RoomEvent
	chats map[uuid.UUID]*ent.Chat // that the log is about, and if they were read, the newest up to the first place
	room  *ent.Room               // with the columns at least that are paged
	more  bool                    // the log goes on
}

// after returns what follows a position, which the rows begin at.
func (p logRows) after(room *Room, at Position) (events []*Event, more bool, err error) {
	rows, err := follows(p.log, at)
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	events, err = withChats(room.asOf(rows, p.room), rows, p.chats)
	return events, p.more, err
}

// readRows reads a room's log from a place on. Of a deleted room there is the last event alone.
func (l *Log) readRows(ctx context.Context, room uuid.UUID, place int64) (p logRows, err error) {
	rows, err := l.store.Query(ctx, l.statements.since, max(place, 1), max(place, 1), room, place, room)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	p.chats, p.room = map[uuid.UUID]*ent.Chat{}, &ent.Room{}
	var into []any
	for bytes := 0; rows.Next(); {
		if bytes > pageBytes && len(p.log) > 1 { // the first may be the position itself
			p.more = true
			return p, nil
		}
		e, c := &ent.RoomEvent{RoomID: room}, &ent.Chat{}
		into = outerFields(fields(into[:0], eventColumns, e), chatColumns, read, c)
		if err := rows.Scan(outerFields(into, roomColumns, paged, p.room)...); err != nil {
			return p, err
		}
		bytes += len(c.Text)
		p.log = append(p.log, e)
		if c.Number > 0 && p.chats[c.ID] == nil { // else the event is about none; an older server may have stored the nil UUID
			p.chats[c.ID] = c
		}
	}
	p.more = len(p.log) == MaxPage+1
	return p, rows.Err()
}

// follows checks that rows begin at a position and go on without a hole, and takes it off.
func follows(rows []*ent.RoomEvent, at Position) ([]*ent.RoomEvent, error) {
	if n := len(rows); n > 0 && rows[n-1].Kind == roomevent.KindROOM_DELETED && rows[n-1].Place > at.Place {
		return rows[n-1:], nil // the log was cleared; who was behind goes straight to the end
	}
	if at.Place > 0 {
		if len(rows) == 0 || rows[0].Place != at.Place || rows[0].Tag != at.Tag {
			return nil, ErrDiverged
		}
		rows = rows[1:]
	}
	for i, row := range rows {
		if want := at.Place + 1 + int64(i); row.Place != want {
			return nil, fmt.Errorf("%w: of room %s at place %d", errHole, row.RoomID, want)
		}
	}
	return rows, nil
}

// withChats joins events with the chats they are about, as these are now, and the room with its newest, if it is there.
func withChats(room *Room, rows []*ent.RoomEvent, chats map[uuid.UUID]*ent.Chat) ([]*Event, error) {
	made := make(map[uuid.UUID]*Chat, len(chats))
	for id, c := range chats {
		made[id] = ChatOf(c, room)
		if c.Number == room.LastNumber {
			room.Newest = made[id]
		}
	}
	events := make([]*Event, len(rows))
	for i, row := range rows {
		events[i] = eventOf(row, room)
		if row.ChatID == nil {
			continue
		}
		if events[i].Chat = made[*row.ChatID]; events[i].Chat == nil {
			return nil, fmt.Errorf("log of room %s names a chat that is not there at place %d", row.RoomID, row.Place)
		}
	}
	return events, nil
}
