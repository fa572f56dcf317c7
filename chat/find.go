package chat

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/queue"
	"parley/chat/roomlog"
	"parley/ent"
)

// find reads a room for something the caller wants to do there. ErrNoRoom, *access.ForbiddenError.
func (s *Service) find(ctx context.Context, db *ent.Client, caller Caller, do access.Action, nameOrID string) (access.Room, error) {
	return access.Find(ctx, db, caller, do, nameOrID, s.now())
}

// Mentioned returns the ids of those whom the texts of chats mention, as mentions.Mentioned does.
func (s *Service) Mentioned(ctx context.Context, reader access.Reader, chats []*roomlog.Chat) ([][]uuid.UUID, error) {
	return s.mentions.Mentioned(ctx, reader, chats, s.now())
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
	standings, err := access.Standings(ctx, tx.Client(), room, people, s.now())
	for i, send := range sends {
		if err != nil || known(send) {
			continue
		}
		as := standings[send.UserID]
		verdicts[i] = verdict(access.Room{Room: room, As: as}, do)
		if send.Called != "" && (room.NameKey == nil || *room.NameKey != send.Called) {
			verdicts[i] = queue.Verdict{Refused: ErrNoRoom} // it has another name since, and another room may have that one
		}
		if do == access.Send {
			s.remember(send, room, access.Room{Room: room, As: as}.IsLasting(), verdicts[i])
		}
	}
	return verdicts, err
}

// remember notes with a send under which version of the room's access its sender may send, and counts whoever was judged before.
func (s *Service) remember(send *queue.Send, room *ent.Room, member bool, v queue.Verdict) {
	if send.Version != queue.Unjudged {
		s.rejudged.Add(map[bool]string{true: "allowed", false: "refused"}[v.Refused == nil], 1)
	}
	send.Version = queue.Unjudged // what somebody who is not in the room may can change without the version
	if member {
		send.Version = room.AccessVersion
	}
}

// verdict says what somebody who sends may. Whoever sends to a room that they could join does.
func verdict(r access.Room, do access.Action) (v queue.Verdict) {
	v.Refused = r.May(do)
	v.Joins = v.Refused == nil && r.May(access.Join) == nil
	return v
}
