package reactions

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent/chat"
	"parley/ent/reaction"
)

// A Reaction is one emoji on one chat.
type Reaction struct {
	Emoji string
	Count int         // of people, also of those whose accounts are gone
	Users []uuid.UUID // the first of them, at most ten
}

const shownUsers = 10

// Reactions returns what is on each of these chats, in the order in which it came, with one query; nothing where the reader may
// not read the room any more.
func (s *Service) Reactions(ctx context.Context, reader access.Reader, chats []*roomlog.Chat) ([][]*Reaction, error) {
	r := sql.Table(reaction.Table)
	on := s.on(reader, chats)
	counted := s.Store.SQL().Select(r.C(reaction.FieldChatID), r.C(reaction.FieldEmoji), r.C(reaction.FieldUserID), r.C(reaction.FieldPlace)).
		AppendSelectExprAs(sql.Expr("COUNT(*) OVER (PARTITION BY chat_id, emoji)"), "people").
		AppendSelectExprAs(sql.Expr("ROW_NUMBER() OVER (PARTITION BY chat_id, emoji ORDER BY place)"), "nth").
		From(r).Where(sql.In(r.C(reaction.FieldChatID), on)).As("counted")
	text, args := s.Store.SQL().Select("chat_id", "emoji", "user_id", "people").From(counted).
		Where(sql.LTE("nth", shownUsers)).OrderBy("place").Query()
	found := map[uuid.UUID][]*Reaction{}
	err := s.read(ctx, text, args, func(rows *sql.Rows) error {
		var of, who uuid.UUID
		var emoji string
		var people int
		if err := rows.Scan(&of, &emoji, &who, &people); err != nil {
			return err
		}
		one := kind(found[of], emoji)
		if one == nil {
			one = &Reaction{Emoji: emoji, Count: people}
			found[of] = append(found[of], one)
		}
		one.Users = append(one.Users, who)
		return nil
	})
	return each(chats, found), err
}

func kind(of []*Reaction, emoji string) *Reaction {
	for _, one := range of {
		if one.Emoji == emoji {
			return one
		}
	}
	return nil
}

// MyReactions returns what the caller has put on each of these chats, in the order in which they did, with one query.
func (s *Service) MyReactions(ctx context.Context, caller access.Caller, chats []*roomlog.Chat) ([][]string, error) {
	r := sql.Table(reaction.Table)
	text, args := s.Store.SQL().Select(r.C(reaction.FieldChatID), r.C(reaction.FieldEmoji)).From(r).Where(sql.And(
		sql.In(r.C(reaction.FieldChatID), s.on(access.Reader{Person: caller.ID}, chats)), sql.EQ(r.C(reaction.FieldUserID), caller.ID),
	)).OrderBy(r.C(reaction.FieldPlace)).Query()
	found := map[uuid.UUID][]string{}
	err := s.read(ctx, text, args, func(rows *sql.Rows) error {
		var of uuid.UUID
		var emoji string
		err := rows.Scan(&of, &emoji)
		found[of] = append(found[of], emoji)
		return err
	})
	return each(chats, found), err
}

// on are those of some chats whose reactions are shown: deleted ones have none, whatever waits to be taken away.
func (s *Service) on(reader access.Reader, chats []*roomlog.Chat) *sql.Selector {
	ids := make([]any, len(chats))
	for i, one := range chats {
		ids[i] = one.ID
	}
	c := sql.Table(chat.Table)
	on := s.Store.SQL().Select(c.C(chat.FieldID)).From(c)
	return on.Where(sql.And(sql.In(c.C(chat.FieldID), ids...), sql.IsNull(c.C(chat.FieldDeletedAt)), reader.In(on, c.C(chat.FieldRoomID), s.Now())))
}

// read calls scan with each row.
func (s *Service) read(ctx context.Context, text string, args []any, scan func(*sql.Rows) error) error {
	rows, err := s.Store.Query(ctx, text, args...)
	if err != nil {
		return fmt.Errorf("read reactions: %w", err)
	}
	for rows.Next() && err == nil {
		err = scan(rows)
	}
	if err := errors.Join(err, rows.Close(), rows.Err()); err != nil {
		return fmt.Errorf("read reactions: %w", err)
	}
	return nil
}

// each is what was found of each chat.
func each[T any](chats []*roomlog.Chat, found map[uuid.UUID][]T) [][]T {
	lists := make([][]T, len(chats))
	for i, one := range chats {
		lists[i] = found[one.ID]
	}
	return lists
}
