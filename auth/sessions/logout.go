package sessions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/tokens"
	"parley/ent"
	"parley/ent/session"
	"parley/ent/user"
)

// Logout ends sessions and returns how many live ones this call ended; once it has returned, none
// of their tokens works here, and within 2 s none works on another node. The session is named by
// refresh if that is a good refresh token, else by the token of the caller in ctx. With
// LogoutCurrent either may have expired. Otherwise the token must be good, not used up, and its
// Session live. A token that will not do is no error: it ended 0, as when sent again.
// InvalidError: scope OUT_OF_RANGE. After any other error the database may know nothing of it, but on
// this node the sessions have ended.
func (s *Sessions) Logout(ctx context.Context, scope auth.LogoutScope, refresh *string) (int, error) {
	switch scope {
	case auth.LogoutCurrent, auth.LogoutOthers, auth.LogoutAll:
	default:
		return 0, &auth.InvalidError{Field: "scope", Reason: "OUT_OF_RANGE"}
	}
	l, ok := s.parseLogout(ctx, scope, refresh)
	if !ok {
		return 0, nil
	}
	e := Ending{reason: auth.ReasonLogout, user: l.User, from: auth.CallerFrom(ctx).Address}
	err := s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) (err error) {
		if scope == auth.LogoutCurrent {
			e.ids, err = s.endOne(ctx, tx, l)
		} else {
			e.ids, err = s.endMany(ctx, tx, l)
		}
		return err
	})
	if err != nil {
		e.ids = s.intended(ctx, l)
		s.endHere(ctx, e)
		return 0, fmt.Errorf("logout: %w", err)
	}
	s.Ended(ctx, e)
	return len(e.ids), nil
}

// intended are the sessions that a logout names, as far as they can be found without writing.
func (s *Sessions) intended(ctx context.Context, l logout) (ids []uuid.UUID) {
	if l.scope != auth.LogoutCurrent {
		err := s.store.Look(ctx, func(ctx context.Context, c *ent.Client) error {
			row, err := c.Session.Get(ctx, l.Session)
			if err == nil {
				ids, err = s.namedBy(ctx, c, l, row)
			}
			return err
		})
		if err == nil || l.scope == auth.LogoutOthers {
			return ids
		}
	}
	return []uuid.UUID{l.Session}
}

// logout is a token that names the session to end.
type logout struct {
	tokens.Claims
	kind  tokens.Kind
	scope auth.LogoutScope
}

// parseLogout reads the tokens of a logout without the database; false: neither will do.
func (s *Sessions) parseLogout(ctx context.Context, scope auth.LogoutScope, refresh *string) (logout, bool) {
	read := func(text string, k tokens.Kind) (logout, bool) {
		t, err := s.tokens.Parse(text, k, s.store.Now())
		good := err == nil && s.recent.Held(t.Session) == ""
		if scope == auth.LogoutCurrent {
			good = err == nil || errors.Is(err, tokens.ErrExpired)
		}
		return logout{Claims: t, kind: k, scope: scope}, good
	}
	if refresh != nil {
		if l, ok := read(*refresh, tokens.Refresh); ok {
			return l, true
		}
	}
	return read(string(auth.CallerFrom(ctx).Token), tokens.Access)
}

// endOne ends the session of a token, used up or not: who holds it can do no more harm than this.
func (s *Sessions) endOne(ctx context.Context, tx *ent.Tx, l logout) ([]uuid.UUID, error) {
	now := s.store.Now()
	n, err := tx.Session.Update().Where(session.ID(l.Session), session.UserID(l.User), s.live(now)).
		SetRevokedAt(now).SetRevokedReason(auth.ReasonLogout).Save(ctx)
	if err != nil || n == 0 {
		return nil, err
	}
	return []uuid.UUID{l.Session}, nil
}

// endMany ends the other sessions of the user, and with LogoutAll this one too.
func (s *Sessions) endMany(ctx context.Context, tx *ent.Tx, l logout) ([]uuid.UUID, error) {
	if err := tx.User.Update().Where(user.ID(l.User)).AddPasswordVersion(0).Exec(ctx); err != nil {
		return nil, fmt.Errorf("lock user: %w", err)
	}
	row, err := lock(ctx, tx, l.Session)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock session: %w", err)
	}
	ids, err := s.namedBy(ctx, tx.Client(), l, row)
	if err != nil {
		return nil, err
	}
	return ids, s.revoke(ctx, tx, ids, auth.ReasonLogout)
}

// namedBy are the live sessions that a logout of one of them names; none where its token will not do.
func (s *Sessions) namedBy(ctx context.Context, c *ent.Client, l logout, row *ent.Session) ([]uuid.UUID, error) {
	if row.UserID != l.User || row.RevokedAt != nil || over(row.EndsAt, s.store.Now()) {
		return nil, nil
	}
	// What uses a refresh token up raises the generation in the same transaction.
	current := l.Generation == row.Generation && (row.RefreshJti == nil || *row.RefreshJti == l.JTI)
	if l.kind == tokens.Refresh && !current {
		return nil, nil
	}
	ids, err := c.Session.Query().Where(session.UserID(l.User), s.live(s.store.Now())).Order(session.ByID()).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("find sessions: %w", err)
	}
	if l.scope != auth.LogoutAll {
		ids = slices.DeleteFunc(ids, func(id uuid.UUID) bool { return id == l.Session })
	}
	return ids, nil
}

// over says whether the absolute end of a session has been reached.
func over(end *time.Time, now time.Time) bool { return end != nil && !now.Before(*end) }
