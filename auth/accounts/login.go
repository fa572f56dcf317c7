package accounts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"parley/audit"
	"parley/auth"
	"parley/auth/attempts"
	"parley/auth/passwords"
	"parley/auth/rows"
	"parley/auth/sessions"
	"parley/auth/standing"
	"parley/ent"
	"parley/ent/user"
)

// Login signs in. ErrInvalidCredentials: there is no such user, the account is deleted or the
// password is wrong; the three take the same time. *auth.RateError: too many were wrong, or right.
// ErrForbidden, DISABLED: the password is right. InvalidError: password TOO_LONG. ErrBusy: no slot to hash in. db.ErrUnknownOutcome: a session may
// have begun that nobody holds the tokens of.
func (s *Service) Login(ctx context.Context, username, password string, from auth.Client) (*auth.Tokens, error) {
	if len(password) > passwords.MaxBytes {
		return nil, &auth.InvalidError{Field: "password", Reason: "TOO_LONG"}
	}
	t, err := s.attempts.Resolve(ctx, username, from)
	if err != nil {
		return nil, err
	}
	var tokens *auth.Tokens
	err = s.attempt(ctx, t, password, func(a *attempts.Attempt) error {
		tokens, err = s.signIn(ctx, a, from)
		return err
	})
	return tokens, err
}

// attempt tries a password, calls right when it is right, and writes down what was refused. Errors as of attempts.Try.
func (s *Service) attempt(ctx context.Context, t attempts.Target, password string, right func(*attempts.Attempt) error) error {
	err := s.attempts.Try(ctx, t, password, right)
	s.auditRefused(ctx, err, audit.Event{User: t.ID(), From: t.From.Address})
	return err
}

// auditRefused writes down that somebody was not let in.
func (s *Service) auditRefused(ctx context.Context, err error, about audit.Event, more ...slog.Attr) {
	var fast *auth.RateError
	switch {
	case errors.As(err, &fast):
		about.Message = audit.LoginLimited
	case errors.Is(err, auth.ErrInvalidCredentials), errors.Is(err, auth.ErrForbidden):
		about.Message = audit.LoginFailed
	default:
		return
	}
	s.audit.Write(ctx, slog.LevelWarn, about, more...)
}

// signIn begins the session of the user whose password was right.
func (s *Service) signIn(ctx context.Context, a *attempts.Attempt, from auth.Client) (*auth.Tokens, error) {
	var begun sessions.Begun
	row := a.Row
	err := s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error {
		if err := lockUnchanged(ctx, tx, row); err != nil {
			return err
		}
		if err := standing.CheckEnabled(ctx, tx, row.ID); err != nil {
			return err
		}
		if a.Newer != "" {
			err := tx.User.Update().Where(user.ID(row.ID), user.PasswordHash(*row.PasswordHash)).
				SetPasswordHash(a.Newer).Exec(ctx)
			if err != nil {
				return err
			}
		}
		var err error
		if begun, err = s.sessions.Begin(ctx, tx, rows.User(row), from); err != nil {
			return err
		}
		return a.GiveBack(ctx, tx)
	})
	if err != nil {
		return nil, fmt.Errorf("login: %w", err)
	}
	a.Committed()
	return s.issue(ctx, audit.LoginOK, begun, from)
}

// lockUnchanged locks an account and asks whether the password that was verified is still its password: whoever
// commits second, a change of it or a session that begins with it, sees the other. auth.ErrInvalidCredentials: it is not.
func lockUnchanged(ctx context.Context, tx *ent.Tx, row *ent.User) error {
	n, err := tx.User.Update().Where(user.ID(row.ID), user.PasswordVersion(row.PasswordVersion), user.DeletedAtIsNil()).
		AddPasswordVersion(0).Save(ctx)
	if err == nil && n == 0 {
		return auth.ErrInvalidCredentials
	}
	return err
}

// issue returns the tokens of a session that has begun, and writes down how.
func (s *Service) issue(ctx context.Context, message string, begun sessions.Begun, from auth.Client, more ...slog.Attr) (*auth.Tokens, error) {
	issued, err := s.sessions.Issue(ctx, begun)
	if err != nil {
		return nil, fmt.Errorf("issue tokens: %w", err)
	}
	s.audit.Write(ctx, slog.LevelInfo, audit.Event{Message: message, User: issued.User.ID, Session: issued.SessionID, From: from.Address}, more...)
	return issued, nil
}
