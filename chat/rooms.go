package chat

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/chat"
	"parley/ent/predicate"
	"parley/ent/room"
	"parley/ent/roomevent"
	"parley/naming"
)

func foldRoom(r *ent.Room) *Room {
	return &Room{ID: r.ID, Name: r.Name, Topic: r.Topic, CreatedAt: r.CreatedAt, lastNumber: r.LastNumber}
}

// CreateRoom makes a room that the caller owns. name has 2 to 64 code points, letters of one script, and is unique without
// regard to case and width; topic has at most 250, nil or empty for none.
// ErrRoomNameTaken, *InvalidError, *RateError.
func (s *Service) CreateRoom(ctx context.Context, caller Caller, name string, topic *string) (*Room, error) {
	shown, key, err := roomName(name)
	if err != nil {
		return nil, err
	}
	if topic != nil {
		if err := checkLength("topic", *topic, 0, maxTopic); err != nil {
			return nil, err
		}
		if *topic == "" {
			topic = nil
		}
	}
	if err := s.changes.take(caller.ID); err != nil {
		return nil, err
	}
	if err := s.creations.take(caller.ID); err != nil {
		return nil, err
	}
	var made *Room
	err = s.store.Write(ctx, func(tx *ent.Tx) error {
		now := s.now()
		row, err := tx.Room.Create().SetID(uuid.Must(uuid.NewV7())).SetOwnerID(caller.ID).SetName(shown).
			SetNameKey(key).SetNillableTopic(topic).SetCreatedAt(now).SetLastAt(now).Save(ctx)
		if ent.IsConstraintError(err) {
			return ErrRoomNameTaken
		}
		if err != nil {
			return fmt.Errorf("create room: %w", err)
		}
		made = foldRoom(row)
		return nil
	})
	return made, err
}

// called is what a client calls a room by: its id, or else the key of its name.
type called struct {
	id  uuid.UUID
	key string // empty: by its id
}

// parseCalled reads one. ErrNoRoom: no room can be called so.
func parseCalled(nameOrID string) (called, error) {
	if id, ok := naming.ParseID(nameOrID); ok {
		return called{id: id}, nil
	}
	_, key, err := readName(nameOrID)
	if err != nil {
		return called{}, ErrNoRoom
	}
	return called{key: key}, nil
}

