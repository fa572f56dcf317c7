package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/roomevent"
)

// A Start is where a reader begins in a room, and where the room's log ended at that moment.
type Start struct {
	Room     *Room
	At, Head Position
}

// Open answers where a reader of a room begins: behind the cursor, or now. ErrNoRoom, ErrDiverged,
// *InvalidError: after CURSOR_INVALID.
func (s *Service) Open(ctx context.Context, caller Caller, nameOrID string, after *string) (from Start, err error) {
	err = s.store.View(ctx, func(db *ent.Client) error {
		row, err := find(ctx, db, caller, read, nameOrID)
		if err != nil {
			return err
		}
		at := headOf(row)
		if after != nil {
			at, err = place(ctx, db, row, "after", *after)
		}
		from = Start{foldRoom(row), at.known(), headOf(row).known()}
		return err
	})
	return from, err
}

// A Tail is the log of a room as its readers share it. Safe for concurrent use.
type Tail struct {
	readers *readers
	feed    *feed
}

// Follow joins the readers of a room. wake is called whenever something may follow what has been read,
// and does not block. Join before the first Next: from then on no bell is missed.
func (s *Service) Follow(from Start, wake func()) *Tail { return s.readers.follow(from, wake) }

func (r *readers) follow(from Start, wake func()) *Tail {
	t := &Tail{readers: r}
	t.feed = r.join(from, t, wake)
	return t
}

// Next answers a page of what follows a position, in order and without a hole, each event with its chat as
// it is now. None: wait for the bell. ErrNoRoom, ErrDiverged: the log cannot be read on from there; any
// other error passes by itself. Events are shared and must not be changed.
func (t *Tail) Next(ctx context.Context, at Position) ([]*Event, error) {
	return t.feed.next(ctx, t.readers.log, position{place: at.Place, tag: at.Tag})
}

// Leave ends it. Call it once.
func (t *Tail) Leave() { t.readers.leave(t.feed, t) }

// since reads at most MaxPage events after a position, and no more text than pageBytes, but at least one event. It reads the position itself too: the event
// there must carry the tag we hold, and places must follow one another, or nothing is handed out. It is
// one statement: on several nodes it is what each chat costs the database on each of them.
func (s *Service) since(ctx context.Context, room *Room, at position) (events []*Event, more bool, err error) {
	rows, chats, more, err := s.readLog(ctx, room.ID, at.place)
	if err != nil {
		return nil, false, fmt.Errorf("read log: %w", err)
	}
	if rows, err = follows(rows, at); err != nil {
		return nil, false, err
	}
	events, err = withChats(room.asOf(rows), rows, chats)
	return events, more, err
}

// pageBytes are those of the texts in one page of the log: what follows is read by the next.
const pageBytes = 64 << 10

// readLog reads a room's log from a place on, and the chats it is about as they are now. more: it goes on.
// Of a deleted room there is the last event alone.
func (s *Service) readLog(ctx context.Context, room uuid.UUID, place int64) (log []*ent.RoomEvent, chats map[uuid.UUID]*ent.Chat, more bool, err error) {
	rows, err := s.store.Query(ctx, s.statements.since, room, place, room)
	if err != nil {
		return nil, nil, false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	chats = map[uuid.UUID]*ent.Chat{}
	for bytes := 0; rows.Next(); {
		if bytes > pageBytes && len(log) > 1 { // the first may be the position itself
			return log, chats, true, nil
		}
		e, c := &ent.RoomEvent{RoomID: room}, joined{}
		err := rows.Scan(&e.Place, &e.Number, &e.Kind, &e.Tag, &e.At, &e.ActorID, &e.ChatID,
			&c.id, &c.number, &c.place, &c.tag, &c.user, &c.username, &c.text, &c.createdAt, &c.editedAt, &c.deletedAt)
		if err != nil {
			return nil, nil, false, err
		}
		if c.text != nil {
			bytes += len(*c.text)
		}
		log = append(log, e)
		if c.id != nil && chats[*c.id] == nil {
			chats[*c.id] = c.row()
		}
	}
	return log, chats, len(log) == MaxPage+1, rows.Err()
}

// joined is a chat beside an event, all nil where the event is about none.
type joined struct {
	id, user            *uuid.UUID
	number              *int
	place, tag          *int64
	username, text      *string
	createdAt           *time.Time
	editedAt, deletedAt *time.Time
}

func (j joined) row() *ent.Chat {
	return &ent.Chat{
		ID: *j.id, Number: *j.number, Place: *j.place, Tag: *j.tag, UserID: *j.user, Username: *j.username,
		Text: *j.text, CreatedAt: *j.createdAt, EditedAt: j.editedAt, DeletedAt: j.deletedAt,
	}
}

// asOf is the room as these entries of its log leave it.
func (r *Room) asOf(rows []*ent.RoomEvent) *Room {
	if len(rows) == 0 {
		return r
	}
	now := *r
	now.lastNumber = rows[len(rows)-1].Number
	return &now
}

// follows checks that rows begin at a position and go on without a hole, and takes it off.
func follows(rows []*ent.RoomEvent, at position) ([]*ent.RoomEvent, error) {
	if n := len(rows); n > 0 && rows[n-1].Kind == roomevent.KindROOM_DELETED && rows[n-1].Place > at.place {
		return rows[n-1:], nil // the log was cleared; who was behind goes straight to the end
	}
	if at.place > 0 {
		if len(rows) == 0 || rows[0].Place != at.place || rows[0].Tag != at.tag {
			return nil, ErrDiverged
		}
		rows = rows[1:]
	}
	for i, row := range rows {
		if want := at.place + 1 + int64(i); row.Place != want {
			return nil, fmt.Errorf("%w: of room %s at place %d", errHole, row.RoomID, want)
		}
	}
	return rows, nil
}

// withChats joins events with the chats they are about, as these are now.
func withChats(room *Room, rows []*ent.RoomEvent, chats map[uuid.UUID]*ent.Chat) ([]*Event, error) {
	folded := make(map[uuid.UUID]*Chat, len(chats))
	events := make([]*Event, len(rows))
	for i, row := range rows {
		events[i] = &Event{
			Kind: EventKind(row.Kind), At: row.At, ActorID: row.ActorID, Room: room,
			position: position{place: row.Place, tag: row.Tag, number: row.Number, isChat: row.Kind == roomevent.KindCHAT_SENT},
		}
		if row.ChatID == nil {
			continue
		}
		c := chats[*row.ChatID]
		if c == nil {
			return nil, fmt.Errorf("log of room %s names a chat that is not there at place %d", row.RoomID, row.Place)
		}
		if folded[c.ID] == nil {
			folded[c.ID] = foldChat(c, room)
		}
		events[i].Chat = folded[c.ID]
	}
	return events, nil
}
