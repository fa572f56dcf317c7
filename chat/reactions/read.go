package reactions

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
	Users []uuid.UUID // the first of them, at most ten; nil: they were not asked for
}

// What is read of the chats that shown selects, in a row for each emoji on each. The emoji are looked up one after the other in an
// index, and in another the first people of each, so that only counting looks at all reactions, and at nothing but the index.
const (
	kindsOn = `WITH RECURSIVE kinds(chat_id, emoji) AS (
	SELECT shown.id, (SELECT MIN(r.emoji) FROM reactions r WHERE r.chat_id = shown.id) FROM (%s) shown
	UNION ALL
	SELECT kinds.chat_id, (SELECT MIN(r.emoji) FROM reactions r WHERE r.chat_id = kinds.chat_id AND r.emoji > kinds.emoji) FROM kinds
	WHERE kinds.emoji IS NOT NULL
) SELECT chat_id, emoji, (SELECT COUNT(*) FROM ` + ofKind + `), (SELECT MIN(r.place) FROM ` + ofKind + `) AS since, %s
FROM kinds WHERE emoji IS NOT NULL ORDER BY since`
	firstPeople = `(SELECT string_agg(CAST(f.user_id AS text), ' ') FROM (SELECT r.user_id FROM ` + ofKind + ` ORDER BY r.place LIMIT 10) f)`
	noPeople    = `NULL`
	ofKind      = `reactions r WHERE r.chat_id = kinds.chat_id AND r.emoji = kinds.emoji`
)

// Reactions returns what is on each of these chats, in the order in which it came, with one query; nothing where the reader may
// not read the room any more. people says whether it is to be known who reacted first.
func (s *Service) Reactions(ctx context.Context, reader access.Reader, chats []*roomlog.Chat, people bool) ([][]*Reaction, error) {
	shown, args := s.on(reader, chats).Query()
	who := noPeople
	if people {
		who = firstPeople
	}
	found := map[uuid.UUID][]*Reaction{}
	err := s.read(ctx, fmt.Sprintf(kindsOn, shown, who), args, func(rows *sql.Rows) (err error) {
		var on uuid.UUID
		var since int64
		var first sql.NullString
		one := &Reaction{}
		if err := rows.Scan(&on, &one.Emoji, &one.Count, &since, &first); err != nil {
			return err
		}
		one.Users, err = idsIn(first.String)
		found[on] = append(found[on], one)
		return err
	})
	return each(chats, found), err
}

// idsIn are those in a text, with spaces between them.
func idsIn(text string) (ids []uuid.UUID, err error) {
	if text != "" {
		ids = make([]uuid.UUID, 0, strings.Count(text, " ")+1)
	}
	for one := range strings.FieldsSeq(text) {
		id, wrong := uuid.Parse(one)
		ids, err = append(ids, id), errors.Join(err, wrong)
	}
	return ids, err
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
