package sessions

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/rows"
	"parley/ent"
	"parley/ent/session"
	"parley/limit"
)

// MaxLive is how many sessions of a user are live; one more ends the least recently used.
const MaxLive = 100

// Begun is a session that a transaction has begun, with those that it ended to make room.
type Begun struct {
	issuance
	surplus []uuid.UUID
	from    netip.Addr
}

// Begin makes a session in the transaction of a sign-in, which has locked the user's row. Issue it after the commit.
func (s *Sessions) Begin(ctx context.Context, tx *ent.Tx, user *auth.User, from auth.Client) (Begun, error) {
	return s.BeginFor(ctx, tx, user, from, 0)
}

// BeginFor is Begin of a session that lives no longer than that; 0: than all do.
func (s *Sessions) BeginFor(ctx context.Context, tx *ent.Tx, user *auth.User, from auth.Client, lifetime time.Duration) (Begun, error) {
	now := s.store.Now()
	end := s.endOf(now, lifetime)
	i := s.issueNow(user, uuid.Must(uuid.NewV7()), now, end)
	agent, address, network := rows.ClientColumns(from)
	err := tx.Session.Create().SetID(i.session).SetUserID(user.ID).
		SetCreatedAt(now).SetLastUsedAt(now).SetExpiresAt(i.expiresAt).SetNillableEndsAt(end).
		SetRefreshJti(i.jti).SetRefreshIssuedAt(i.issuedAt).SetRefreshKid(i.kid).
		SetNillableUserAgent(agent).SetNillableIPAddress(address).SetNillableIPNetwork(network).
		Exec(ctx)
	if err != nil {
		return Begun{}, fmt.Errorf("begin session: %w", err)
	}
	surplus, err := s.surplus(ctx, tx, user.ID, i.session)
	if err != nil {
		return Begun{}, fmt.Errorf("count sessions: %w", err)
	}
	return Begun{i, surplus, from.Address}, s.revoke(ctx, tx, surplus, auth.ReasonTooManySessions)
}

// endOf is the absolute end of a session that begins now; nil: it has none.
func (s *Sessions) endOf(now time.Time, lifetime time.Duration) *time.Time {
	if lifetime == 0 || s.o.SessionLifetime > 0 && s.o.SessionLifetime < lifetime {
		lifetime = s.o.SessionLifetime
	}
	if lifetime == 0 {
		return nil
	}
	end := now.Add(lifetime)
	return &end
}

// Issue makes known what a session that has begun has ended, and signs its tokens.
func (s *Sessions) Issue(ctx context.Context, b Begun) (*auth.Tokens, error) {
	s.Ended(ctx, Ending{ids: b.surplus, reason: auth.ReasonTooManySessions, user: b.user.ID, from: b.from})
	return s.sign(b.issuance)
}

// surplus are the live sessions of a user that make room for a new one: the least recently used.
func (s *Sessions) surplus(ctx context.Context, tx *ent.Tx, user, fresh uuid.UUID) ([]uuid.UUID, error) {
	now := s.store.Now()
	found, err := tx.Session.Query().Where(session.UserID(user), s.live(now), session.IDNEQ(fresh)).
		Select(session.FieldID, session.FieldLastUsedAt).Order(session.ByLastUsedAt(), session.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	// Those at the end that are said to have been used in the future have not been used since the clock is
	// right, because use writes that anew: they go first.
	ahead := slices.IndexFunc(found, func(row *ent.Session) bool { return row.LastUsedAt.After(now.Add(limit.ClocksDiffer)) })
	if ahead >= 0 {
		found = slices.Concat(found[ahead:], found[:ahead])
	}
	ids := make([]uuid.UUID, max(0, len(found)+1-MaxLive))
	for i := range ids {
		ids[i] = found[i].ID
	}
	return ids, nil
}
