package accounts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/google/uuid"

	"parley/audit"
	"parley/auth"
	"parley/auth/invites"
	"parley/auth/sessions"
	"parley/auth/standing"
	"parley/ent"
	"parley/ent/user"
	"parley/naming"
)

// DisableUser ends all sessions of somebody, or the token of a bot, and lets them in nowhere until a server admin says so, with on false. It returns their
// id. Sent again it changes nothing. ErrForbidden: the caller is no server admin, or the other is one. ErrNoUser. *auth.RateError.
// db.ErrUnknownOutcome: what they have open here has ended all the same.
func (s *Service) DisableUser(ctx context.Context, who auth.Identity, nameOrID string, on bool) (uuid.UUID, error) {
	if err := s.maySteer(ctx, who); err != nil {
		return uuid.Nil, err
	}
	whom, err := s.UserByNameOrID(ctx, nameOrID)
	if err != nil {
		return uuid.Nil, err
	}
	var changed bool
	var ended sessions.Ending
	err = s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) (err error) {
		changed, ended, err = s.setDisabled(ctx, tx, who.User.ID, whom.ID, on)
		return err
	})
	if err != nil {
		s.perhapsEnded(ctx, err, whom, ended)
		return uuid.Nil, fmt.Errorf("disable user: %w", err)
	}
	s.sessions.Ended(ctx, ended)
	if whom.IsBot && (changed || on) { // sent again to another node it ends what is open there
		s.bots.Changed(whom.ID)
	}
	if changed {
		s.auditBy(ctx, who, audit.Disabling(on), slog.String("whom", whom.ID.String()))
	}
	return whom.ID, nil
}

// setDisabled disables somebody, or lets them in again, if by is a server admin and they are none.
func (s *Service) setDisabled(ctx context.Context, tx *ent.Tx, by, whom uuid.UUID, on bool) (changed bool, ended sessions.Ending, err error) {
	if err := standing.Lock(ctx, tx, by, whom); err != nil {
		return false, ended, err
	}
	if err := standing.CheckAdmin(ctx, tx.Client(), by); err != nil {
		return false, ended, err
	}
	peer, err := tx.User.Query().Where(user.ID(whom), user.Admin(true)).Exist(ctx)
	if err == nil && peer {
		err = auth.ErrForbidden
	}
	if err != nil {
		return false, ended, err
	}
	if changed, err = standing.SetDisabled(ctx, tx, whom, on, s.store.Now()); err == nil && changed && on {
		ended, err = s.sessions.EndAll(ctx, tx, whom, uuid.Nil, auth.ReasonDisabled)
	}
	return changed, ended, err
}

// maySteer refuses whoever is no server admin or too fast, before they make anybody wait. It asks the database, because what a socket knows of
// its user is as old as the socket. What they do is judged once more in its transaction.
func (s *Service) maySteer(ctx context.Context, who auth.Identity) error {
	if err := s.takeChange(who); err != nil {
		return err
	}
	return s.store.View(ctx, func(c *ent.Client) error { return standing.CheckAdmin(ctx, c, who.User.ID) })
}

func (s *Service) takeChange(who auth.Identity) error {
	return auth.TooFast(s.changes.Take(who.User.ID, s.store.Clock()))
}

// auditBy writes down what somebody has done on the server.
func (s *Service) auditBy(ctx context.Context, who auth.Identity, message string, more ...slog.Attr) {
	about := audit.Event{Message: message, User: who.User.ID, Session: who.SessionID, From: auth.CallerFrom(ctx).Address}
	s.audit.Write(ctx, slog.LevelInfo, about, more...)
}

// CreateInvite makes an invite to the server. Sent again by the same person with the same id it makes nothing and returns the invite that
// is there, as it is now. ErrForbidden: the caller is no server admin. Errors as of invites.New and invites.Store. *auth.RateError.
func (s *Service) CreateInvite(ctx context.Context, who auth.Identity, w invites.Wish) (*auth.Invite, error) {
	if err := s.maySteer(ctx, who); err != nil {
		return nil, err
	}
	wanted, err := invites.New(w, who.User.ID, s.store.Now())
	if err != nil {
		return nil, err
	}
	var made *auth.Invite
	err = s.store.WriteUnlessFull(ctx, func(ctx context.Context, tx *ent.Tx) error {
		if err := standing.Lock(ctx, tx, who.User.ID); err != nil { // so that a call that is sent again waits for the first
			return err
		}
		if err := standing.CheckAdmin(ctx, tx.Client(), who.User.ID); err != nil {
			return err
		}
		made, err = invites.Store(ctx, tx, wanted)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("create invite: %w", err)
	}
	if made == wanted { // else it was there
		s.auditBy(ctx, who, audit.ServerInviteCreated, slog.String("invite_id", made.ID.String()))
	}
	return made, nil
}

// Invites are those to the server that let somebody in, the oldest first. ErrForbidden: the caller is no server admin.
func (s *Service) Invites(ctx context.Context, who auth.Identity) (list []*auth.Invite, err error) {
	err = s.store.View(ctx, func(c *ent.Client) error {
		if err := standing.CheckAdmin(ctx, c, who.User.ID); err != nil {
			return err
		}
		list, err = invites.List(ctx, c, s.store.Now())
		return err
	})
	return list, err
}

// InvitesByID returns invites to the server in the order of ids, nil where there is none that lets somebody in, and of all for whoever is no
// server admin.
func (s *Service) InvitesByID(ctx context.Context, who auth.Identity, ids []uuid.UUID) ([]*auth.Invite, error) {
	found := make([]*auth.Invite, len(ids))
	err := s.store.View(ctx, func(c *ent.Client) error {
		list, err := invites.List(ctx, c, s.store.Now(), invites.ByID(ids))
		if err != nil || len(list) == 0 {
			return err
		}
		if err := standing.CheckAdmin(ctx, c, who.User.ID); errors.Is(err, auth.ErrForbidden) {
			return nil
		} else if err != nil {
			return err
		}
		for i, id := range ids {
			for _, one := range list {
				if one.ID == id {
					found[i] = one
				}
			}
		}
		return nil
	})
	return found, err
}

// DeleteInvite ends an invite to the server, and returns its id. ErrNoInvite: there is none, perhaps any more, or the caller is no server
// admin. How often is for whoever calls it to bound.
func (s *Service) DeleteInvite(ctx context.Context, who auth.Identity, id string) (string, error) {
	parsed, ok := naming.ParseID(id)
	if !ok {
		return "", auth.ErrNoInvite
	}
	err := s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error {
		if err := standing.CheckAdmin(ctx, tx.Client(), who.User.ID); err != nil {
			return err
		}
		return invites.Delete(ctx, tx, parsed)
	})
	switch {
	case errors.Is(err, auth.ErrForbidden):
		return "", auth.ErrNoInvite
	case err != nil:
		return "", fmt.Errorf("delete invite: %w", err)
	}
	s.auditBy(ctx, who, audit.ServerInviteDeleted, slog.String("invite_id", parsed.String()))
	return parsed.String(), nil
}
