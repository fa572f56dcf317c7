package accounts

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

// Logout ends sessions and answers how many live ones this call ended; once it has answered, none
// of their tokens works here, and within 2 s none works on another node. The session is named by
// refresh if that is a good refresh token, else by the token of the caller in ctx. With
// LogoutCurrent either may have expired. Otherwise the token must be good, not used up, and its
// Session live. A token that will not do is no error: the answer is 0, as when sent again.
// InvalidError: scope OUT_OF_RANGE. After any other error the database may know nothing of it, but on
// this node the sessions have ended.
func (s *Service) Logout(ctx context.Context, scope auth.LogoutScope, refresh *string) (int, error) {
	switch scope {
	case auth.LogoutCurrent, auth.LogoutOthers, auth.LogoutAll:
	default:
		return 0, &auth.InvalidError{Field: "scope", Reason: "OUT_OF_RANGE"}
	}
	d, ok := s.leaving(ctx, scope, refresh)
	if !ok {
		return 0, nil
	}
	e := ending{reason: auth.ReasonLogout, user: d.User, from: auth.CallerFrom(ctx).Address}
	err := s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) (err error) {
		if scope == auth.LogoutCurrent {
			e.ids, err = s.endOne(ctx, tx, d)
		} else {
			e.ids, err = s.endMany(ctx, tx, d)
		}
		return err
	})
	if err != nil {
		e.ids = s.meant(ctx, d)
		s.endHere(ctx, e)
		return 0, fmt.Errorf("logout: %w", err)
	}
	s.ended(ctx, e)
	return len(e.ids), nil
}

// meant are the sessions that a departure names, as far as they can be found without writing.
func (s *Service) meant(ctx context.Context, d departure) (ids []uuid.UUID) {
	if d.scope != auth.LogoutCurrent {
		err := s.store.Look(ctx, func(ctx context.Context, c *ent.Client) error {
			row, err := c.Session.Get(ctx, d.Session)
			if err == nil {
				ids, err = s.named(ctx, c, d, row)
			}
			return err
		})
		if err == nil || d.scope == auth.LogoutOthers {
			return ids
		}
	}
	return []uuid.UUID{d.Session}
}

// departure is a token that names the session to end.
type departure struct {
	tokens.Claims
	kind  tokens.Kind
	scope auth.LogoutScope
}

func (s *Service) leaving(ctx context.Context, scope auth.LogoutScope, refresh *string) (departure, bool) {
	read := func(text string, k tokens.Kind) (departure, bool) {
		t, err := s.tokens.Parse(text, k, s.store.Now())
		good := err == nil && s.cache.held(t.Session) == ""
		if scope == auth.LogoutCurrent {
			good = err == nil || errors.Is(err, tokens.ErrExpired)
		}
		return departure{Claims: t, kind: k, scope: scope}, good
	}
	if refresh != nil {
		if d, ok := read(*refresh, tokens.Refresh); ok {
			return d, true
		}
	}
	return read(string(auth.CallerFrom(ctx).Token), tokens.Access)
}

// endOne ends the session of a token, used up or not: who holds it can do no more harm than this.
func (s *Service) endOne(ctx context.Context, tx *ent.Tx, d departure) ([]uuid.UUID, error) {
	now := s.store.Now()
	n, err := tx.Session.Update().Where(session.ID(d.Session), session.UserID(d.User), s.live(now)).
		SetRevokedAt(now).SetRevokedReason(auth.ReasonLogout).Save(ctx)
	if err != nil || n == 0 {
		return nil, err
	}
	return []uuid.UUID{d.Session}, nil
}

// endMany ends the other sessions of the user, and with LogoutAll this one too.
func (s *Service) endMany(ctx context.Context, tx *ent.Tx, d departure) ([]uuid.UUID, error) {
	if err := tx.User.Update().Where(user.ID(d.User)).AddPasswordVersion(0).Exec(ctx); err != nil {
		return nil, fmt.Errorf("lock user: %w", err)
	}
	row, err := lock(ctx, tx, d.Session)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock session: %w", err)
	}
	ids, err := s.named(ctx, tx.Client(), d, row)
	if err != nil {
		return nil, err
	}
	return ids, s.revoke(ctx, tx, ids, auth.ReasonLogout)
}

// named are the live sessions that a departure from one of them names; none where its token will not do.
func (s *Service) named(ctx context.Context, c *ent.Client, d departure, row *ent.Session) ([]uuid.UUID, error) {
	if row.UserID != d.User || row.RevokedAt != nil || over(row.EndsAt, s.store.Now()) {
		return nil, nil
	}
	// What uses a refresh token up raises the generation in the same transaction.
	current := d.Generation == row.Generation && (row.RefreshJti == nil || *row.RefreshJti == d.JTI)
	if d.kind == tokens.Refresh && !current {
		return nil, nil
	}
	ids, err := c.Session.Query().Where(session.UserID(d.User), s.live(s.store.Now())).Order(session.ByID()).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("find sessions: %w", err)
	}
	if d.scope != auth.LogoutAll {
		ids = slices.DeleteFunc(ids, func(id uuid.UUID) bool { return id == d.Session })
	}
	return ids, nil
}

// over says whether the absolute end of a session has been reached.
func over(end *time.Time, now time.Time) bool { return end != nil && !now.Before(*end) }
