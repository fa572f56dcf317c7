package chat

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/chat"
	"parley/ent/roomevent"
)

// Follow streams the chats of a room in order, each once: those after the cursor, however many
// they are, or from now on; then those to come. The channel is closed when ctx ends, or after
// ended was called with the reason for which the stream cannot go on: ErrNoRoom when the room was
// deleted, ErrDiverged when its history is no longer the one that was followed. Whatever passes by
// itself, such as a database that cannot be reached, only delays.
func (s *Service) Follow(ctx context.Context, reader uuid.UUID, nameOrID string, after *string, ended func(error)) (<-chan *Chat, error) {
	room, from, err := s.door(ctx, reader, nameOrID, after)
	if err != nil {
		return nil, err
	}
	return s.readers.chats(ctx, start{room, from}, ended), nil
}

// chats streams the chats of a room from a start on, as Follow says.
func (r *readers) chats(ctx context.Context, from start, ended func(error)) <-chan *Chat {
	out := make(chan *Chat)
	f := r.join(from) // before anything is read: from here on each bell concerns this reader
	go func() {
		defer close(out)
		defer r.leave(f)
		defer caught(ended)
		err := r.pump(ctx, f, from.at, visitor{event: func(e *Event) error {
			switch e.Kind {
			case RoomDeleted:
				return ErrNoRoom
			case ChatSent:
				return hand(ctx, out, e.Chat)
			}
			return nil
		}})
		if ctx.Err() == nil {
			ended(err)
		}
	}()
	return out
}

// caught ends a stream whose goroutine panics.
func caught(ended func(error)) {
	if r := recover(); r != nil {
		ended(fmt.Errorf("panic while following: %v\n%s", r, debug.Stack()))
	}
}

// hand gives a value to whoever reads the channel.
func hand[T any](ctx context.Context, out chan<- T, value T) error {
	select {
	case out <- value:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// start is where a stream begins in a room.
type start struct {
	room *Room
	at   position
}

// door says whether somebody may read a room from a cursor on, and where that is.
func (s *Service) door(ctx context.Context, reader uuid.UUID, nameOrID string, after *string) (room *Room, from position, err error) {
	err = s.store.View(ctx, func(db *ent.Client) error {
		row, err := find(ctx, db, reader, read, nameOrID)
		if err != nil {
			return err
		}
		room, from = foldRoom(row), headOf(row)
		if after != nil {
			from, err = place(ctx, db, row, "after", *after)
		}
		return err
	})
	return room, from, err
}

// A visitor is shown a room's log. Its error ends the visit.
type visitor struct {
	event func(*Event) error
	live  func() error // called whenever the end of the log has been reached; may be nil
}

// Waits between tries while the log cannot be read.
const firstRetry, longestRetry = 100 * time.Millisecond, 2 * time.Second

// pump shows a visitor what follows a position until ctx ends, the log does or the visitor has had
// enough.
func (r *readers) pump(ctx context.Context, f *feed, at position, to visitor) error {
	retry := firstRetry
	for {
		bell := f.bell.listen() // before reading, so that a bell during it is heard after it
		events, err := f.next(ctx, r.log, at)
		switch {
		case errors.Is(err, ErrNoRoom) || errors.Is(err, ErrDiverged):
			return err
		case err != nil:
			if err := pause(ctx, retry); err != nil {
				return err
			}
			retry = min(2*retry, longestRetry)
			continue
		}
		retry = firstRetry
		for _, e := range events {
			if err := to.event(e); err != nil {
				return err
			}
			at = e.position
			if rung(bell) {
				break // what is left may have changed meanwhile
			}
		}
		if len(events) > 0 {
			continue
		}
		if to.live != nil {
			if err := to.live(); err != nil {
				return err
			}
		}
		select {
		case <-bell:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func rung(bell <-chan struct{}) bool {
	select {
	case <-bell:
		return true
	default:
		return false
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

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
		events, err = withChats(ctx, db, room, rows)
		return err
	})
	return events, more, err
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
