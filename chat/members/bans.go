package members

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/audit"
	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/roomlog"
	"parley/chat/texts"
	"parley/ent"
	"parley/ent/ban"
	"parley/ent/room"
)

// A Ban keeps a person out of a room.
type Ban struct {
	UserID    uuid.UUID
	Username  string
	By        uuid.UUID // who banned them last
	Reason    *string   // at most 250 code points, for those who manage members; nil: none was given
	Until     *time.Time
	CreatedAt time.Time
}

func banOf(row *ent.Ban, username string) *Ban {
	b := &Ban{
		UserID: row.UserID, Username: username, By: row.BannedBy, Reason: row.Reason, Until: row.Until,
		CreatedAt: row.CreatedAt.UTC(),
	}
	if b.Until != nil {
		until := b.Until.UTC()
		b.Until = &until
	}
	return b
}

// BanMember removes somebody, member or not, and keeps them out of joining, being added, invites, and in a public room of
// reading: until a moment to come, or nil, until it is taken back. The same again changes nothing; another reason or another
// end replaces what was there. Nobody bans themselves.
// access.ErrNoRoom; ErrNoPerson; *access.ForbiddenError: LAST_OWNER, or their role is not below the caller's;
// *arguments.InvalidError: reason, until.
func (r *Roster) BanMember(ctx context.Context, caller access.Caller, nameOrID, user string, reason *string, until *time.Time) (*Ban, error) {
	wanted, err := r.newBan(reason, until)
	if err != nil {
		return nil, err
	}
	a, err := r.findBoth(ctx, caller, access.ManageMembers, nameOrID, user)
	if err != nil {
		return nil, err
	}
	var banned *Ban
	_, err = r.change(ctx, a, func(ctx context.Context, h *held) error {
		if err := h.mayRemove(); err != nil {
			return err
		}
		if h.whom.ID == h.caller.ID {
			return &access.ForbiddenError{}
		}
		var err error
		banned, err = h.ban(ctx, wanted)
		return err
	})
	return banned, err
}

// newBan reads the arguments of one.
func (r *Roster) newBan(reason *string, until *time.Time) (*ent.Ban, error) {
	wanted := &ent.Ban{}
	if reason != nil && *reason != "" {
		if err := texts.Check(*reason, 0, texts.MaxTopic); err != nil {
			return nil, arguments.Invalid("reason", err)
		}
		wanted.Reason = reason
	}
	if until != nil {
		end := until.UTC().Truncate(time.Millisecond)
		if !end.After(r.Now()) || end.Year() > 9999 {
			return nil, &arguments.InvalidError{Field: "until", Reason: "OUT_OF_RANGE", Detail: "is a time to come, at most in the year 9999"}
		}
		wanted.Until = &end
	}
	return wanted, nil
}

// ban stores one in place of what is there. Readers are told where it takes something away.
func (h *held) ban(ctx context.Context, wanted *ent.Ban) (*Ban, error) {
	old, err := h.tx.Ban.Query().Where(ban.RoomID(h.in), ban.UserID(h.whom.ID)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, fmt.Errorf("find ban: %w", err)
	}
	if h.as.Banned && h.as.Member == nil && same(old.Reason, wanted.Reason, func(x, y string) bool { return x == y }) && same(old.Until, wanted.Until, time.Time.Equal) {
		return banOf(old, h.whom.Username), nil
	}
	if h.as.Member != nil || h.room.Kind == room.KindPUBLIC && !h.as.Banned {
		if err := h.remove(ctx, h.event(roomlog.MemberRemoved)); err != nil {
			return nil, err
		}
	}
	if old != nil {
		if err := h.tx.Ban.DeleteOne(old).Exec(ctx); err != nil {
			return nil, fmt.Errorf("replace ban: %w", err)
		}
	}
	row, err := h.tx.Ban.Create().SetRoomID(h.in).SetUserID(h.whom.ID).SetBannedBy(h.caller.ID).
		SetNillableReason(wanted.Reason).SetNillableUntil(wanted.Until).SetCreatedAt(h.Now()).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("store ban: %w", err)
	}
	var until []slog.Attr
	if wanted.Until != nil {
		until = []slog.Attr{slog.Time("until", *wanted.Until)}
	}
	h.note(audit.MemberBanned, until...)
	return banOf(row, h.whom.Username), nil
}

func same[T any](x, y *T, equal func(T, T) bool) bool {
	return x == nil && y == nil || x != nil && y != nil && equal(*x, *y)
}

// UnbanMember takes a ban back and returns the person's id, also when there is none.
// access.ErrNoRoom; ErrNoPerson; access.ErrForbidden.
func (r *Roster) UnbanMember(ctx context.Context, caller access.Caller, nameOrID, user string) (string, error) {
	a, err := r.findBoth(ctx, caller, access.ManageMembers, nameOrID, user)
	if err != nil {
		return "", err
	}
	_, err = r.change(ctx, a, func(ctx context.Context, h *held) error {
		if err := h.room.May(access.ManageMembers); err != nil {
			return err
		}
		n, err := h.tx.Ban.Delete().Where(ban.RoomID(h.in), ban.UserID(h.whom.ID)).Exec(ctx)
		if n > 0 {
			h.note(audit.MemberUnbanned)
		}
		return err
	})
	return a.whom.ID.String(), err
}
