package invites

import (
	"context"
	"fmt"
	"time"

	"parley/audit"
	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/invite"
	"parley/naming"
	"parley/naming/codes"
)

// CreateInvite makes an invite to a room. uses is 1 to 1000, 0 for any number, nil for 1; until is in the future, nil: it does
// not end by time; id is the client's own UUID, nil: one is made. Sent again by the same person with the same id for the same
// room it makes nothing and returns the invite that is there, as it is now.
// access.ErrNoRoom, *access.ForbiddenError, *arguments.InvalidError, arguments.ErrIDTaken, *limits.LimitError: INVITES,
// *limits.RateError.
func (s *Service) CreateInvite(ctx context.Context, caller access.Caller, nameOrID string, uses *int, until *time.Time, id *string) (*Invite, error) {
	wanted := &ent.Invite{Code: codes.New(), CreatedBy: caller.ID, CreatedAt: s.Now()}
	terms, field, detail := codes.NewTerms(uses, until, wanted.CreatedAt)
	if field != "" {
		return nil, &arguments.InvalidError{Field: field, Reason: "OUT_OF_RANGE", Detail: detail}
	}
	wanted.Uses, wanted.UsesLeft, wanted.Until = terms.Uses, terms.Uses, terms.Until
	var err error
	if wanted.ID, err = arguments.NewID(id); err != nil {
		return nil, err
	}
	if err := s.Changes.Take(caller.ID); err != nil {
		return nil, err
	}
	var in access.Room
	var made *ent.Invite
	err = s.Store.Write(ctx, func(tx *ent.Tx) (err error) {
		if in, err = access.FindLocked(ctx, tx, caller, access.ManageMembers, nameOrID, s.Now()); err != nil {
			return err
		}
		wanted.RoomID = in.ID
		made, err = s.store(ctx, tx, in.Room, wanted)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("create invite: %w", err)
	}
	if made.Code == wanted.Code { // else it was there
		s.Tell(ctx, recordOf(audit.InviteCreated, made, caller, access.Caller{}))
	}
	return inviteOf(made, roomlog.RoomFor(in)), nil
}

// store stores an invite to a room that the transaction has locked, and returns it, or the one that is there of the same call.
func (s *Service) store(ctx context.Context, tx *ent.Tx, in *ent.Room, wanted *ent.Invite) (*ent.Invite, error) {
	there, err := tx.Invite.Get(ctx, wanted.ID)
	switch {
	case err == nil && (there.CreatedBy != wanted.CreatedBy || there.RoomID != wanted.RoomID):
		return nil, arguments.ErrIDTaken
	case err == nil || !ent.IsNotFound(err):
		return there, err
	}
	if err := s.sweep(ctx, tx, in); err != nil {
		return nil, err
	}
	live, err := s.live(ctx, tx.Client(), in)
	if err != nil {
		return nil, err
	}
	if len(live) >= codes.MostLive {
		return nil, ErrManyInvites
	}
	row, err := tx.Invite.Create().SetID(wanted.ID).SetCode(wanted.Code).SetRoomID(wanted.RoomID).SetCreatedBy(wanted.CreatedBy).SetCreatedAt(wanted.CreatedAt).
		SetNillableUses(wanted.Uses).SetNillableUsesLeft(wanted.UsesLeft).SetNillableUntil(wanted.Until).Save(ctx)
	if ent.IsConstraintError(err) { // meanwhile, in another room
		return nil, arguments.ErrIDTaken
	}
	return row, err
}

// sweep deletes what is left of a room's invites that have ended a while ago.
func (s *Service) sweep(ctx context.Context, tx *ent.Tx, in *ent.Room) error {
	now := s.Now()
	_, err := tx.Invite.Delete().Where(invite.RoomID(in.ID), invite.CreatedAtLT(now.Add(-codes.KeptFor)), invite.Not(unended(now))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete ended invites: %w", err)
	}
	return nil
}

// DeleteInvite ends an invite, and returns its id. ErrNoInvite: there is none, perhaps any more, or the caller may not see it;
// *limits.RateError.
func (s *Service) DeleteInvite(ctx context.Context, caller access.Caller, id string) (string, error) {
	parsed, ok := naming.ParseID(id)
	if !ok {
		return "", ErrNoInvite
	}
	if err := s.Changes.Take(caller.ID); err != nil {
		return "", err
	}
	var records []members.Record
	err := s.Store.Write(ctx, func(tx *ent.Tx) error {
		records = nil
		row, err := tx.Invite.Get(ctx, parsed)
		if ent.IsNotFound(err) {
			return ErrNoInvite
		}
		if err != nil {
			return fmt.Errorf("find invite: %w", err)
		}
		in, err := access.Lock(ctx, tx, row.RoomID, caller, s.Now())
		if err != nil {
			return err
		}
		if in.May(access.ManageMembers) != nil {
			return ErrNoInvite // whoever may not see it is told the same of what is not there
		}
		n, err := tx.Invite.Delete().Where(invite.ID(parsed)).Exec(ctx)
		if n > 0 {
			records = []members.Record{recordOf(audit.InviteDeleted, row, caller, access.Caller{})}
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("delete invite: %w", err)
	}
	s.Tell(ctx, records...)
	return parsed.String(), nil
}
