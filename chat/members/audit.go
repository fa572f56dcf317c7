package members

import (
	"context"
	"log/slog"

	"github.com/google/uuid"

	"parley/audit"
	"parley/chat/access"
)

// A Record is what the audit says of a room: ids and usernames, and neither names of rooms nor what was written there.
type Record struct {
	Level    slog.Level
	Message  string
	In       uuid.UUID
	By, Whom access.Caller // who did it, and to whom; zero: nobody. The same: they did it themselves
	More     []slog.Attr
}

// Joined is that somebody has joined a public room by themselves. As a MEMBER, that gives them nothing to read, and few want to
// know of it.
func Joined(in uuid.UUID, who access.Caller, as access.Role) Record {
	r := Record{Message: audit.MemberJoined, In: in, By: who, Whom: who, More: []slog.Attr{roleAttr(as)}}
	if as == access.Member {
		r.Level = slog.LevelDebug
	}
	return r
}

// Added is that somebody was made a member by somebody else.
func Added(in uuid.UUID, by, who access.Caller, as access.Role) Record {
	return Record{Message: audit.MemberAdded, In: in, By: by, Whom: who, More: []slog.Attr{roleAttr(as)}}
}

// Tell writes down what was committed.
func (s Shared) Tell(ctx context.Context, records ...Record) {
	for _, r := range records {
		attrs := append([]slog.Attr{slog.String("room_id", r.In.String())}, r.More...)
		if r.Whom.ID != uuid.Nil {
			attrs = append(attrs, slog.String("username", r.Whom.Username))
		}
		if r.By.ID != uuid.Nil && r.By.ID != r.Whom.ID {
			attrs = append(attrs, slog.String("actor_id", r.By.ID.String()), slog.String("actor", r.By.Username))
		}
		s.Audit.Write(ctx, r.Level, audit.Event{Message: r.Message, User: r.Whom.ID}, attrs...)
	}
}

// roleAttr is a role as a record has it.
func roleAttr(role access.Role) slog.Attr { return slog.String("role", role.String()) }
