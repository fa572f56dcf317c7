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
		return s.changeByPassword(ctx, who, a, accountChange{reason: auth.ReasonPasswordChanged, message: audit.PasswordChanged, change: func(change *ent.UserUpdate) {
			change.SetPasswordHash(hash)
		}})
	})
	if err != nil {
		return nil, fmt.Errorf("change password: %w", err)
	}
	return rows.User(t.Row), nil
}

// A Proof is what somebody shows before their account is deleted: their password, or a token of their issuer; exactly one of them.
type Proof struct{ Password, Token *string }

// DeleteAccount ends the caller's account with all their sessions and returns its id. What they
// have sent stays, under their name, which nobody can have again. Who they are to their issuer is forgotten: the next token about them makes
// somebody new. The row says from then on that the account is leaving, until it is in no room any more.
// InvalidError: password REQUIRED, token REQUIRED: neither, or both, are given. Errors as of ChangePassword.
// Of a token ErrTokenRefused, INVALID_TOKEN or TOKEN_EXPIRED; ErrNoKeys; ErrInvalidCredentials: it is about somebody else.
func (s *Service) DeleteAccount(ctx context.Context, who auth.Identity, p Proof) (uuid.UUID, error) {
	var err error
	switch {
	case who.User.IsBot:
		return uuid.Nil, auth.ErrForBots
	case p.Password == nil && p.Token == nil:
		return uuid.Nil, &auth.InvalidError{Field: "password", Reason: "REQUIRED"}
	case p.Password != nil && p.Token != nil:
		return uuid.Nil, &auth.InvalidError{Field: "token", Reason: "REQUIRED"}
	case p.Password != nil:
		err = s.deleteByPassword(ctx, who, *p.Password)
	default:
		err = s.deleteByToken(ctx, who, *p.Token)
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("delete account: %w", err)
	}
	s.o.OnDeleted()
	return who.User.ID, nil
}

func (s *Service) deleteByPassword(ctx context.Context, who auth.Identity, password string) error {
	if len(password) > passwords.MaxBytes {
		return &auth.InvalidError{Field: "password", Reason: "TOO_LONG"}
	}
	t, err := s.attempts.ResolveOwn(ctx, who, auth.CallerFrom(ctx).Client())
	if err != nil {
		return err
	}
	return s.attempt(ctx, t, password, func(a *attempts.Attempt) error { return s.changeByPassword(ctx, who, a, s.deletion()) })
}

// deletion is what becomes of a deleted account.
func (s *Service) deletion() accountChange {
	return accountChange{reason: auth.ReasonAccountDeleted, message: audit.AccountDeleted, change: func(change *ent.UserUpdate) {
		change.SetDeletedAt(s.store.Now()).SetLeaving(true).ClearPasswordHash().
			ClearName().ClearImage().ClearAdmin().ClearDisabledAt().ClearIssuer().ClearSubject()
	}}
}

// accountChange is what somebody does to their account with a proof of who they are.
type accountChange struct {
	reason  string // why sessions end; all but their own, which ends only with the account
	message string // for the audit
	change  func(*ent.UserUpdate)
	also    func(context.Context, *ent.Tx) error // in the same transaction; nil: nothing
}

// changeByPassword is changeAccount after a right password.
func (s *Service) changeByPassword(ctx context.Context, who auth.Identity, a *attempts.Attempt, what accountChange) error {
	what.also = a.GiveBack
	err := s.changeAccount(ctx, who, a.Row, what)
	if err == nil {
		a.Committed()
	}
	return err
}

// changeAccount changes the account whose row was read and ends its sessions, all or nothing.
func (s *Service) changeAccount(ctx context.Context, who auth.Identity, row *ent.User, what accountChange) error {
	var ended sessions.Ending
	err := s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error {
		change := tx.User.Update().AddPasswordVersion(1).
			Where(user.ID(row.ID), user.PasswordVersion(row.PasswordVersion), user.DeletedAtIsNil())
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
		if ended, err = s.sessions.End(ctx, tx, who, what.reason); err != nil || what.also == nil {
			return err
		}
		return what.also(ctx, tx)
	})
	if err != nil {
		return err
	}
	s.sessions.Ended(ctx, ended)
	s.audit.Write(ctx, slog.LevelInfo, audit.Event{Message: what.message, User: row.ID, Session: who.SessionID, From: auth.CallerFrom(ctx).Address})
	return nil
}
