// Package invites lets people into rooms by codes. It rests on one idea: an invite is used in the transaction that makes
// somebody a member, under the lock of the room, so that a use lets one person in and its maker may still invite.
package invites

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/limits"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/invite"
	"parley/ent/predicate"
	"parley/ent/room"
)

var (
	// ErrNoInvite means that there is no such invite, that it has ended, or that the caller may not know of it.
	ErrNoInvite = errors.New("no such invite")
	// ErrManyInvites means that a room has as many as it may have.
	ErrManyInvites error = &limits.LimitError{Reason: "INVITES"}
)

// An Invite lets whoever has its code join a room.
type Invite struct {
	ID        uuid.UUID
	Room      *roomlog.Room
	Code      string
	Uses      *int       // nil: any number
	UsesLeft  *int       // likewise
	Until     *time.Time // when it ends; nil: it does not by time
	CreatedBy uuid.UUID  // whose account may be gone
	CreatedAt time.Time
}

func inviteOf(row *ent.Invite, in *roomlog.Room) *Invite {
	return &Invite{
		ID: row.ID, Room: in, Code: row.Code, Uses: row.Uses, UsesLeft: row.UsesLeft, Until: row.Until,
		CreatedBy: row.CreatedBy, CreatedAt: row.CreatedAt,
	}
}

// recordOf is what the audit is told of an invite, which is not its code.
func recordOf(message string, row *ent.Invite, by, whom access.Caller) members.Record {
	return members.Record{Message: message, In: row.RoomID, By: by, Whom: whom, More: []slog.Attr{slog.String("invite_id", row.ID.String())}}
}

// Service makes, shows and accepts invites. It is safe for concurrent use.
type Service struct{ members.Shared }

// New makes a Service.
func New(shared members.Shared) *Service { return &Service{shared} }

// unended picks invites that have uses left and time. Whether their makers may still invite is asked apart.
func unended(now time.Time) predicate.Invite {
	return invite.And(invite.Or(invite.UsesLeftIsNil(), invite.UsesLeftGT(0)), invite.Or(invite.UntilIsNil(), invite.UntilGT(now)))
}

// live are those of a room's invites that let somebody in, in the order in which they were made.
func (s *Service) live(ctx context.Context, db *ent.Client, in *ent.Room, where ...predicate.Invite) ([]*ent.Invite, error) {
	now := s.Now()
	rows, err := db.Invite.Query().Where(invite.RoomID(in.ID), unended(now)).Where(where...).
		Order(ent.Asc(invite.FieldCreatedAt, invite.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read invites: %w", err)
	}
	var makers []uuid.UUID
	for _, row := range rows {
		makers = append(makers, row.CreatedBy)
	}
	standings, err := access.Standings(ctx, db, in, makers, now)
	if err != nil {
		return nil, err
	}
	var live []*ent.Invite
	for _, row := range rows {
		if (access.Room{Room: in, As: standings[row.CreatedBy]}).May(access.ManageMembers) == nil {
			live = append(live, row)
		}
	}
	return live, nil
}

// Invites are those of a room that let somebody in, in the order in which they were made; nil: the caller may not see them.
func (s *Service) Invites(ctx context.Context, caller access.Caller, of *roomlog.Room) ([]*Invite, error) {
	if of.As != nil && !slices.Contains(of.Actions(*of.As), access.ManageMembers) {
		return nil, nil // as far as is known already; else it is judged with what is shown
	}
	var invites []*Invite
	err := s.Store.View(ctx, func(db *ent.Client) error {
		found, err := access.Load(ctx, db.Room.Query().Where(room.ID(of.ID)), caller.ID, s.Now())
		if err != nil || len(found) == 0 || found[0].May(access.ManageMembers) != nil {
			return err
		}
		rows, err := s.live(ctx, db, found[0].Room)
		in := roomlog.RoomFor(found[0])
		invites = make([]*Invite, len(rows))
		for i, row := range rows {
			invites[i] = inviteOf(row, in)
		}
		return err
	})
	return invites, err
}

// InvitesByID returns invites in the order of ids, nil where there is none that lets somebody in and that the caller may see.
func (s *Service) InvitesByID(ctx context.Context, caller access.Caller, ids []uuid.UUID) ([]*Invite, error) {
	byID := map[uuid.UUID]*Invite{}
	err := s.Store.View(ctx, func(db *ent.Client) error {
		found, err := access.Load(ctx, db.Room.Query().Where(room.HasInvitesWith(invite.IDIn(ids...))), caller.ID, s.Now())
		if err != nil {
			return err
		}
		for _, in := range found {
			if in.May(access.ManageMembers) != nil {
				continue
			}
			rows, err := s.live(ctx, db, in.Room, invite.IDIn(ids...))
			if err != nil {
				return err
			}
			for _, row := range rows {
				byID[row.ID] = inviteOf(row, roomlog.RoomFor(in))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find invites: %w", err)
	}
	invites := make([]*Invite, len(ids))
	for i, id := range ids {
		invites[i] = byID[id]
	}
	return invites, nil
}
