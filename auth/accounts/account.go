package accounts

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/google/uuid"

	"parley/audit"
	"parley/auth"
	"parley/auth/attempts"
	"parley/auth/passwords"
	"parley/auth/rows"
	"parley/auth/sessions"
	"parley/ent"
	"parley/ent/user"
)

// ChangePassword gives the caller a new password and ends all their other sessions; the tokens of
// this one stay good. Sent again it is ErrInvalidCredentials, and nothing changes.
// ErrInvalidCredentials: current is wrong. *auth.RateError: it was too often. InvalidError:
// currentPassword TOO_LONG; newPassword as of Register. ErrSessionRevoked: the session ended
// meanwhile, and nothing was changed. ErrBusy: no slot to hash in.
// ErrForbidden, BOT.
func (s *Service) ChangePassword(ctx context.Context, who auth.Identity, current, fresh string) (*auth.User, error) {
	if who.User.IsBot {
		return nil, auth.ErrForBots
	}
	if len(current) > passwords.MaxBytes {
		return nil, &auth.InvalidError{Field: "currentPassword", Reason: "TOO_LONG"}
	}
	t, err := s.attempts.ResolveOwn(ctx, who, auth.CallerFrom(ctx).Client())
	if err != nil {
		return nil, err
	}
	err = s.attempt(ctx, t, current, func(a *attempts.Attempt) error {
		if err := passwords.Check("newPassword", fresh, a.Row.UsernameKey); err != nil {
			return err
		}
		hash, err := s.passwords.Hash(ctx, fresh, passwords.Request{Network: a.From.Network()})
		if err != nil {
			return err
		}
		return s.changeAccount(ctx, who, a, accountChange{auth.ReasonPasswordChanged, audit.PasswordChanged, func(change *ent.UserUpdate) {
			change.SetPasswordHash(hash)
		}})
	})
	if err != nil {
		return nil, fmt.Errorf("change password: %w", err)
	}
	return rows.User(t.Row), nil
}

// DeleteAccount ends the caller's account with all their sessions and returns its id. What they
// have sent stays, under their name, which nobody can have again. The row says from then on that the account is leaving, until
// it is in no room any more. Errors as of ChangePassword.
func (s *Service) DeleteAccount(ctx context.Context, who auth.Identity, password string) (uuid.UUID, error) {
	if who.User.IsBot {
		return uuid.Nil, auth.ErrForBots
	}
	if len(password) > passwords.MaxBytes {
		return uuid.Nil, &auth.InvalidError{Field: "password", Reason: "TOO_LONG"}
	}
	t, err := s.attempts.ResolveOwn(ctx, who, auth.CallerFrom(ctx).Client())
	if err != nil {
		return uuid.Nil, err
	}
	err = s.attempt(ctx, t, password, func(a *attempts.Attempt) error {
		return s.changeAccount(ctx, who, a, accountChange{auth.ReasonAccountDeleted, audit.AccountDeleted, func(change *ent.UserUpdate) {
			change.SetDeletedAt(s.store.Now()).SetLeaving(true).ClearPasswordHash().
				ClearName().ClearImage().ClearAdmin().ClearDisabledAt().ClearIssuer().ClearSubject()
		}})
	})
	if err != nil {
		return uuid.Nil, fmt.Errorf("delete account: %w", err)
	}
	s.o.OnDeleted()
	return who.User.ID, nil
}

// accountChange is what somebody does to their account with their password.
type accountChange struct {
	reason  string // why sessions end; all but their own, which ends only with the account
	message string // for the audit
	change  func(*ent.UserUpdate)
}

// changeAccount changes the account and ends its sessions, all or nothing.
func (s *Service) changeAccount(ctx context.Context, who auth.Identity, a *attempts.Attempt, what accountChange) error {
	var ended sessions.Ending
	err := s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error {
		change := tx.User.Update().AddPasswordVersion(1).
			Where(user.ID(a.Row.ID), user.PasswordVersion(a.Row.PasswordVersion), user.DeletedAtIsNil())
		what.change(change)
		n, err := change.Save(ctx)
		if err != nil {
			return err
		}
		if err := s.sessions.StillIn(ctx, tx, who); err != nil {
			return err
		}
		if n == 0 { // another change of the password was first
			return auth.ErrInvalidCredentials
		}
		if ended, err = s.sessions.End(ctx, tx, who, what.reason); err != nil {
			return err
		}
		return a.GiveBack(ctx, tx)
	})
	if err != nil {
		return err
	}
	a.Committed()
	s.sessions.Ended(ctx, ended)
	s.audit.Write(ctx, slog.LevelInfo, audit.Event{Message: what.message, User: a.Row.ID, Session: who.SessionID, From: auth.CallerFrom(ctx).Address})
	return nil
}
