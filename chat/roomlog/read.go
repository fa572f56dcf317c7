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
	rows, err := follows(p.log, at)
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	events, err = withChats(room.asOf(rows, p.room), rows, p.chats)
	return events, p.more, err
}

// logRows are what one statement has read of a log: all of one state.
type logRows struct {
	log   []*ent.RoomEvent
	chats map[uuid.UUID]*ent.Chat // that the log is about, and the newest up to the first place
	room  *ent.Room               // as columns say that are paged
	more  bool                    // the log goes on
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
		if c.ID != uuid.Nil && p.chats[c.ID] == nil {
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

// withChats joins events with the chats they are about, as these are now.
func withChats(room *Room, rows []*ent.RoomEvent, chats map[uuid.UUID]*ent.Chat) ([]*Event, error) {
	made := make(map[uuid.UUID]*Chat, len(chats))
	events := make([]*Event, len(rows))
	for i, row := range rows {
		events[i] = &Event{
			Kind: EventKind(row.Kind), At: row.At, ActorID: row.ActorID, Room: room,
			position: Position{row.Place, row.Tag},
		}
		if row.ChatID == nil {
			continue
		}
		c := chats[*row.ChatID]
		if c == nil {
			return nil, fmt.Errorf("log of room %s names a chat that is not there at place %d", row.RoomID, row.Place)
		}
		if made[c.ID] == nil {
			made[c.ID] = ChatOf(c, room)
		}
		events[i].Chat = made[c.ID]
	}
	room.Newest = newest(room, chats, made)
	return events, nil
}

// newest is the newest chat of a room as a page leaves it, of those that were read with the page.
func newest(room *Room, chats map[uuid.UUID]*ent.Chat, made map[uuid.UUID]*Chat) *Chat {
	for id, c := range chats {
		if c.Number != room.LastNumber {
			continue
		}
		if made[id] != nil {
			return made[id]
		}
		return ChatOf(c, room)
	}
	return nil
}
