package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/ent"
	"parley/ent/session"
	"parley/ent/user"
)

// Logout ends sessions and answers how many live ones this call ended; once it has answered, none
// of their tokens works here, and within 2 s none works on another node. The session is named by
// refresh if that is a good refresh token, else by the token of the caller in ctx. With
// LogoutCurrent either may have expired. Otherwise the token must be good, not used up, and its
// session live. A token that will not do is no error: the answer is 0, as when sent again.
// InvalidError: scope OUT_OF_RANGE.
func (s *Service) Logout(ctx context.Context, scope LogoutScope, refresh *string) (int, error) {
	switch scope {
	case LogoutCurrent, LogoutOthers, LogoutAll:
	default:
		return 0, &InvalidError{Field: "scope", Reason: "OUT_OF_RANGE"}
	}
	d, ok := s.leaving(ctx, scope, refresh)
	if !ok {
		return 0, nil
	}
	var ids []uuid.UUID
	err := s.write(ctx, func(ctx context.Context, tx *ent.Tx) (err error) {
		if scope == LogoutCurrent {
			ids, err = s.endOne(ctx, tx, d)
		} else {
			ids, err = s.endMany(ctx, tx, d)
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("logout: %w", err)
	}
	s.ended(ctx, ending{ids: ids, reason: ReasonLogout, user: d.user, from: CallerFrom(ctx).Address})
	return len(ids), nil
}

// departure is a token that names the session to end.
type departure struct {
	ticket
	kind  kind
	scope LogoutScope
}

func (s *Service) leaving(ctx context.Context, scope LogoutScope, refresh *string) (departure, bool) {
	read := func(text string, k kind) (departure, bool) {
		t, err := s.keys.read(text, k, s.now(), s.o.Leeway)
		good := err == nil || scope == LogoutCurrent && errors.Is(err, errExpired)
		return departure{ticket: t, kind: k, scope: scope}, good
	}
	if refresh != nil {
		if d, ok := read(*refresh, refreshToken); ok {
			return d, true
		}
	}
	return read(string(CallerFrom(ctx).Token), accessToken)
}

// endOne ends the session of a token, used up or not: who holds it can do no more harm than this.
func (s *Service) endOne(ctx context.Context, tx *ent.Tx, d departure) ([]uuid.UUID, error) {
	now := s.now()
	n, err := tx.Session.Update().Where(session.ID(d.session), session.UserID(d.user), s.live(now)).
		SetRevokedAt(now).SetRevokedReason(ReasonLogout).Save(ctx)
	if err != nil || n == 0 {
		return nil, err
	}
	return []uuid.UUID{d.session}, nil
}

// endMany ends the other sessions of the user, and with LogoutAll this one too.
func (s *Service) endMany(ctx context.Context, tx *ent.Tx, d departure) ([]uuid.UUID, error) {
	if err := tx.User.Update().Where(user.ID(d.user)).AddPasswordVersion(0).Exec(ctx); err != nil {
		return nil, fmt.Errorf("lock user: %w", err)
	}
	may, err := s.mayEndMany(ctx, tx, d)
	if err != nil || !may {
		return nil, err
	}
	ids, err := tx.Session.Query().Where(session.UserID(d.user), s.live(s.now())).Order(session.ByID()).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("find sessions: %w", err)
	}
	if d.scope != LogoutAll {
		ids = slices.DeleteFunc(ids, func(id uuid.UUID) bool { return id == d.session })
	}
	return ids, s.revoke(ctx, tx, ids, ReasonLogout)
}

func (s *Service) mayEndMany(ctx context.Context, tx *ent.Tx, d departure) (bool, error) {
	row, err := lock(ctx, tx, d.session)
	if ent.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock session: %w", err)
	}
	if row.UserID != d.user || row.RevokedAt != nil || over(row.EndsAt, s.now()) {
		return false, nil
	}
	// What uses a refresh token up raises the generation in the same transaction.
	current := d.generation == row.Generation && (row.RefreshJti == nil || *row.RefreshJti == d.jti)
	return d.kind == accessToken || current, nil
}

// over says whether the absolute end of a session has been reached.
func over(end *time.Time, now time.Time) bool { return end != nil && !now.Before(*end) }
