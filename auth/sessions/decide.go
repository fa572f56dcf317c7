package sessions

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/rows"
	"parley/ent"
	"parley/ent/blacklistedtoken"
	"parley/ent/session"
	"parley/limit"
)

// decide decides about an attempt under the lock of its session; the first line that fits counts.
func (s *Sessions) decide(ctx context.Context, tx *ent.Tx, a attempt) (decision, error) {
	row, err := lock(ctx, tx, a.Session)
	if ent.IsNotFound(err) {
		return refused(auth.ErrSessionRevoked, auth.ReasonUnknown), nil
	}
	if err != nil {
		return decision{}, fmt.Errorf("lock session: %w", err)
	}
	a.row, a.now = row, s.store.Now() // not before the lock: it may have been waited for
	switch {
	case row.RevokedAt != nil:
		return refused(auth.ErrSessionRevoked, reasonOf(row)), nil
	case row.Edges.User.DisabledAt != nil:
		return refused(auth.ErrSessionRevoked, auth.ReasonDisabled), nil
	case over(row.EndsAt, a.now):
		return refused(auth.ErrUnauthenticated, auth.ReasonTokenTooOld), nil
	case row.UserID != a.User, a.Generation > row.Generation: // a history this database does not have
		return refused(auth.ErrUnauthenticated, auth.ReasonInvalidToken), nil
	}
	first, err := s.useUp(ctx, tx, a)
	if err != nil {
		return decision{}, fmt.Errorf("blacklist: %w", err)
	}
	switch {
	case !first || a.Generation < row.Generation:
		return s.reused(ctx, tx, a)
	case !s.o.Rotate:
		return s.keep(ctx, tx, a)
	case !s.o.Blacklist:
		return s.reissue(ctx, tx, a)
	}
	return s.rotate(ctx, tx, a)
}

// useUp says whether the token is not used up yet. With blacklisting it uses it up: the insert
// that succeeds is the refresh that wins. "Check, then insert" would let many win.
func (s *Sessions) useUp(ctx context.Context, tx *ent.Tx, a attempt) (first bool, err error) {
	if !s.o.Rotate || !s.o.Blacklist {
		used, err := tx.BlacklistedToken.Query().Where(blacklistedtoken.ID(a.JTI)).Exist(ctx)
		return !used, err
	}
	err = tx.BlacklistedToken.Create().SetID(a.JTI).SetSessionID(a.Session).SetGeneration(a.Generation).
		SetBlacklistedAt(a.now).SetExpiresAt(a.ExpiresAt).
		OnConflictColumns(blacklistedtoken.FieldID).DoNothing().Exec(ctx)
	if errors.Is(err, sql.ErrNoRows) { // so Ent says that there was a conflict
		return false, nil
	}
	return err == nil, err
}

// reused decides about a token that is used up: the same attempt again, another tab, or theft.
func (s *Sessions) reused(ctx context.Context, tx *ent.Tx, a attempt) (decision, error) {
	row := a.row
	if row.ParentJti != nil && *row.ParentJti == a.JTI && row.RotatedAt != nil {
		age := a.now.Sub(*row.RotatedAt)
		ahead := age < -limit.ClocksDiffer // a clock that was wrong: the windows begin now, or they would be open until its time
		if ahead {
			if err := tx.Session.Update().Where(session.ID(row.ID)).SetRotatedAt(a.now).Exec(ctx); err != nil {
				return decision{}, fmt.Errorf("begin windows: %w", err)
			}
		}
		age = max(0, age) // clocks of nodes differ
		if s.o.RetryWindow > 0 && age <= s.o.RetryWindow && row.RefreshJti != nil && a.sameAttempt() {
			issued := lastIssued(row)
			return decision{issued: &issued, again: true, commit: ahead}, nil
		}
		if age < s.o.ReuseWindow {
			return decision{refusal: auth.ErrTokenRotated, commit: ahead}, nil
		}
	}
	d := refused(auth.ErrSessionRevoked, auth.ReasonTokenReused)
	d.alarm, d.commit = true, true
	return d, s.revoke(ctx, tx, []uuid.UUID{row.ID}, auth.ReasonTokenReused)
}

