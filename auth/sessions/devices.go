package sessions

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"parley/auth"
	"parley/ent"
	"parley/ent/predicate"
	"parley/ent/session"
	"parley/naming"
)

func newSession(row *ent.Session, who auth.Identity) *auth.Session {
	return &auth.Session{
		ID: row.ID, CreatedAt: row.CreatedAt.UTC(), LastUsedAt: row.LastUsedAt.UTC(),
		UserAgent: row.UserAgent, IPAddress: row.IPAddress, IsCurrent: row.ID == who.SessionID,
	}
}

// listed are the sessions a user is shown: theirs, not ended and not past an end.
func (s *Sessions) listed(who auth.Identity) predicate.Session {
	now := s.store.Now()
	return session.And(session.UserID(who.User.ID), session.RevokedAtIsNil(), session.ExpiresAtGT(now),
		session.Or(session.EndsAtIsNil(), session.EndsAtGT(now)))
}

// List returns the caller's sign-ins on all devices, the latest used first.
func (s *Sessions) List(ctx context.Context, who auth.Identity) ([]*auth.Session, error) {
	found, err := s.store.Read.Session.Query().Where(s.listed(who)).
		Order(session.ByLastUsedAt(sql.OrderDesc()), session.ByID(sql.OrderDesc())).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	sessions := make([]*auth.Session, len(found))
	for i, row := range found {
		sessions[i] = newSession(row, who)
	}
	return sessions, nil
}

// ByID returns sessions in the order asked for, in one query; nil for what List would
// not list: another's, an ended one, none.
func (s *Sessions) ByID(ctx context.Context, who auth.Identity, ids []uuid.UUID) ([]*auth.Session, error) {
	found, err := s.store.Read.Session.Query().Where(session.IDIn(ids...), s.listed(who)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("sessions by id: %w", err)
	}
	byID := make(map[uuid.UUID]*ent.Session, len(found))
	for _, row := range found {
		byID[row.ID] = row
	}
	sessions := make([]*auth.Session, len(ids))
	for i, id := range ids {
		if row := byID[id]; row != nil {
			sessions[i] = newSession(row, who)
		}
	}
	return sessions, nil
}

// EndOne ends one of the caller's sessions, which may be the one that asks, and returns its
// id, also when it had ended before. ErrNoSession: it is another's, unknown, or not an id. After any
// other error the database may know nothing of it, but on this node it has ended.
func (s *Sessions) EndOne(ctx context.Context, who auth.Identity, session string) (uuid.UUID, error) {
	id, ok := naming.ParseID(session)
	if !ok {
		return uuid.Nil, auth.ErrNoSession
	}
	e := Ending{reason: auth.ReasonSessionEnded, user: who.User.ID, from: auth.CallerFrom(ctx).Address}
	err := s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) (err error) {
		e.ids, err = s.endOwn(ctx, tx, who, id)
		return err
	})
	switch {
	case err == nil:
		s.Ended(ctx, e)
		return id, nil
	case !errors.Is(err, auth.ErrNoSession) && s.owns(ctx, who, id):
		e.ids = []uuid.UUID{id}
		s.endHere(ctx, e)
	}
	return uuid.Nil, fmt.Errorf("end session: %w", err)
}

// owns says whether a session is the caller's, without writing.
func (s *Sessions) owns(ctx context.Context, who auth.Identity, id uuid.UUID) bool {
	if id == who.SessionID {
		return true
	}
	err := s.store.Look(ctx, func(ctx context.Context, c *ent.Client) error {
		_, err := c.Session.Query().Where(session.ID(id), session.UserID(who.User.ID)).OnlyID(ctx)
		return err
	})
	return err == nil
}

func (s *Sessions) endOwn(ctx context.Context, tx *ent.Tx, who auth.Identity, id uuid.UUID) ([]uuid.UUID, error) {
	row, err := lock(ctx, tx, id)
	switch {
	case ent.IsNotFound(err) || err == nil && row.UserID != who.User.ID:
		return nil, auth.ErrNoSession
	case err != nil:
		return nil, fmt.Errorf("lock session: %w", err)
	case row.RevokedAt != nil || !row.ExpiresAt.After(s.store.Now().Add(-s.o.Leeway)):
		return nil, nil
	}
	ids := []uuid.UUID{id}
	return ids, s.revoke(ctx, tx, ids, auth.ReasonSessionEnded)
}
