package chat

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/chat/queue"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/chat"
	"parley/ent/predicate"
	"parley/ent/room"
)

// action is something a person can do in a room.
type action int

const (
	read action = iota
	send
	editChat
	deleteChat
	deleteRoom
)

// standing is what somebody is in a room.
type standing int

const (
	signedIn standing = iota // every room is public: whoever is signed in finds it, reads it and sends to it
	owner
)

// may says whether somebody of a standing may do something in a room; nothing else decides that. ErrNoRoom: it
// does not exist any more, or they may not know of it. ErrForbidden: they see it, but may not do this.
func may(as standing, do action, room *ent.Room) error {
	switch {
	case room.DeletedAt != nil:
		return ErrNoRoom
	case do == deleteRoom && as != owner:
		return ErrForbidden
	}
	return nil
}

// mayChange says the same of a chat of that room: its author edits and deletes it, the room's owner deletes it. What
// was deleted stays so.
func mayChange(caller Caller, as standing, do action, c *ent.Chat, room *ent.Room) error {
	if may(as, do, room) != nil {
		return ErrNoChat // it went with its room
	}
	author := c.UserID == caller.ID
	switch {
	case author && c.DeletedAt == nil, do == deleteChat && (author || as == owner):
		return nil
	}
	return ErrForbidden
}

// A judged room is its row and the caller's standing there, which one statement has read.
type judged struct {
	*ent.Room
	as standing
}

func (r judged) allows(do action) error { return may(r.as, do, r.Room) }

func judge(caller Caller, row *ent.Room) judged {
	if row.OwnerID == caller.ID {
		return judged{row, owner}
	}
	return judged{row, signedIn}
}

// load reads rooms with the caller's standing in each. All that is shown of a room comes from here, or from a row that
// a transaction has locked.
func load(ctx context.Context, caller Caller, rooms *ent.RoomQuery) ([]judged, error) {
	rows, err := rooms.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find rooms: %w", err)
	}
	loaded := make([]judged, len(rows))
	for i, row := range rows {
		loaded[i] = judge(caller, row)
	}
	return loaded, nil
}

// find reads a room's row for something the caller wants to do there. ErrNoRoom, ErrForbidden.
func find(ctx context.Context, db *ent.Client, caller Caller, do action, nameOrID string) (*ent.Room, error) {
	rows, err := findAll(ctx, db, caller, do, []string{nameOrID})
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// findAll does the same for several rooms with one query, in the order in which they are named first. A room
// that is named twice, perhaps by name and by id, is returned once.
func findAll(ctx context.Context, db *ent.Client, caller Caller, do action, namesOrIDs []string) ([]*ent.Room, error) {
	calls, err := parseAllCalled(namesOrIDs)
	if err != nil {
		return nil, err
	}
	found, err := load(ctx, caller, db.Room.Query().Where(anyCalled(calls)))
	if err != nil {
		return nil, err
	}
	byCall := indexed(found)
	var rows []*ent.Room
	seen := map[uuid.UUID]bool{}
	for _, c := range calls {
		r, there := byCall[c]
		if !there {
			return nil, ErrNoRoom
		}
		if err := r.allows(do); err != nil {
			return nil, err
		}
		if !seen[r.ID] {
			seen[r.ID] = true
			rows = append(rows, r.Room)
		}
	}
	return rows, nil
}

// indexed are rooms by all that they may be called.
func indexed(rooms []judged) map[called]judged {
	byCall := make(map[called]judged, 2*len(rooms))
	for _, r := range rooms {
		byCall[called{id: r.ID}] = r
		if r.NameKey != nil {
			byCall[called{key: *r.NameKey}] = r
		}
	}
	return byCall
}

// readable reads the rooms of some ids that the caller may read.
func readable(ctx context.Context, db *ent.Client, caller Caller, ids []uuid.UUID) (map[uuid.UUID]*roomlog.Room, error) {
	found, err := load(ctx, caller, db.Room.Query().Where(room.IDIn(ids...)))
	if err != nil {
		return nil, err
	}
	rooms := make(map[uuid.UUID]*roomlog.Room, len(found))
	for _, r := range found {
		if r.allows(read) == nil {
			rooms[r.ID] = roomlog.RoomOf(r.Room)
		}
	}
	return rooms, nil
}

// listed are the rooms that a list may show: those that may lets everybody read.
func listed() predicate.Room { return room.DeletedAtIsNil() }

// ofLiveRooms are the chats of such rooms. The rows of one that was are there until they are purged;
// who does not read a chat together with its room asks for this. It is no join, whose plan Postgres would keep.
func ofLiveRooms(c *sql.Selector) {
	rooms := sql.Table(room.Table)
	c.Where(sql.P(func(b *sql.Builder) {
		b.Wrap(func(b *sql.Builder) {
			b.Join(sql.Dialect(b.Dialect()).Select(rooms.C(room.FieldDeletedAt)).From(rooms).Where(sql.ColumnsEQ(rooms.C(room.FieldID), c.C(chat.FieldRoomID))))
		}).WriteString(" IS NULL")
	}))
}

// maySend and mayRead are what the queue asks of a send and a room.
func maySend(s *queue.Send, room *ent.Room) error { return judge(senderOf(s), room).allows(send) }
func mayRead(s *queue.Send, room *ent.Room) error { return judge(senderOf(s), room).allows(read) }

func senderOf(s *queue.Send) Caller { return Caller{s.UserID, s.Username} }
