package chat

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/chat"
	"parley/ent/room"
	"parley/ent/roomevent"
	"parley/naming"
)

func foldChat(c *ent.Chat, in *Room) *Chat {
	folded := &Chat{
		ID: c.ID, Room: in, Number: c.Number, UserID: c.UserID, Username: c.Username, Text: &c.Text, CreatedAt: c.CreatedAt,
		EditedAt: c.EditedAt, DeletedAt: c.DeletedAt,
		position: position{place: c.Place, tag: c.Tag, number: c.Number, isChat: true},
	}
	if c.DeletedAt != nil {
		folded.Text = nil
	}
	return folded
}

// logged is something that happens in a room: what an entry of its log says.
type logged struct {
	kind  roomevent.Kind
	actor uuid.UUID
	chat  *uuid.UUID
}

// raised is what appending to a log came to: the room as its last event left it, and the positions
// of the new events, all at one moment.
type raised struct {
	room      *ent.Room
	at        time.Time
	positions []position
	rows      []any // of the log, not yet written
}

// appending is events that belong at the end of a room's log.
type appending struct {
	room   uuid.UUID
	events []logged
	now    time.Time
}

// raise appends events to a room's log. Its first statement raises the counter row, which locks it
// until commit, so places have no holes and readers see them in the order of their commits. The
// time of an event never lies before that of the one before it, unless that one was of a wrongClock.
// Every change of a room goes here.
func (s *statements) raise(ctx context.Context, tx *ent.Tx, a appending) (*raised, error) {
	up, err := s.lift(ctx, tx, a)
	if err != nil {
		return nil, err
	}
	return up, s.write(ctx, tx, up.rows)
}

// wrongClock is how far ahead a time must lie to be taken for that of a clock that was wrong. Kept, it would
// be the time of all that happens in the room until then, and the room would lead every list.
const wrongClock = 24 * time.Hour

// write appends rows that lift has made, of any number of rooms.
func (s *statements) write(ctx context.Context, tx *ent.Tx, rows []any) error {
	if _, err := s.events.Run(ctx, tx, rows); err != nil {
		return fmt.Errorf("append to log: %w", err)
	}
	return nil
}

// lift is raise without the rows of the log: whoever raises many rooms writes them together.
func (s *statements) lift(ctx context.Context, tx *ent.Tx, a appending) (*raised, error) {
	n, chats, tag := len(a.events), 0, newTag()
	for _, l := range a.events {
		if l.kind == roomevent.KindCHAT_SENT {
			chats++
		}
	}
	var room, now any = a.room.String(), a.now
	row, err := s.raiseCounters(ctx, tx, n, chats, tag, now, a.now.Add(wrongClock), now, room)
	if err != nil {
		return nil, err
	}
	up := &raised{room: row, at: row.LastAt, positions: make([]position, n), rows: make([]any, 0, n*len(eventColumns))}
	now = up.at
	at := position{place: row.LastPlace - int64(n), number: row.LastNumber - chats}
	for i, l := range a.events {
		at.place, at.tag, at.isChat = at.place+1, newTag(), l.kind == roomevent.KindCHAT_SENT
		if at.isChat {
			at.number++
		}
		if i == n-1 {
			at.tag = tag
		}
		up.positions[i] = at
		up.rows = append(up.rows, room, at.place, at.number, at.tag, string(l.kind), now, l.actor, l.chat)
	}
	return up, nil
}

// heads answers the head of each room's log.
func (s *Service) heads(ctx context.Context, rooms []uuid.UUID) (map[uuid.UUID]position, error) {
	rows, err := s.store.Read.Room.Query().Where(room.IDIn(rooms...)).
		Select(room.FieldID, room.FieldLastPlace, room.FieldLastTag).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read heads: %w", err)
	}
	heads := make(map[uuid.UUID]position, len(rows))
	for _, row := range rows {
		heads[row.ID] = headOf(row)
	}
	return heads, nil
}

// ChatsByID answers chats in the order of ids, nil where there is none that the caller may see.
func (s *Service) ChatsByID(ctx context.Context, caller Caller, ids []uuid.UUID) ([]*Chat, error) {
	byID := map[uuid.UUID]*Chat{}
	err := s.store.View(ctx, func(db *ent.Client) error {
		rows, err := db.Chat.Query().Where(chat.IDIn(ids...)).All(ctx)
		if err != nil || len(rows) == 0 {
			return err
		}
		var roomIDs []uuid.UUID
		for _, c := range rows {
			if !slices.Contains(roomIDs, c.RoomID) {
				roomIDs = append(roomIDs, c.RoomID)
			}
		}
		roomRows, err := db.Room.Query().Where(room.IDIn(roomIDs...)).All(ctx)
		if err != nil {
			return err
		}
		in := map[uuid.UUID]*Room{}
		for _, r := range roomRows {
			if may(caller, read, r) == nil {
				in[r.ID] = foldRoom(r)
			}
		}
		for _, c := range rows {
			if r := in[c.RoomID]; r != nil {
				byID[c.ID] = foldChat(c, r)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find chats: %w", err)
	}
	return inOrder(ids, byID), nil
}

// Chat finds one chat by its id. ErrNoChat.
func (s *Service) Chat(ctx context.Context, caller Caller, id string) (*Chat, error) {
	parsed, ok := naming.ParseID(id)
	if !ok {
		return nil, ErrNoChat
	}
	chats, err := s.ChatsByID(ctx, caller, []uuid.UUID{parsed})
	if err != nil {
		return nil, err
	}
	if chats[0] == nil {
		return nil, ErrNoChat
	}
	return chats[0], nil
}
