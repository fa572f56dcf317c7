package accounts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/audit"
	"parley/auth/rows"
	"parley/db"
	"parley/ent"
	"parley/ent/predicate"
	"parley/ent/session"
	"parley/limit"
)

// maxSessions live ones of a user; one more ends the least recently used.
const maxSessions = 100

// begin makes a session in the transaction of a sign-in, which has locked the user's row. It
// answers the pair to sign and the sessions it ended to make room.
func (s *Service) begin(ctx context.Context, tx *ent.Tx, user *auth.User, from auth.Client) (grant, []uuid.UUID, error) {
	now := s.store.Now()
	var end *time.Time
	if s.o.SessionLifetime > 0 {
		at := now.Add(s.o.SessionLifetime)
		end = &at
	}
	g := s.newGrant(user, uuid.Must(uuid.NewV7()), now, end)
	agent, address, network := rows.ClientColumns(from)
	err := tx.Session.Create().SetID(g.session).SetUserID(user.ID).
		SetCreatedAt(now).SetLastUsedAt(now).SetExpiresAt(g.expiresAt).SetNillableEndsAt(end).
		SetRefreshJti(g.jti).SetRefreshIssuedAt(g.issuedAt).SetRefreshKid(g.kid).
		SetNillableUserAgent(agent).SetNillableIPAddress(address).SetNillableIPNetwork(network).
		Exec(ctx)
	if err != nil {
		return grant{}, nil, fmt.Errorf("begin session: %w", err)
	}
	surplus, err := s.surplus(ctx, tx, user.ID, g.session)
	if err != nil {
		return grant{}, nil, fmt.Errorf("count sessions: %w", err)
	}
	return g, surplus, s.revoke(ctx, tx, surplus, auth.ReasonTooManySessions)
}

// surplus are the live sessions of a user that make room for a new one: the least recently used.
func (s *Service) surplus(ctx context.Context, tx *ent.Tx, user, fresh uuid.UUID) ([]uuid.UUID, error) {
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
	ids := make([]uuid.UUID, max(0, len(found)+1-maxSessions))
	for i := range ids {
		ids[i] = found[i].ID
	}
	return ids, nil
}

// live is a session one of whose tokens may still be accepted; leeway included, because whoever
// ends the live ones must end those too.
func (s *Service) live(now time.Time) predicate.Session {
	return session.And(session.RevokedAtIsNil(), session.ExpiresAtGT(now.Add(-s.o.Leeway)))
}

// lock takes a session's row until the end of the transaction and reads it with its user: an
// UPDATE that changes nothing is a lock that both dialects have, and what is read after it is what
// the transaction before left. IsNotFound: there is no such session.
//
// Locks are taken in this order: user, session, its blacklisted tokens. Who locks the sessions of
// a user beyond one holds the user's row, so two of them never wait for each other.
func lock(ctx context.Context, tx *ent.Tx, sid uuid.UUID) (*ent.Session, error) {
	if err := tx.Session.Update().Where(session.ID(sid)).AddGeneration(0).Exec(ctx); err != nil {
		return nil, err
	}
	return tx.Session.Query().Where(session.ID(sid)).WithUser().Only(ctx)
}

// revoke ends sessions that the transaction has found live under its locks.
func (s *Service) revoke(ctx context.Context, tx *ent.Tx, ids []uuid.UUID, reason string) error {
	for part := range slices.Chunk(ids, 500) {
		err := tx.Session.Update().Where(session.IDIn(part...), session.RevokedAtIsNil()).
			SetRevokedAt(s.store.Now()).SetRevokedReason(reason).Exec(ctx)
		if err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
	}
	return nil
}

// ending is sessions of one user that have ended for one reason.
type ending struct {
	ids    []uuid.UUID
	reason string
	user   uuid.UUID
	from   netip.Addr // who ended them
}

// ended makes an end known, after its commit and before the answer of the call that ended them.
func (s *Service) ended(ctx context.Context, e ending) {
	if len(e.ids) == 0 {
		return
	}
	s.cache.end(e.ids, e.reason, s.store.Clock())
	s.tell(ctx, slog.LevelInfo, e)
}

// endHere ends sessions on this node although the database did not take it, because its disk is full or
// it cannot be reached: whoever asked for it must not have to wait. Run writes it as soon as it can.
func (s *Service) endHere(ctx context.Context, e ending) {
	if e.ids = s.cache.hold(e.ids, e.reason); len(e.ids) > 0 {
		s.tell(ctx, slog.LevelWarn, e, slog.Bool("stored", false))
	}
}

func (s *Service) tell(ctx context.Context, level slog.Level, e ending, more ...slog.Attr) {
	s.o.OnEnded(e.ids)
	s.meters.ended.Add(e.reason, len(e.ids))
	s.auditEnded(ctx, level, e, more...)
}

// auditEnded writes down that sessions ended, and which if it is one.
func (s *Service) auditEnded(ctx context.Context, level slog.Level, e ending, more ...slog.Attr) {
	about := audit.Event{Message: audit.SessionsEnded, User: e.user, From: e.from}
	if len(e.ids) == 1 {
		about.Session = e.ids[0]
	}
	more = append(more, slog.String("reason", e.reason), slog.Int("count", len(e.ids)))
	s.audit.Write(ctx, level, about, more...)
}

// check answers the user of a live session, from a read at most 2 s old.
func (s *Service) check(ctx context.Context, sid, sub uuid.UUID) (*auth.User, error) {
	start := s.store.Clock()
	found := s.cache.look(sid, start)
	if !found.known() {
		read, err := s.readSession(ctx, sid, start)
		if err != nil {
			return nil, err
		}
		found = s.cache.read(sid, read, start)
	}
	switch {
	case found.reason != "":
		return nil, &auth.ReasonError{Err: auth.ErrSessionRevoked, Reason: found.reason}
	case found.user.ID != sub: // a token from a history this database does not have
		return nil, auth.ErrUnauthenticated
	}
	return found.user, nil
}

func (s *Service) readSession(ctx context.Context, sid uuid.UUID, now time.Time) (found state, err error) {
	err = s.store.View(ctx, func(c *ent.Client) error {
		row, err := c.Session.Query().Where(session.ID(sid)).WithUser().Only(ctx)
		switch {
		case ent.IsNotFound(err):
			found = state{reason: auth.ReasonUnknown}
			return nil
		case err != nil:
			return err
		case row.RevokedAt != nil:
			found = state{reason: reasonOf(row)}
			return nil
		}
		found = state{user: rows.User(row.Edges.User)}
		if age := now.Sub(row.LastUsedAt); age > usedAfter || age < -limit.ClocksDiffer {
			s.cache.use(sid)
		}
		return nil
	})
	if err != nil && ctx.Err() == nil && !errors.Is(err, db.ErrBusy) {
		// Whatever keeps the database from answering: a client that is told it is not signed in
		// would throw its tokens away.
		err = fmt.Errorf("%w: %w", db.ErrDown, err)
	}
	if err != nil {
		return state{}, fmt.Errorf("check session: %w", err)
	}
	return found, nil
}

func reasonOf(row *ent.Session) string {
	if row.RevokedReason == nil {
		return auth.ReasonUnknown
	}
	return *row.RevokedReason
}
