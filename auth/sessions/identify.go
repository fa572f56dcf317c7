package sessions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/rows"
	"parley/auth/sessions/recent"
	"parley/db"
	"parley/ent"
	"parley/ent/session"
	"parley/limit"
)

// Identify checks the session of an access token.
//
// ErrUnauthenticated: it is bad. ErrTokenExpired. ErrSessionRevoked, with its reason. Any other error: the database could not say.
func (s *Sessions) Identify(ctx context.Context, token auth.Secret) (auth.Identity, error) {
	t, err := s.tokens.ParseAccess(string(token), s.store.Now())
	if err != nil {
		return auth.Identity{}, err
	}
	user, err := s.check(ctx, t.Session, t.User)
	if err != nil {
		return auth.Identity{}, err
	}
	return auth.Identity{User: user, SessionID: t.Session, ExpiresAt: t.ExpiresAt}, nil
}

// Check says whether the session of an identity is still live, for those who hold one longer than
// a request, such as a socket. It does not look at ExpiresAt. Errors as of Identify.
func (s *Sessions) Check(ctx context.Context, id auth.Identity) error {
	if id.User == nil {
		return auth.ErrUnauthenticated
	}
	_, err := s.check(ctx, id.SessionID, id.User.ID)
	return err
}

// check returns the user of a live session, from a read at most 2 s old.
func (s *Sessions) check(ctx context.Context, sid, sub uuid.UUID) (*auth.User, error) {
	start := s.store.Clock()
	found := s.recent.Look(sid, start)
	if !found.Known() {
		read, err := s.readSession(ctx, sid, start)
		if err != nil {
			return nil, err
		}
		found = s.recent.Read(sid, read, start)
	}
	switch {
	case found.Reason != "":
		return nil, &auth.ReasonError{Err: auth.ErrSessionRevoked, Reason: found.Reason}
	case found.User.ID != sub: // a token from a history this database does not have
		return nil, auth.ErrUnauthenticated
	}
	return found.User, nil
}

func (s *Sessions) readSession(ctx context.Context, sid uuid.UUID, now time.Time) (found recent.State, err error) {
	err = s.store.View(ctx, func(c *ent.Client) error {
		row, err := c.Session.Query().Where(session.ID(sid)).WithUser().Only(ctx)
		switch {
		case ent.IsNotFound(err):
			found = recent.State{Reason: auth.ReasonUnknown}
			return nil
		case err != nil:
			return err
		case row.RevokedAt != nil:
			found = recent.State{Reason: reasonOf(row)}
			return nil
		case row.Edges.User.DisabledAt != nil:
			found = recent.State{Reason: auth.ReasonDisabled}
			return nil
		}
		found = recent.State{User: rows.User(row.Edges.User)}
		if age := now.Sub(row.LastUsedAt); age > usedAfter || age < -limit.ClocksDiffer {
			s.recent.Use(sid)
		}
		return nil
	})
	if err != nil && ctx.Err() == nil && !errors.Is(err, db.ErrBusy) {
		// Whatever keeps the database from answering: a client that is told it is not signed in
		// would throw its tokens away.
		err = fmt.Errorf("%w: %w", db.ErrDown, err)
	}
	if err != nil {
		return recent.State{}, fmt.Errorf("check session: %w", err)
	}
	return found, nil
}

func reasonOf(row *ent.Session) string {
	if row.RevokedReason == nil {
		return auth.ReasonUnknown
	}
	return *row.RevokedReason
}
