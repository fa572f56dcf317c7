package pages

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/roomlog"
	"parley/chat/texts"
	"parley/ent"
	"parley/ent/predicate"
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

// A RoomScope says from which rooms a list is made.
type RoomScope string

// The scopes. What somebody has hidden is in neither.
const (
	AllRooms    RoomScope = "ALL"    // the public ones that they are not banned from, and those that they are in
	JoinedRooms RoomScope = "JOINED" // those that they are in
)

// RoomsQuery says which rooms to list.
type RoomsQuery struct {
	Scope    *RoomScope // default AllRooms
	Matching *string    // only rooms whose name contains this text
	First    *int       // at most this many; default 50, largest 200
	After    *string    // only rooms after this cursor
}

// Rooms lists rooms, the most recently active first, all as of one moment. *arguments.InvalidError.
func (s *Pages) Rooms(ctx context.Context, caller access.Caller, q RoomsQuery) (*RoomPage, error) {
	first, err := arguments.PageSize("first", q.First, defaultPage)
	if err != nil {
		return nil, err
	}
	where, some, err := q.where()
	if err != nil || !some {
		return roomPage(nil, first, false), err
	}
	var found []access.Room
	err = s.store.View(ctx, func(db *ent.Client) error {
		for _, list := range s.lists(caller, q.Scope) {
			query := db.Room.Query().Where(list...).Where(where...).Order(ent.Desc(room.FieldLastAt, room.FieldID)).Limit(first + 1)
			rooms, err := access.Load(ctx, query, caller.ID, s.now())
			if err != nil {
				return err
			}
			found = append(found, rooms...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, newestFirst)
	return roomPage(found, first, q.After != nil), nil
}

// where is what the rooms of a list have in common; not some: no room has it.
func (q RoomsQuery) where() (where []predicate.Room, some bool, err error) {
	if q.Matching != nil {
		key, ok := texts.MatchRoomNames(*q.Matching)
		if !ok {
			return nil, false, nil
		}
		where = append(where, room.NameKeyContains(key))
	}
	if q.After != nil {
		a, err := parseActivity("after", *q.After)
		if err != nil {
			return nil, false, err
		}
		where = append(where, room.LastAtLTE(a.at), // which the index is entered with
			room.Or(room.LastAtLT(a.at), room.IDLT(a.id)))
	}
	return where, true, nil
}

// lists are what a scope is made of, of which no room is in two. The newest public rooms come from their index, and those that
// somebody is in are few: neither would be read so in one list.
func (s *Pages) lists(caller access.Caller, scope *RoomScope) [][]predicate.Room {
	joined := predicate.Room(access.Joined(caller.ID))
	if scope != nil && *scope == JoinedRooms {
		return [][]predicate.Room{{joined}}
	}
	return [][]predicate.Room{{access.Public(caller.ID, s.now())}, {joined, access.NotPublic}}
}

func newestFirst(x, y access.Room) int {
	return cmp.Or(y.LastAt.Compare(x.LastAt), bytes.Compare(y.ID[:], x.ID[:]))
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
