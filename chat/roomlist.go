package chat

import (
	"context"

	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/chat/texts"
	"parley/ent"
	"parley/ent/room"
)

// A RoomPage is a stretch of the list of rooms, the most recently active first.
type RoomPage struct {
	Edges    []RoomEdge
	PageInfo PageInfo
}

// A RoomEdge is a room in a page.
type RoomEdge struct {
	Cursor string
	Node   *roomlog.Room
}

// Nodes are the rooms of the page without their cursors.
func (p *RoomPage) Nodes() []*roomlog.Room {
	rooms := make([]*roomlog.Room, len(p.Edges))
	for i, e := range p.Edges {
		rooms[i] = e.Node
	}
	return rooms
}

// RoomsQuery says which rooms to list.
type RoomsQuery struct {
	Matching *string // only rooms whose name contains this text
	First    *int    // at most this many; default 50, largest 200
	After    *string // only rooms after this cursor
}

// Rooms lists rooms, the most recently active first.
func (s *Service) Rooms(ctx context.Context, caller Caller, q RoomsQuery) (*RoomPage, error) {
	first, err := pageSize("first", q.First, defaultPage)
	if err != nil {
		return nil, err
	}
	query := s.store.Read.Room.Query().Where(isPublic)
	if q.Matching != nil {
		key, ok := texts.MatchRoomNames(*q.Matching)
		if !ok {
			return roomPage(nil, first, false), nil
		}
		query.Where(room.NameKeyContains(key))
	}
	if q.After != nil {
		a, err := parseActivity("after", *q.After)
		if err != nil {
			return nil, err
		}
		query.Where(room.Or(room.LastAtLT(a.at), room.And(room.LastAt(a.at), room.IDLT(a.id))))
	}
	rows, err := access.Load(ctx, query.Order(ent.Desc(room.FieldLastAt, room.FieldID)).Limit(first+1), caller.ID, s.now())
	if err != nil {
		return nil, err
	}
	return roomPage(rows, first, q.After != nil), nil
}

func roomPage(rows []access.Room, first int, hasPrevious bool) *RoomPage {
	page := &RoomPage{Edges: []RoomEdge{}, PageInfo: PageInfo{HasPreviousPage: hasPrevious, HasNextPage: len(rows) > first}}
	for _, row := range rows[:min(first, len(rows))] {
		page.Edges = append(page.Edges, RoomEdge{activity{row.LastAt, row.ID}.cursor(), roomlog.RoomFor(row)})
	}
	if n := len(page.Edges); n > 0 {
		page.PageInfo.StartCursor, page.PageInfo.EndCursor = &page.Edges[0].Cursor, &page.Edges[n-1].Cursor
	}
	return page
}
