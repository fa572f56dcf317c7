// Package replies reads which chats answer which: what is answered, how often, and by what. It rests on one idea: a reply
// refers to a chat and copies nothing of it, so what is shown of that chat is what it is now. It changes nothing.
package replies

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/db"
	"parley/ent/chat"
)

// Replies reads a database. It is safe for concurrent use.
type Replies struct {
	store *db.Store
	now   func() time.Time
}

// New makes Replies. now is the clock that bans are compared with.
func New(store *db.Store, now func() time.Time) *Replies { return &Replies{store, now} }

// ReplyTargets returns the chat that each of these answers, nil where there is none or the reader may not read the room any more,
// with one query. The same chat is one object.
func (s *Replies) ReplyTargets(ctx context.Context, reader access.Reader, chats []*roomlog.Chat) ([]*roomlog.Chat, error) {
	targets, rooms := make([]*roomlog.Chat, len(chats)), map[uuid.UUID]*roomlog.Room{}
	var ids []uuid.UUID
	for _, c := range chats {
		if c.ReplyTo != nil && rooms[*c.ReplyTo] == nil {
			rooms[*c.ReplyTo] = c.Room
			ids = append(ids, *c.ReplyTo)
		}
	}
	if len(ids) == 0 {
		return targets, nil
	}
	rows, err := s.store.Read.Chat.Query().Where(chat.IDIn(ids...), s.readable(reader)).Select(roomlog.ChatColumns...).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what is answered: %w", err)
	}
	byID := make(map[uuid.UUID]*roomlog.Chat, len(rows))
	for _, row := range rows {
		byID[row.ID] = roomlog.ChatOf(row, rooms[row.ID])
	}
	for i, c := range chats {
		if c.ReplyTo != nil {
			targets[i] = byID[*c.ReplyTo]
		}
	}
	return targets, nil
}

// ReplyCounts returns how many chats answer each of these and are not deleted, with one query; 0 where the reader may not read the
// room any more.
func (s *Replies) ReplyCounts(ctx context.Context, reader access.Reader, chats []*roomlog.Chat) ([]int, error) {
	counts := make([]int, len(chats))
	ids := make([]uuid.UUID, len(chats))
	for i, c := range chats {
		ids[i] = c.ID
	}
	var rows []struct {
		ReplyTo uuid.UUID `sql:"reply_to"`
		Count   int       `sql:"count"`
	}
	err := s.store.Read.Chat.Query().Where(chat.ReplyToIn(ids...), chat.DeletedAtIsNil(), s.readable(reader)).
		Modify(func(c *sql.Selector) {
			c.Select(c.C(chat.FieldReplyTo), sql.As(sql.Count("*"), "count")).GroupBy(c.C(chat.FieldReplyTo))
		}).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count replies: %w", err)
	}
	byID := make(map[uuid.UUID]int, len(rows))
	for _, row := range rows {
		byID[row.ReplyTo] = row.Count
	}
	for i, c := range chats {
		counts[i] = byID[c.ID]
	}
	return counts, nil
}

func (s *Replies) readable(reader access.Reader) func(*sql.Selector) {
	return func(c *sql.Selector) { c.Where(reader.In(c, c.C(chat.FieldRoomID), s.now())) }
}
