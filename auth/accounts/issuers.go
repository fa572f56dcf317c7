package accounts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"parley/audit"
	"parley/auth"
	"parley/auth/issuers"
	"parley/auth/rows"
	"parley/auth/sessions"
	"parley/auth/standing"
	"parley/auth/subjects"
	"parley/ent"
	"parley/ent/user"
)

// LoginWith signs in whoever a token of another system is about, and makes their account at first sight, whoever may register.
// ErrUnauthenticated, INVALID_TOKEN or TOKEN_EXPIRED; ErrNoKeys: as of issuers.Verify. *auth.RateError: too many sign-ins, as of Login.
// ErrForbidden, DISABLED. db.ErrUnknownOutcome as of Login.
func (s *Service) LoginWith(ctx context.Context, token string, from auth.Client) (*auth.Tokens, error) {
	p, err := s.verify(ctx, token, from)
	if err != nil {
		return nil, err
	}
	var begun sessions.Begun
	var made bool
	err = s.attempts.Right(subjects.ID(p), from, func() (err error) {
		begun, made, err = s.signInWith(ctx, p, from)
		return err
	})
	if err != nil {
		s.auditRefused(ctx, err, audit.Event{From: from.Address}, slog.String("issuer", p.Issuer))
		return nil, fmt.Errorf("login with a token: %w", err)
	}
	message := audit.LoginOK
	if made {
		message = audit.Registered
	}
	return s.issue(ctx, message, begun, from, slog.String("issuer", p.Issuer))
}

// verify verifies a token of another system, and writes down why one is refused.
func (s *Service) verify(ctx context.Context, token string, from auth.Client) (issuers.Person, error) {
	p, err := s.issuers.Verify(ctx, token)
	var why *issuers.Refusal
	if errors.As(err, &why) {
		what := []slog.Attr{slog.String("fault", why.Fault)}
		if why.Issuer != "" {
			what = append(what, slog.String("issuer", why.Issuer))
		}
		s.audit.Write(ctx, slog.LevelDebug, audit.Event{Message: audit.LoginFailed, From: from.Address}, what...)
	}
	return p, err
}

// signInWith begins the session of a person whose token was good. On a disk that is almost full nobody is made, and others sign in.
func (s *Service) signInWith(ctx context.Context, p issuers.Person, from auth.Client) (begun sessions.Begun, made bool, err error) {
	begin := func(ctx context.Context, tx *ent.Tx, row *ent.User) (err error) {
		if row.DisabledAt != nil {
			return &auth.ReasonError{Err: auth.ErrForbidden, Reason: auth.ReasonDisabled}
		}
		begun, err = s.sessions.BeginFor(ctx, tx, rows.User(row), from, p.SessionLifetime)
		return err
	}
	there := false
	err = s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error {
		row, err := subjects.Update(ctx, tx, p)
		if there = row != nil; err != nil || !there {
			return err
		}
		return begin(ctx, tx, row)
	})
	if err != nil || there {
		return begun, false, err
	}
	err = s.store.WriteUnlessFull(ctx, func(ctx context.Context, tx *ent.Tx) error {
		row, fresh, err := subjects.Ensure(ctx, tx, p, s.store.Now())
		if made = fresh; err != nil {
			return err
		}
		return begin(ctx, tx, row)
	})
	return begun, made, err
}

// EnsureUser makes or updates the account of whoever a token of another system is about, and signs nobody in. ErrForbidden: the caller is
// neither a bot nor a server admin. Errors about the token as of LoginWith. *auth.RateError: too many changes.
func (s *Service) EnsureUser(ctx context.Context, who auth.Identity, token string) (*auth.User, error) {
	check := s.maySteer
	if who.User.IsBot {
		check = func(_ context.Context, who auth.Identity) error { return s.takeChange(who) }
	}
	if err := check(ctx, who); err != nil {
		return nil, err
	}
	p, err := s.verify(ctx, token, auth.CallerFrom(ctx).Client())
	if err != nil {
		return nil, err
	}
	var row *ent.User
	var made bool
	err = s.store.WriteUnlessFull(ctx, func(ctx context.Context, tx *ent.Tx) error {
		if err := s.judgeEnsurer(ctx, tx, who, p); err != nil {
			return err
		}
		row, made, err = subjects.Ensure(ctx, tx, p, s.store.Now())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ensure user: %w", err)
	}
	if made {
		s.auditBy(ctx, who, audit.AccountAdded, slog.String("whom", row.ID.String()), slog.String("issuer", p.Issuer))
	}
	return rows.User(row), nil
}

// judgeEnsurer locks a bot or a server admin, with the person if there is one, and asks whether they still are one.
func (s *Service) judgeEnsurer(ctx context.Context, tx *ent.Tx, who auth.Identity, p issuers.Person) error {
	both, err := tx.User.Query().Where(user.Issuer(p.Issuer), user.Subject(p.Subject)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("find user: %w", err)
	}
	if err := standing.Lock(ctx, tx, append(both, who.User.ID)...); err != nil {
		return err
	}
	if who.User.IsBot {
		return s.bots.StillIn(ctx, tx, who)
	}
	return standing.CheckAdmin(ctx, tx.Client(), who.User.ID)
}

// deleteByToken deletes the caller's account by a token that is about them. ErrInvalidCredentials: it is about somebody else.
func (s *Service) deleteByToken(ctx context.Context, who auth.Identity, token string) error {
	if err := s.takeChange(who); err != nil {
		return err
	}
	p, err := s.verify(ctx, token, auth.CallerFrom(ctx).Client())
	if err != nil {
		return err
	}
	row, err := s.store.Read.User.Get(ctx, who.User.ID)
	switch {
	case err != nil:
		return fmt.Errorf("find user: %w", err)
	case row.DeletedAt != nil:
		return &auth.ReasonError{Err: auth.ErrSessionRevoked, Reason: auth.ReasonAccountDeleted}
	case row.Issuer == nil || row.Subject == nil || *row.Issuer != p.Issuer || *row.Subject != p.Subject:
		return auth.ErrInvalidCredentials
	}
	return s.changeAccount(ctx, who, row, s.deletion())
}
