package replies

import (
	"context"
	"fmt"

	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/pages"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/chat"
)

const defaultPage = 50

// Replies reads a page of the chats that answer one, oldest first, with what is left of those that are deleted. first is 0 to 200, nil:
// 50; after is a cursor of the room. access.ErrNoRoom, roomlog.ErrDiverged, *arguments.InvalidError.
func (s *Replies) Replies(ctx context.Context, caller access.Caller, of *roomlog.Chat, first *int, after *string) (*pages.Page, error) {
	n, err := arguments.PageSize("first", first, defaultPage)
	if err != nil {
		return nil, err
	}
	page := &pages.Page{Nodes: []*roomlog.Chat{}}
	err = s.store.View(ctx, func(db *ent.Client) error {
		in, err := access.Find(ctx, db, caller, access.Read, of.Room.ID.String(), s.now())
		if err != nil {
			return err
		}
		behind := 0
		if after != nil {
			if behind, err = numberAt(ctx, db, in, *after); err != nil {
				return err
			}
			page.PageInfo.HasPreviousPage = true
		}
		rows, err := db.Chat.Query().Where(chat.ReplyTo(of.ID), chat.NumberGT(behind)).Order(ent.Asc(chat.FieldNumber)).
			Limit(n + 1).Select(roomlog.ChatColumns...).All(ctx)
		if err != nil {
			return fmt.Errorf("read replies: %w", err)
		}
		room := roomlog.RoomFor(in)
		for _, row := range rows[:min(n, len(rows))] {
			page.Nodes = append(page.Nodes, roomlog.ChatOf(row, room))
		}
		page.PageInfo.HasNextPage = len(rows) > n
		return nil
	})
	if k := len(page.Nodes); k > 0 {
		start, end := page.Nodes[0].Cursor(), page.Nodes[k-1].Cursor()
		page.PageInfo.StartCursor, page.PageInfo.EndCursor = &start, &end
	}
	return page, err
}

// numberAt is that of the newest chat at a cursor of the room.
func numberAt(ctx context.Context, db *ent.Client, in access.Room, cursor string) (int, error) {
	at, err := pages.CursorOf(in.ID, "after", cursor)
	if err != nil {
		return 0, err
	}
	event, err := roomlog.Verify(ctx, db, in.ID, at)
	if err != nil {
		return 0, err
	}
	return event.Number, nil
}
