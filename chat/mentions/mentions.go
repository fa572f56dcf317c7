// Package mentions keeps who is named in chats. It rests on one idea: what may be a name is found in the text alone (Find), before
// anybody is asked, and who is meant is decided among the members of the room in the transaction of the chat. So the rows are as
// the text is, and whoever is not in the room is plain text.
package mentions

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/db"
	"parley/ent"
	"parley/ent/mention"
)

// Most is how many people the text of one chat mentions.
const Most = 20

// Mentions writes and reads them. It is safe for concurrent use.
type Mentions struct {
	store  *db.Store
	insert *db.BulkStmt
}

// New makes Mentions.
func New(store *db.Store) *Mentions {
	return &Mentions{store, store.BulkInsert(
		mention.Table, mention.FieldRoomID, mention.FieldNumber, mention.FieldChatID, mention.FieldUserID, mention.FieldAnswers, mention.FieldSentAt,
	)}
}

// A Written is a chat as it is written, and what may mention somebody.
type Written struct {
	Chat     *ent.Chat
	Names    []Name    // what Find has found in its text
	Answered uuid.UUID // the author of the chat that it answers; uuid.Nil: it answers none
}

// Named are whom the texts of chats mention, by the chats' ids.
type Named map[uuid.UUID][]uuid.UUID

// Of are those of one chat, not nil.
func (n Named) Of(chat uuid.UUID) []uuid.UUID { return append([]uuid.UUID{}, n[chat]...) }

// Write stores whom new chats mention, behind the chats and those who join by them: of any number of rooms, which the transaction
// has locked, and with one statement to find them. Nobody is mentioned by themselves, nor by whom they have blocked. It returns
// whom the texts mention.
func (m *Mentions) Write(ctx context.Context, tx *ent.Tx, written ...Written) (Named, error) {
	if len(written) == 0 {
		return nil, nil
	}
	there, err := find(ctx, tx, written)
	if err != nil {
		return nil, err
	}
	named := Named{}
	var args []any
	for _, w := range written {
		named[w.Chat.ID] = there.named(w)
		for _, id := range named[w.Chat.ID] {
			args = append(args, columnsOf(w.Chat, id, false)...)
		}
		if there.mayTell(w.Chat, w.Answered) {
			args = append(args, columnsOf(w.Chat, w.Answered, true)...)
		}
	}
	if _, err := m.insert.Run(ctx, tx, args); err != nil {
		return nil, fmt.Errorf("store mentions: %w", err)
	}
	return named, nil
}

// columnsOf is a row in the order of New.
func columnsOf(c *ent.Chat, id uuid.UUID, answers bool) []any {
	return []any{c.RoomID, c.Number, c.ID, id, answers, c.CreatedAt.UTC().Truncate(time.Millisecond)}
}

// Rewrite stores whom a chat mentions since its text is another one than before, and returns them. Whom it answers stays.
func (m *Mentions) Rewrite(ctx context.Context, tx *ent.Tx, c *ent.Chat, before string, names []Name) (Named, error) {
	if Possible(before) {
		if _, err := tx.Mention.Delete().Where(mention.ChatID(c.ID), mention.Answers(false)).Exec(ctx); err != nil {
			return nil, fmt.Errorf("delete mentions: %w", err)
		}
	}
	return m.Write(ctx, tx, Written{Chat: c, Names: names})
}

// Remove takes away whom a chat mentions and answers.
func Remove(ctx context.Context, tx *ent.Tx, chat uuid.UUID) error {
	if _, err := tx.Mention.Delete().Where(mention.ChatID(chat)).Exec(ctx); err != nil {
		return fmt.Errorf("delete mentions: %w", err)
	}
	return nil
}

// Possibly says whether a chat may mention somebody.
func Possibly(c *roomlog.Chat) bool { return c.Text != nil && Possible(*c.Text) }

// Mentioned returns the ids of those whom the texts of chats mention, in no order, with one query; without any where no text could,
// or it is known from writing the text: then it is what was stored with it, whatever has come since. Nobody where the reader may not
// read the room any more.
func (m *Mentions) Mentioned(ctx context.Context, reader access.Reader, chats []*roomlog.Chat, now time.Time) ([][]uuid.UUID, error) {
	var asked []uuid.UUID
	for _, c := range chats {
		if c.Named == nil && Possibly(c) {
			asked = append(asked, c.ID)
		}
	}
	byChat := map[uuid.UUID][]uuid.UUID{}
	if err := m.read(ctx, reader, asked, now, byChat); err != nil {
		return nil, err
	}
	mentioned := make([][]uuid.UUID, len(chats))
	for i, c := range chats {
		if mentioned[i] = c.Named; c.Named == nil {
			mentioned[i] = byChat[c.ID]
		}
	}
	return mentioned, nil
}

// read reads those of some chats.
func (m *Mentions) read(ctx context.Context, reader access.Reader, asked []uuid.UUID, now time.Time, byChat map[uuid.UUID][]uuid.UUID) error {
	if len(asked) == 0 {
		return nil
	}
	rows, err := m.store.Read.Mention.Query().Where(mention.ChatIDIn(asked...), mention.Answers(false), func(s *sql.Selector) { s.Where(reader.In(s, s.C(mention.FieldRoomID), now)) }).
		Select(mention.FieldChatID, mention.FieldUserID).All(ctx)
	if err != nil {
		return fmt.Errorf("read mentions: %w", err)
	}
	for _, row := range rows {
		byChat[row.ChatID] = append(byChat[row.ChatID], row.UserID)
	}
	return nil
}
