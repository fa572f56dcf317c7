package invites

import (
	"context"
	"errors"
	"fmt"

	"parley/audit"
	"parley/chat/access"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/invite"
	"parley/ent/room"
	"parley/naming/codes"
)

// AcceptInvite makes the caller a MEMBER of the room that a code is for, and counts one use. Whoever is in it already stays
// what they are and uses nothing. The event in the log has the invite's maker as its actor.
// ErrNoInvite: no invite has the code, it has ended, or the caller is banned and may not know of the room;
// *access.ForbiddenError: banned from a public room; *limits.LimitError: MEMBERS, ROOMS; *limits.RateError.
func (s *Service) AcceptInvite(ctx context.Context, caller access.Caller, code string) (*members.Member, error) {
	parsed, ok := codes.Parse(code)
	if !ok {
		return nil, ErrNoInvite
	}
	if err := s.Changes.Take(caller.ID); err != nil {
		return nil, err
	}
	var entered *members.Member
	var commits []roomlog.Commit
	var records []members.Record
	err := s.Store.Write(ctx, func(tx *ent.Tx) error {
		row, in, err := s.lock(ctx, tx, caller, parsed)
		if err != nil {
			return err
		}
		if commits, records = nil, nil; in.As.Member != nil {
			entered = members.MemberOf(roomlog.RoomFor(in), caller, in.As.Member, caller.ID)
			return nil
		}
		as, joined, err := s.join(ctx, tx, caller, row, in)
		if err != nil {
			return err
		}
		entered = members.MemberOf(roomlog.RoomFor(access.Room{Room: joined.Room, As: access.Standing{Member: as, Admin: in.As.Admin}}), caller, as, caller.ID)
		commits = []roomlog.Commit{joined.Commit()}
		records = []members.Record{recordOf(audit.InviteUsed, row, access.Caller{}, caller)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("accept invite: %w", err)
	}
	s.Committed(commits...)
	s.Tell(ctx, records...)
	return entered, nil
}

// lock finds the invite that has a code, and locks its room: what is read of both after it is what the transaction before
// left. ErrNoInvite: there is none, or the room is gone.
func (s *Service) lock(ctx context.Context, tx *ent.Tx, caller access.Caller, code string) (*ent.Invite, access.Room, error) {
	row, err := tx.Invite.Query().Where(invite.Code(code)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, access.Room{}, ErrNoInvite
	}
	if err != nil {
		return nil, access.Room{}, fmt.Errorf("find invite: %w", err)
	}
	in, err := access.Lock(ctx, tx, row.RoomID, caller, s.Now())
	if errors.Is(err, access.ErrNoRoom) || err == nil && in.DeletedAt != nil {
		err = ErrNoInvite
	}
	return row, in, err
}

// join makes somebody who is not in the room a member of it, if the invite still lets anybody in.
func (s *Service) join(ctx context.Context, tx *ent.Tx, who access.Caller, row *ent.Invite, in access.Room) (*access.Membership, *roomlog.Reservation, error) {
	live, err := s.live(ctx, tx.Client(), in.Room, invite.ID(row.ID))
	switch {
	case err != nil:
		return nil, nil, err
	case len(live) == 0, in.As.Banned && in.Kind != room.KindPUBLIC:
		return nil, nil, ErrNoInvite
	case in.As.Banned:
		return nil, nil, in.May(access.Join)
	}
	as, joined, err := s.Join(ctx, tx, in.Room, who, access.Member, row.CreatedBy)
	if err != nil {
		return nil, nil, err
	}
	if live[0].UsesLeft != nil {
		if err := tx.Invite.UpdateOneID(row.ID).AddUsesLeft(-1).Exec(ctx); err != nil {
			return nil, nil, fmt.Errorf("count a use: %w", err)
		}
	}
	return as, joined, nil
}
