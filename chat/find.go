package chat

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/queue"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/chat"
	"parley/ent/room"
)

// find reads a room for something the caller wants to do there. ErrNoRoom, *access.ForbiddenError.
func (s *Service) find(ctx context.Context, db *ent.Client, caller Caller, do access.Action, nameOrID string) (access.Room, error) {
	return access.Find(ctx, db, caller, do, nameOrID, s.now())
}

// judged is a room whose row a transaction has locked, with the caller's standing there under that lock.
func (s *Service) judged(ctx context.Context, tx *ent.Tx, row *ent.Room, caller Caller) (access.Room, error) {
	as, err := access.Standings(ctx, tx.Client(), row.ID, []uuid.UUID{caller.ID}, s.now())
	return access.Room{Room: row, As: as[caller.ID]}, err
}

// readable reads the rooms of some ids that the caller may read.
func (s *Service) readable(ctx context.Context, db *ent.Client, caller Caller, ids []uuid.UUID) (map[uuid.UUID]*roomlog.Room, error) {
	found, err := access.Load(ctx, db.Room.Query().Where(room.IDIn(ids...)), caller.ID, s.now())
	if err != nil {
		return nil, err
	}
	rooms := make(map[uuid.UUID]*roomlog.Room, len(found))
	for _, r := range found {
		if r.May(access.Read) == nil {
			rooms[r.ID] = roomlog.RoomFor(r)
		}
	}
	return rooms, nil
}

// ofLiveRooms are the chats of rooms that are not deleted. The rows of one that was are there until they are purged;
// who does not read a chat together with its room asks for this. It is no join, whose plan Postgres would keep.
func ofLiveRooms(c *sql.Selector) {
	rooms := sql.Table(room.Table)
	c.Where(sql.P(func(b *sql.Builder) {
		b.Wrap(func(b *sql.Builder) {
			b.Join(sql.Dialect(b.Dialect()).Select(rooms.C(room.FieldDeletedAt)).From(rooms).Where(sql.ColumnsEQ(rooms.C(room.FieldID), c.C(chat.FieldRoomID))))
		}).WriteString(" IS NULL")
	}))
}

// maySend says who of those who send to one room may, under its lock. Members who were judged since the room last took something
// away from somebody are not asked about again.
func (s *Service) maySend(ctx context.Context, tx *ent.Tx, room *ent.Room, sends []*queue.Send) ([]queue.Verdict, error) {
	return s.judgeAll(ctx, tx, room, sends, access.Send, func(send *queue.Send) bool { return send.Version == room.AccessVersion })
}

// mayRead says the same of those who send with a known id, and may be told which chat it is.
func (s *Service) mayRead(ctx context.Context, tx *ent.Tx, room *ent.Room, sends []*queue.Send) ([]queue.Verdict, error) {
	return s.judgeAll(ctx, tx, room, sends, access.Read, func(*queue.Send) bool { return false })
}

func (s *Service) judgeAll(ctx context.Context, tx *ent.Tx, room *ent.Room, sends []*queue.Send, do access.Action, known func(*queue.Send) bool) ([]queue.Verdict, error) {
	if room.DeletedAt != nil {
		return slices.Repeat([]queue.Verdict{{Refused: ErrNoRoom}}, len(sends)), nil
	}
	var people []uuid.UUID
	for _, send := range sends {
		if !known(send) {
			people = append(people, send.UserID)
		}
	}
	if len(people) == 0 {
		return nil, nil
	}
	verdicts := make([]queue.Verdict, len(sends))
	standings, err := access.Standings(ctx, tx.Client(), room.ID, people, s.now())
	for i, send := range sends {
		if err != nil || known(send) {
			continue
		}
		as := standings[send.UserID]
		verdicts[i] = verdict(access.Room{Room: room, As: as}, do)
		if send.Version = room.AccessVersion; as.Member == nil {
			send.Version = queue.Unjudged // what they may can change without the version
		}
	}
	return verdicts, err
}

// verdict says what somebody who sends may. Whoever sends to a room that they could join does.
func verdict(r access.Room, do access.Action) (v queue.Verdict) {
	v.Refused = r.May(do)
	v.Joins = v.Refused == nil && r.May(access.Join) == nil
	return v
}