// retryHash names the attempt; nil without a key. The jti is in it, so that a key sent with two
// tokens is not taken for one attempt.
func (a attempt) retryHash() []byte {
	if a.key == nil {
		return nil
	}
	sum := sha256.Sum256([]byte(a.JTI.String() + "\x00" + *a.key))
	return sum[:]
}

// sameAttempt says whether the key is the one of the attempt that made the row's generation. Without a
// key it never is: Ent reads the NULL of an attempt without one as an empty hash, not as nil.
func (a attempt) sameAttempt() bool {
	return a.key != nil && a.row.RetryHash != nil && bytes.Equal(a.retryHash(), *a.row.RetryHash)
}

// rotate makes the next generation. The condition on the generation admits one winner even where
// the blacklist would not.
func (s *Sessions) rotate(ctx context.Context, tx *ent.Tx, a attempt) (decision, error) {
	issued := s.successor(a)
	issued.generation++
	change := a.touch(tx).AddGeneration(1).SetParentJti(a.JTI).SetRefreshJti(issued.jti).SetRefreshIssuedAt(issued.issuedAt).
		SetRefreshKid(issued.kid).SetExpiresAt(issued.expiresAt).SetRotatedAt(a.now)
	if h := a.retryHash(); h != nil {
		change.SetRetryHash(h)
	} else {
		change.ClearRetryHash()
	}
	d, err := update(ctx, change, issued)
	if err != nil || d.issued == nil {
		return d, err
	}
	_, err = tx.BlacklistedToken.Delete().Where(blacklistedtoken.SessionID(a.Session),
		blacklistedtoken.GenerationLT(a.Generation-keptTokens+1)).Exec(ctx)
	return d, err
}

// reissue issues new tokens beside the old ones, which stay good: blacklisting is off.
func (s *Sessions) reissue(ctx context.Context, tx *ent.Tx, a attempt) (decision, error) {
	issued := s.successor(a)
	later := issued.expiresAt
	if row := a.row.ExpiresAt.UTC(); row.After(later) {
		later = row
	}
	return update(ctx, a.touch(tx).ClearRefreshJti().SetExpiresAt(later), issued)
}

// keep issues a new access token beside the refresh token that was sent: rotation is off.
func (s *Sessions) keep(ctx context.Context, tx *ent.Tx, a attempt) (decision, error) {
	issued := s.successor(a)
	issued.expiresAt, issued.kept = a.ExpiresAt, a.text
	return update(ctx, a.touch(tx), issued)
}

// successor is an issuance of the same generation with a new refresh token.
func (s *Sessions) successor(a attempt) issuance {
	issued := s.issueNow(rows.User(a.row.Edges.User), a.Session, a.now, a.row.EndsAt)
	issued.generation = a.Generation
	return issued
}

// touch begins the one UPDATE that a good attempt makes: of a session that is live, by its live token.
func (a attempt) touch(tx *ent.Tx) *ent.SessionUpdate {
	agent, address, network := rows.ClientColumns(a.from)
	change := tx.Session.Update().SetLastUsedAt(a.now).Where(
		session.ID(a.Session), session.RevokedAtIsNil(), session.Generation(a.Generation),
		session.Or(session.RefreshJti(a.JTI), session.RefreshJtiIsNil()))
	for _, column := range []struct {
		value *string
		set   func(string) *ent.SessionUpdate
		clear func() *ent.SessionUpdate
	}{
		{agent, change.SetUserAgent, change.ClearUserAgent},
		{address, change.SetIPAddress, change.ClearIPAddress},
		{network, change.SetIPNetwork, change.ClearIPNetwork},
	} {
		if column.value != nil {
			column.set(*column.value)
		} else {
			column.clear()
		}
	}
	return change
}

// update carries the UPDATE out: of one row it has issued the tokens, of none the token is one that the row does not know.
func update(ctx context.Context, change *ent.SessionUpdate, issued issuance) (decision, error) {
	n, err := change.Save(ctx)
	if err != nil {
		return decision{}, fmt.Errorf("update session: %w", err)
	}
	if n == 0 {
		return refused(auth.ErrUnauthenticated, auth.ReasonInvalidToken), nil
	}
	return decision{issued: &issued, commit: true}, nil
}
