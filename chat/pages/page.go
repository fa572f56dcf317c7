package pages

import (
	"context"
	"fmt"

	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/chat"
	"parley/ent/roomevent"
)

const defaultPage = 50

// PageQuery says which chats of a room to read: at most First from the start of the range or Last
// from its end, between two cursors. Without First and Last: the newest 50 of the range.
type PageQuery struct {
	First, Last   *int
	After, Before *string
}

// Chats reads a page of a room, oldest first. ErrNoRoom, roomlog.ErrDiverged, *arguments.InvalidError.
func (s *Pages) Chats(ctx context.Context, caller access.Caller, nameOrID string, q PageQuery) (*Page, error) {
	var page *Page
	err := s.store.View(ctx, func(db *ent.Client) error {
		row, err := s.find(ctx, db, caller, access.Read, nameOrID)
		if err != nil {
			return err
		}
		wanted, err := q.pageRange(ctx, db, row.Room)
		if err != nil {
			return err
		}
		page, err = wanted.read(ctx, db, row)
		return err
	})
	return page, err
}

// pageRange is a range of chat numbers, both ends excluded, and which part of it is wanted. Numbers
// have no holes, so they tell how much lies on either side of a page.
type pageRange struct {
	after, before int
	first, last   int // -1: not asked for
}

func (q PageQuery) pageRange(ctx context.Context, db *ent.Client, row *ent.Room) (pageRange, error) {
	w, unsaid := pageRange{before: row.LastNumber + 1}, -1
	if q.First == nil {
		unsaid = defaultPage
	}
	var err error
	if w.first, err = arguments.PageSize("first", q.First, -1); err != nil {
		return w, err
	}
	if w.last, err = arguments.PageSize("last", q.Last, unsaid); err != nil {
		return w, err
	}
	if q.After != nil {
		event, err := standsOn(ctx, db, row, "after", *q.After)
		if err != nil {
			return w, err
		}
		w.after = event.Number
	}
	if q.Before != nil {
		event, err := standsOn(ctx, db, row, "before", *q.Before)
		if err != nil {
			return w, err
		}
		w.before = event.Number + 1
		if event.Kind == roomevent.KindCHAT_SENT {
			w.before-- // the chat at the place itself is not before it
		}
	}
	return w, nil
}

// standsOn is the event that a cursor stands on.
func standsOn(ctx context.Context, db *ent.Client, row *ent.Room, field, cursor string) (*ent.RoomEvent, error) {
	at, err := CursorOf(row.ID, field, cursor)
	if err != nil {
		return nil, err
	}
	return roomlog.Verify(ctx, db, row.ID, at)
}

// read reads the chats of a range. Last counts within what First leaves, as in the Relay
// specification of connections.
func (w pageRange) read(ctx context.Context, db *ent.Client, row access.Room) (*Page, error) {
	if w.first >= 0 {
		w.before = min(w.before, w.after+w.first+1)
	}
	if w.last >= 0 {
		w.after = max(w.after, w.before-w.last-1)
	}
	page := &Page{Nodes: []*roomlog.Chat{}}
	if w.before-w.after > 1 {
		rows, err := db.Chat.Query().
			Where(chat.RoomID(row.ID), chat.NumberGT(w.after), chat.NumberLT(w.before)).
			Order(ent.Asc(chat.FieldNumber)).Select(roomlog.ChatColumns...).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read chats: %w", err)
		}
		in := roomlog.RoomFor(row)
		page.Nodes = make([]*roomlog.Chat, len(rows))
		for i, c := range rows {
			page.Nodes[i] = roomlog.ChatOf(c, in)
		}
	}
	page.locate(w, row.Room)
	return page, nil
}

// locate says where the page lies.
func (p *Page) locate(w pageRange, row *ent.Room) {
	p.PageInfo.HasPreviousPage = w.after > 0
	p.PageInfo.HasNextPage = w.before <= row.LastNumber
	if n := len(p.Nodes); n > 0 {
		start, end := p.Nodes[0].Cursor(), p.Nodes[n-1].Cursor()
		p.PageInfo.StartCursor, p.PageInfo.EndCursor = &start, &end
	}
	if !p.PageInfo.HasNextPage {
		head := roomlog.HeadOf(row).Cursor(row.ID)
		p.SyncCursor = &head
	}
}
