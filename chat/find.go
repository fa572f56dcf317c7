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

// ofReadable are the chats of rooms that the caller may read now.
func (s *Service) ofReadable(caller Caller) func(*sql.Selector) {
	return func(c *sql.Selector) {
		r := sql.Table(room.Table)
		in := sql.Dialect(c.Dialect()).Select(r.C(room.FieldID)).From(r).Where(sql.ColumnsEQ(r.C(room.FieldID), c.C(chat.FieldRoomID)))
		access.Readable(caller.ID, s.now())(in)
		c.Where(sql.Exists(in))
	}
}

// maySend says who of those who send to one room may, under its lock. Members who were judged since the room last took something
// away from somebody are not judged again.
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
		if send.Called != "" && (room.NameKey == nil || *room.NameKey != send.Called) {
			verdicts[i] = queue.Verdict{Refused: ErrNoRoom} // it has another name since, and another room may have that one
		}
		if do == access.Send && send.Version != queue.Unjudged {
			s.rejudged.Add(map[bool]string{true: "allowed", false: "refused"}[verdicts[i].Refused == nil], 1)
		}
		switch { // what is remembered of them is that they may send
		case do != access.Send:
		case as.Member == nil:
			send.Version = queue.Unjudged // what they may can change without the version
		default:
			send.Version = room.AccessVersion
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
