package pages

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/chat"
	"parley/ent/member"
	"parley/ent/mention"
	"parley/ent/predicate"
	"parley/ent/room"
)

// defaultMentions is how many chats are shown to whoever does not say.
const defaultMentions = 20

// Mentions lists the chats that mention or answer the caller, in rooms they are in, the newest first, and those of one room as it
// has them: at most first, default 20, behind a cursor of this list. *arguments.InvalidError: first, after.
func (s *Pages) Mentions(ctx context.Context, caller access.Caller, first *int, after *string) (*Page, error) {
	n, err := arguments.PageSize("first", first, defaultMentions)
	if err != nil {
		return nil, err
	}
	where := []predicate.Mention{mention.UserID(caller.ID), inOwnRooms}
	if after != nil {
		behind, err := behindMention(*after)
		if err != nil {
			return nil, err
		}
		where = append(where, behind)
	}
	page := &Page{Nodes: []*roomlog.Chat{}, PageInfo: PageInfo{HasPreviousPage: after != nil}}
	err = s.store.View(ctx, func(db *ent.Client) error {
		// A chat has two rows at most: it names somebody, and answers them.
		rows, err := db.Mention.Query().Where(where...).Order(ent.Desc(mention.FieldSentAt, mention.FieldNumber, mention.FieldChatID)).Limit(2 * (n + 1)).All(ctx)
		if err != nil {
			return fmt.Errorf("list mentions: %w", err)
		}
		rows = slices.CompactFunc(rows, func(x, y *ent.Mention) bool { return x.ChatID == y.ChatID })
		page.PageInfo.HasNextPage = len(rows) > n
		return s.showMentions(ctx, db, caller, page, rows[:min(n, len(rows))])
	})
	return page, err
}

// inOwnRooms picks the mentions in rooms that whom they are of is in now.
func inOwnRooms(s *entsql.Selector) {
	m, r := entsql.Table(member.Table).As("m"), entsql.Table(room.Table).As("r")
	s.Join(m).OnP(entsql.And(
		entsql.ColumnsEQ(m.C(member.FieldUserID), s.C(mention.FieldUserID)), entsql.ColumnsEQ(m.C(member.FieldRoomID), s.C(mention.FieldRoomID)),
	)).Join(r).OnP(entsql.And(entsql.ColumnsEQ(r.C(room.FieldID), m.C(member.FieldRoomID)), entsql.IsNull(r.C(room.FieldDeletedAt))))
}

// behindMention is the list behind a cursor.
func behindMention(after string) (predicate.Mention, error) {
	x, err := parseMention("after", after)
	if err != nil {
		return nil, err
	}
	sameNumber := func(s *entsql.Selector) {
		s.Where(entsql.And(entsql.EQ(s.C(mention.FieldNumber), x.number), entsql.LT(s.C(mention.FieldChatID), x.chat)))
	}
	// The index is entered with the time alone.
	return mention.And(mention.SentAtLTE(x.at), mention.Or(mention.SentAtLT(x.at), mention.NumberLT(x.number), sameNumber)), nil
}

// showMentions reads the chats of rows into a page.
func (s *Pages) showMentions(ctx context.Context, db *ent.Client, caller access.Caller, page *Page, rows []*ent.Mention) error {
	if len(rows) == 0 {
		return nil
	}
	var chats, rooms []uuid.UUID
	for _, row := range rows {
		if chats = append(chats, row.ChatID); !slices.Contains(rooms, row.RoomID) {
			rooms = append(rooms, row.RoomID)
		}
	}
	byID, err := chatsOf(ctx, db, chats)
	if err != nil {
		return err
	}
	in, err := s.readable(ctx, db, caller, rooms)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if c, r := byID[row.ChatID], in[row.RoomID]; c != nil && r != nil {
			page.Nodes = append(page.Nodes, roomlog.ChatOf(c, r))
			page.Cursors = append(page.Cursors, mentioning{row.SentAt, row.Number, row.ChatID}.cursor())
		}
	}
	if n := len(page.Cursors); n > 0 {
		page.PageInfo.StartCursor, page.PageInfo.EndCursor = &page.Cursors[0], &page.Cursors[n-1]
	}
	return nil
}

// chatsOf are the rows of chats by their ids.
func chatsOf(ctx context.Context, db *ent.Client, ids []uuid.UUID) (map[uuid.UUID]*ent.Chat, error) {
	found, err := db.Chat.Query().Where(chat.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read chats: %w", err)
	}
	byID := make(map[uuid.UUID]*ent.Chat, len(found))
	for _, c := range found {
		byID[c.ID] = c
	}
	return byID, nil
}

// cursorOfMentions begins the cursors of that list: kind 1 byte, milliseconds 8, number 8, chat 16.
const cursorOfMentions = 3

// mentioning is where a chat stands in the list of mentions. Chats of one room and millisecond are ordered by their numbers.
type mentioning struct {
	at     time.Time
	number int
	chat   uuid.UUID
}

func (x mentioning) cursor() string {
	b := binary.BigEndian.AppendUint64([]byte{cursorOfMentions}, uint64(x.at.UnixMilli()))
	b = binary.BigEndian.AppendUint64(b, uint64(x.number))
	return base64.RawURLEncoding.EncodeToString(append(b, x.chat[:]...))
}

// parseMention reads a cursor. Both databases take the years 0 to 9999, and no chat was sent in any other.
func parseMention(field, text string) (mentioning, error) {
	b, ok := roomlog.DecodeCursor(text, cursorOfMentions, 33)
	if !ok {
		return mentioning{}, arguments.BadCursor(field)
	}
	at := time.UnixMilli(int64(binary.BigEndian.Uint64(b[1:]))).UTC()
	if at.Year() < 0 || at.Year() > 9999 {
		return mentioning{}, arguments.BadCursor(field)
	}
	return mentioning{at, int(binary.BigEndian.Uint64(b[9:])), uuid.UUID(b[17:33])}, nil
}
