package chat

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/chat"
	"parley/ent/roomevent"
)

// A Start is where a reader begins in a room, and where the room's log ended at that moment.
type Start struct {
	Room     *Room
	At, Head Position
}

// Open answers where a reader of a room begins: behind the cursor, or now. ErrNoRoom, ErrDiverged,
// *InvalidError: after CURSOR_INVALID.
func (s *Service) Open(ctx context.Context, reader uuid.UUID, nameOrID string, after *string) (from Start, err error) {
	err = s.store.View(ctx, func(db *ent.Client) error {
		row, err := find(ctx, db, reader, read, nameOrID)
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

// since reads at most MaxPage events after a position. It reads the position itself too: the event
// there must carry the tag we hold, and places must follow one another, or nothing is handed out.
func (s *Service) since(ctx context.Context, room *Room, at position) (events []*Event, more bool, err error) {
	err = s.store.View(ctx, func(db *ent.Client) error {
		rows, err := db.RoomEvent.Query().Where(roomevent.RoomID(room.ID), roomevent.PlaceGTE(at.place)).
			Order(ent.Asc(roomevent.FieldPlace)).Limit(MaxPage + 1).All(ctx)
		if err != nil {
			return fmt.Errorf("read log: %w", err)
		}
		more = len(rows) == MaxPage+1
		if rows, err = follows(rows, at); err != nil {
			return err
		}
		events, err = withChats(ctx, db, room.asOf(rows), rows)
		return err
	})
	return events, more, err
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
			return nil, fmt.Errorf("log of room %s has a hole at place %d", row.RoomID, want)
		}
	}
	return rows, nil
}

// withChats joins events with the chats they are about, as these are now.
func withChats(ctx context.Context, db *ent.Client, room *Room, rows []*ent.RoomEvent) ([]*Event, error) {
	byID := make(map[uuid.UUID]*Chat, len(rows))
	if err := sentIn(ctx, db, room, rows, byID); err != nil {
		return nil, err
	}
	var older []uuid.UUID // changed in this stretch of the log, and sent before it
	for _, row := range rows {
		if row.ChatID != nil && byID[*row.ChatID] == nil {
			older = append(older, *row.ChatID)
		}
	}
	if len(older) > 0 {
		chats, err := db.Chat.Query().Where(chat.IDIn(older...)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read chats of log: %w", err)
		}
		for _, c := range chats {
			byID[c.ID] = foldChat(c, room)
		}
	}
	events := make([]*Event, len(rows))
	for i, row := range rows {
		events[i] = &Event{
			Kind: EventKind(row.Kind), At: row.At, ActorID: row.ActorID, Room: room,
			position: position{place: row.Place, tag: row.Tag, number: row.Number, isChat: row.Kind == roomevent.KindCHAT_SENT},
		}
		if row.ChatID != nil {
			if events[i].Chat = byID[*row.ChatID]; events[i].Chat == nil {
				return nil, fmt.Errorf("log of room %s names a chat that is not there at place %d", row.RoomID, row.Place)
			}
		}
	}
	return events, nil
}

// sentIn finds the chats that were sent in a stretch of the log by the range of their numbers, which
// lie side by side; by their ids it is a third slower.
func sentIn(ctx context.Context, db *ent.Client, room *Room, rows []*ent.RoomEvent, byID map[uuid.UUID]*Chat) error {
	first, last := 0, -1
	for _, row := range rows {
		if row.Kind != roomevent.KindCHAT_SENT {
			continue
		}
		if last = row.Number; first == 0 {
			first = row.Number
		}
	}
	if last < first {
		return nil
	}
	chats, err := db.Chat.Query().Where(chat.RoomID(room.ID), chat.NumberGTE(first), chat.NumberLTE(last)).All(ctx)
	if err != nil {
		return fmt.Errorf("read chats of log: %w", err)
	}
	for _, c := range chats {
		byID[c.ID] = foldChat(c, room)
	}
	return nil
}
