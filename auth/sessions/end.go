package sessions

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/audit"
	"parley/auth"
	"parley/ent"
	"parley/ent/predicate"
	"parley/ent/session"
	"parley/limit"
)

// live is a session one of whose tokens may still be accepted; leeway included, because whoever
// ends the live ones must end those too.
func (s *Sessions) live(now time.Time) predicate.Session {
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
func (s *Sessions) revoke(ctx context.Context, tx *ent.Tx, ids []uuid.UUID, reason string) error {
	for part := range slices.Chunk(ids, 500) {
		err := tx.Session.Update().Where(session.IDIn(part...), session.RevokedAtIsNil()).
			SetRevokedAt(s.store.Now()).SetRevokedReason(reason).Exec(ctx)
		if err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
	}
	return nil
}

// RevokeAll ends all sessions of a user, whose row is locked, for whoever has no Sessions: nodes that run find that within two seconds.
func RevokeAll(ctx context.Context, tx *ent.Tx, user uuid.UUID, now time.Time, reason string) error {
	err := tx.Session.Update().Where(session.UserID(user), session.RevokedAtIsNil()).SetRevokedAt(now).SetRevokedReason(reason).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// Ending is sessions of one user that have ended for one reason.
type Ending struct {
	ids    []uuid.UUID
	reason string
	user   uuid.UUID
	from   netip.Addr // who ended them
}

// Ended makes an end known, after its commit and before the call that ended them returns.
func (s *Sessions) Ended(ctx context.Context, e Ending) {
	if len(e.ids) == 0 {
		return
	}
	s.recent.End(e.ids, e.reason, s.store.Clock())
	s.tell(ctx, slog.LevelInfo, e)
}

// endHere ends sessions on this node although the database did not take it, because its disk is full or
// it cannot be reached: whoever asked for it must not have to wait. A task writes it as soon as it can.
func (s *Sessions) endHere(ctx context.Context, e Ending) {
	if e.ids = s.recent.Hold(e.ids, e.reason); len(e.ids) > 0 {
		s.tell(ctx, slog.LevelWarn, e, slog.Bool("stored", false))
	}
}

// PerhapsEnded is Ended behind a commit of which nobody knows what became. Here they have ended: that is written again until it is known.
func (s *Sessions) PerhapsEnded(ctx context.Context, e Ending) { s.endHere(ctx, e) }

func (s *Sessions) tell(ctx context.Context, level slog.Level, e Ending, more ...slog.Attr) {
	s.o.OnEnded(e.ids)
	s.endedHere.Add(e.reason, len(e.ids))
	s.auditEnded(ctx, level, e, more...)
}

// auditEnded writes down that sessions ended, and which if it is one.
func (s *Sessions) auditEnded(ctx context.Context, level slog.Level, e Ending, more ...slog.Attr) {
	about := audit.Event{Message: audit.SessionsEnded, User: e.user, From: e.from}
	if len(e.ids) == 1 {
		about.Session = e.ids[0]
	}
	more = append(more, slog.String("reason", e.reason), slog.Int("count", len(e.ids)))
	s.audit.Write(ctx, level, about, more...)
}

// End ends the live sessions of the user that asks, whose row is locked: all of them with their account, else all but
// the one that asks. Tell Ended after the commit.
func (s *Sessions) End(ctx context.Context, tx *ent.Tx, who auth.Identity, reason string) (Ending, error) {
	but := who.SessionID
	if reason == auth.ReasonAccountDeleted {
		but = uuid.Nil
	}
	return s.EndAll(ctx, tx, who.User.ID, but, reason)
}

// EndAll ends all live sessions of a user, whose row is locked, but one of them; uuid.Nil: it spares none. A node whose clock is behind may
// take one for live that has run out here, and it ends too. Tell Ended after the commit.
func (s *Sessions) EndAll(ctx context.Context, tx *ent.Tx, user, but uuid.UUID, reason string) (Ending, error) {
	ids, err := tx.Session.Query().Where(session.UserID(user), session.IDNEQ(but), s.live(s.store.Now().Add(-limit.ClocksDiffer))).Order(session.ByID()).IDs(ctx)
	if err != nil {
		return Ending{}, fmt.Errorf("find sessions: %w", err)
	}
	return Ending{ids: ids, reason: reason, user: user, from: auth.CallerFrom(ctx).Address}, s.revoke(ctx, tx, ids, reason)
}

// StillIn locks the session that asks. *auth.ReasonError: it has ended.
func (s *Sessions) StillIn(ctx context.Context, tx *ent.Tx, who auth.Identity) error {
	_, err := lockLive(ctx, tx, who)
	return err
}

// lately is how long after they have signed in people need not do it again, whatever they do.
const lately = time.Hour

// BeganLately is StillIn for what whoever has found an open window must not do. auth.ErrSignInAgain: the session began too long ago.
func (s *Sessions) BeganLately(ctx context.Context, tx *ent.Tx, who auth.Identity) error {
	row, err := lockLive(ctx, tx, who)
	if err != nil {
		return err
	}
	if age := s.store.Now().Sub(row.CreatedAt); age > lately || age < -limit.ClocksDiffer {
		return auth.ErrSignInAgain
	}
	return nil
}

func lockLive(ctx context.Context, tx *ent.Tx, who auth.Identity) (*ent.Session, error) {
	row, err := lock(ctx, tx, who.SessionID)
	switch {
	case ent.IsNotFound(err):
		return nil, &auth.ReasonError{Err: auth.ErrSessionRevoked, Reason: auth.ReasonUnknown}
	case err != nil:
		return nil, fmt.Errorf("lock session: %w", err)
	case row.RevokedAt != nil:
		return nil, &auth.ReasonError{Err: auth.ErrSessionRevoked, Reason: reasonOf(row)}
	}
	return row, nil
}