// find reads a room's row for something the caller wants to do there.
func find(ctx context.Context, db *ent.Client, caller Caller, do action, nameOrID string) (*ent.Room, error) {
	rows, err := findAll(ctx, db, caller, do, []string{nameOrID})
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// findAll does the same for several rooms with one query, in the order in which they are named first. A room
// that is named twice, perhaps by name and by id, is answered once.
func findAll(ctx context.Context, db *ent.Client, caller Caller, do action, namesOrIDs []string) ([]*ent.Room, error) {
	var calls []called
	asked := map[string]bool{}
	for _, text := range namesOrIDs {
		if asked[text] {
			continue
		}
		asked[text] = true
		c, err := parseCalled(text)
		if err != nil {
			return nil, err
		}
		calls = append(calls, c)
	}
	found, err := db.Room.Query().Where(anyCalled(calls)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find rooms: %w", err)
	}
	byCall := make(map[called]*ent.Room, 2*len(found))
	for _, row := range found {
		byCall[called{id: row.ID}] = row
		if row.NameKey != nil {
			byCall[called{key: *row.NameKey}] = row
		}
	}
	var rows []*ent.Room
	seen := map[uuid.UUID]bool{}
	for _, c := range calls {
		row := byCall[c]
		if row == nil {
			return nil, ErrNoRoom
		}
		if err := may(caller, do, row); err != nil {
			return nil, err
		}
		if !seen[row.ID] {
			seen[row.ID] = true
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// anyCalled picks the rooms of some calls, at least one.
func anyCalled(calls []called) predicate.Room {
	var ids []uuid.UUID
	var keys []string
	for _, c := range calls {
		if c.key == "" {
			ids = append(ids, c.id)
		} else {
			keys = append(keys, c.key)
		}
	}
	switch {
	case len(keys) == 0:
		return room.IDIn(ids...)
	case len(ids) == 0:
		return room.NameKeyIn(keys...)
	}
	return room.Or(room.IDIn(ids...), room.NameKeyIn(keys...))
}

// Room finds a room by its id or its name. ErrNoRoom.
func (s *Service) Room(ctx context.Context, caller Caller, nameOrID string) (*Room, error) {
	row, err := find(ctx, s.store.Read, caller, read, nameOrID)
	if err != nil {
		return nil, err
	}
	return foldRoom(row), nil
}

// RoomsByID answers rooms in the order of ids, nil where there is none that the caller may see.
func (s *Service) RoomsByID(ctx context.Context, caller Caller, ids []uuid.UUID) ([]*Room, error) {
	rows, err := s.store.Read.Room.Query().Where(room.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find rooms: %w", err)
	}
	byID := map[uuid.UUID]*Room{}
	for _, row := range rows {
		if may(caller, read, row) == nil {
			byID[row.ID] = foldRoom(row)
		}
	}
	return inOrder(ids, byID), nil
}

func inOrder[T any](ids []uuid.UUID, byID map[uuid.UUID]*T) []*T {
	values := make([]*T, len(ids))
	for i, id := range ids {
		values[i] = byID[id]
	}
	return values
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
	query := s.store.Read.Room.Query().Where(room.DeletedAtIsNil())
	if q.Matching != nil {
		key, ok := matchKey(*q.Matching)
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
	rows, err := query.Order(ent.Desc(room.FieldLastAt, room.FieldID)).Limit(first + 1).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list rooms: %w", err)
	}
	return roomPage(rows, first, q.After != nil), nil
}

func roomPage(rows []*ent.Room, first int, hasPrevious bool) *RoomPage {
	page := &RoomPage{Edges: []RoomEdge{}, PageInfo: PageInfo{HasPreviousPage: hasPrevious, HasNextPage: len(rows) > first}}
	for _, row := range rows[:min(first, len(rows))] {
		page.Edges = append(page.Edges, RoomEdge{activity{row.LastAt, row.ID}.cursor(), foldRoom(row)})
	}
	if n := len(page.Edges); n > 0 {
		page.PageInfo.StartCursor, page.PageInfo.EndCursor = &page.Edges[0].Cursor, &page.Edges[n-1].Cursor
	}
	return page
}

// DeleteRoom deletes a room with all its chats and ends its streams. Only its owner may.
// What remains is a row without a name and one last event, which tells readers; nothing else of the room is
// handed out from then on, and a purger takes the rows away. It answers the room's id.
// ErrNoRoom, also when it was deleted before; ErrForbidden; *RateError.
func (s *Service) DeleteRoom(ctx context.Context, caller Caller, nameOrID string) (string, error) {
	if err := s.changes.take(caller.ID); err != nil {
		return "", err
	}
	var id uuid.UUID
	err := s.store.Write(ctx, func(tx *ent.Tx) error {
		row, err := find(ctx, tx.Client(), caller, deleteRoom, nameOrID)
		if err != nil {
			return err
		}
		id = row.ID
		at, err := s.statements.raise(ctx, tx, appending{row.ID, []logged{{kind: roomevent.KindROOM_DELETED, actor: caller.ID}}, s.now()})
		if err != nil {
			return err
		}
		if at.room.DeletedAt != nil {
			return ErrNoRoom // another node was faster
		}
		err = tx.Room.UpdateOneID(id).SetName("").ClearNameKey().ClearTopic().SetDeletedAt(at.at).SetPurging(true).Exec(ctx)
		if err != nil {
			return fmt.Errorf("delete room: %w", err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	s.notifier.Notify(id)
	s.purger.wake()
	return id.String(), nil
}

// ofLiveRooms are chats whose room was not deleted. The rows of one that was are there until they are purged;
// who does not read a chat together with its room asks for this. It is no join, whose plan Postgres would keep.
func ofLiveRooms(c *sql.Selector) {
	rooms := sql.Table(room.Table)
	c.Where(sql.P(func(b *sql.Builder) {
		b.Wrap(func(b *sql.Builder) {
			b.Join(sql.Dialect(b.Dialect()).Select(rooms.C(room.FieldDeletedAt)).From(rooms).Where(sql.ColumnsEQ(rooms.C(room.FieldID), c.C(chat.FieldRoomID))))
		}).WriteString(" IS NULL")
	}))
}

// LastChats answers the newest chat of each room, nil where there is none, with one query.
func (s *Service) LastChats(ctx context.Context, rooms []*Room) ([]*Chat, error) {
	byRoom := map[uuid.UUID]*Room{}
	newest := make([]predicate.Chat, 0, len(rooms))
	for _, r := range rooms {
		byRoom[r.ID] = r
		newest = append(newest, chat.And(chat.RoomID(r.ID), chat.Number(r.lastNumber)))
	}
	rows, err := s.store.Read.Chat.Query().Where(chat.Or(newest...), ofLiveRooms).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("newest chats: %w", err)
	}
	byID := map[uuid.UUID]*Chat{}
	for _, row := range rows {
		byID[row.RoomID] = foldChat(row, byRoom[row.RoomID])
	}
	chats := make([]*Chat, len(rooms))
	for i, r := range rooms {
		chats[i] = byID[r.ID]
	}
	return chats, nil
}
