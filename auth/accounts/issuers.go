package accounts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/google/uuid"

	"parley/audit"
	"parley/auth"
	"parley/auth/issuers"
	"parley/auth/rows"
	"parley/auth/sessions"
	"parley/auth/standing"
	"parley/auth/subjects"
	"parley/db"
	"parley/ent"
	"parley/ent/user"
)

// LoginWith signs in whoever a token of another system is about, and makes their account at first sight, whoever may register.
// ErrUnauthenticated, INVALID_TOKEN or TOKEN_EXPIRED; ErrNoKeys: as of issuers.Verify. *auth.RateError: too many sign-ins, as of Login.
// ErrForbidden, DISABLED. db.ErrUnknownOutcome as of Login.
func (s *Service) LoginWith(ctx context.Context, token string, from auth.Client) (*auth.Tokens, error) {
	about := audit.Event{From: from.Address}
	p, err := s.verify(ctx, token, about)
	if err != nil {
		return nil, err
	}
	in := arrival{Service: s, of: p, from: from}
	err = s.attempts.Right(subjects.ID(p), from, func() error { return in.signIn(ctx) })
	if err != nil {
		about.User = in.who
		s.auditRefused(ctx, err, about, slog.String("issuer", p.Issuer))
		return nil, fmt.Errorf("login with a token: %w", err)
	}
	message := audit.LoginOK
	if in.made {
		message = audit.Registered
	}
	return s.issue(ctx, message, in.begun, from, slog.String("issuer", p.Issuer))
}

// verify verifies a token of another system, and writes down why one is refused: the first time in a minute for whoever runs the server, since
// all tokens of an issuer are refused where its entry or a clock is wrong.
func (s *Service) verify(ctx context.Context, token string, about audit.Event) (issuers.Person, error) {
	p, err := s.issuers.Verify(ctx, token)
	var why *issuers.Refusal
	if errors.As(err, &why) {
		what := []slog.Attr{slog.String("fault", why.Fault)}
		if why.Issuer != "" {
			what = append(what, slog.String("issuer", why.Issuer))
		}
		level := slog.LevelWarn
		if s.faults.Take(why.Issuer+": "+why.Fault, s.store.Clock()) > 0 {
			level = slog.LevelDebug
		}
		about.Message = audit.LoginFailed
		s.audit.Write(ctx, level, about, what...)
	}
	return p, err
}

// verifyAs is verify for somebody who is signed in, and stays so whatever is wrong with the token. ErrTokenRefused, INVALID_TOKEN or
// TOKEN_EXPIRED; ErrNoKeys.
func (s *Service) verifyAs(ctx context.Context, who auth.Identity, token string) (issuers.Person, error) {
	p, err := s.verify(ctx, token, audit.Event{User: who.User.ID, Session: who.SessionID, From: auth.CallerFrom(ctx).Address})
	var why *auth.ReasonError
	if errors.Is(err, auth.ErrUnauthenticated) && errors.As(err, &why) {
		err = &auth.ReasonError{Err: auth.ErrTokenRefused, Reason: why.Reason}
	}
	return p, err
}

// An arrival is a sign-in of somebody whose token was good.
type arrival struct {
	*Service
	of   issuers.Person
	from auth.Client

	who   uuid.UUID
	made  bool // with it
	begun sessions.Begun
}

// signIn begins their session. On a disk that is almost full nobody is made, and others sign in. ErrForbidden, DISABLED. *auth.RateError: their
// account was deleted and made again too often.
func (a *arrival) signIn(ctx context.Context) error {
	there := false
	err := a.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) error {
		row, err := subjects.Update(ctx, tx, a.of)
		if there = row != nil; err != nil || !there {
			return err
		}
		return a.begin(ctx, tx, row)
	})
	if err != nil || there {
		return err
	}
	if err := auth.TooFast(a.newcomers.Take(subjects.ID(a.of), a.store.Clock())); err != nil {
		return err
	}
	err = a.store.WriteUnlessFull(ctx, func(ctx context.Context, tx *ent.Tx) error {
		row, made, err := subjects.Ensure(ctx, tx, a.of, a.store.Now())
		if a.made = made; err != nil {
			return err
		}
		return a.begin(ctx, tx, row)
	})
	if !errors.Is(err, db.ErrUnknownOutcome) && (err != nil || !a.made) {
		a.newcomers.GiveBack(subjects.ID(a.of))
	}
	return err
}

func (a *arrival) begin(ctx context.Context, tx *ent.Tx, row *ent.User) (err error) {
	a.who = row.ID
	if row.DisabledAt != nil {
		return &auth.ReasonError{Err: auth.ErrForbidden, Reason: auth.ReasonDisabled}
	}
	a.begun, err = a.sessions.BeginFor(ctx, tx, rows.User(row), a.from, a.of.SessionLifetime)
	return err
}

// EnsureUser makes or updates the account of whoever a token of another system is about, and signs nobody in. ErrForbidden: the caller is
// neither a bot nor a server admin. ErrTokenRefused, INVALID_TOKEN or TOKEN_EXPIRED; ErrNoKeys. *auth.RateError: too many changes.
func (s *Service) EnsureUser(ctx context.Context, who auth.Identity, token string) (*auth.User, error) {
	check := s.maySteer
	if who.User.IsBot {
		check = func(_ context.Context, who auth.Identity) error { return s.takeChange(who) }
	}
	if err := check(ctx, who); err != nil {
		return nil, err
	}
	p, err := s.verifyAs(ctx, who, token)
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
	p, err := s.verifyAs(ctx, who, token)
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
