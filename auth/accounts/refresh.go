package accounts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/audit"
	"parley/auth/rows"
	"parley/auth/tokens"
	"parley/ent"
	"parley/ent/blacklistedtoken"
	"parley/ent/session"
	"parley/limit"
)

// keptTokens is how many blacklisted tokens of a session stay: older ones are known by their
// generation, so a row more would say nothing new.
const keptTokens = 10

// use is one presentation of a refresh token.
type use struct {
	tokens.Claims
	text string
	key  *string // idempotencyKey
	from auth.Client

	// What judge found under the lock.
	row *ent.Session
	now time.Time // read once
}

// outcome is how a use was judged. It is a value and not an error, because the alarm must be
// committed although it is refused.
type outcome struct {
	pair    *grant // to sign; nil: refused
	refusal error
	alarm   bool // the session was ended
	again   bool // the pair is one that was answered before
	commit  bool
}

func refused(class error, reason string) outcome {
	return outcome{refusal: &auth.ReasonError{Err: class, Reason: reason}}
}

// errRollBack undoes a transaction whose outcome changes nothing.
var errRollBack = errors.New("roll back")

// Refresh exchanges a refresh token for a new pair. However often and from however many processes
// a token is presented, it gets one successor; the same attempt sent again, told by key (1 to 200
// bytes, new for each attempt), gets the same answer within the retry window.
//
// InvalidError: token REQUIRED, idempotencyKey TOO_SHORT or TOO_LONG. ErrUnauthenticated with
// INVALID_TOKEN or REFRESH_TOKEN_EXPIRED. ErrTokenRotated: somebody else has just used it.
// ErrSessionRevoked with its reason; TOKEN_REUSED: this call raised the alarm and ended the
// session. db.ErrUnknownOutcome: send the same again with the same key.
func (s *Service) Refresh(ctx context.Context, token, key *string, from auth.Client) (*auth.Tokens, error) {
	u, err := s.present(token, key, from)
	if err != nil {
		return nil, err
	}
	var out outcome
	err = s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) (err error) {
		out, err = s.judge(ctx, tx, u)
		if err == nil && !out.commit {
			err = errRollBack
		}
		return err
	})
	alarm := ending{ids: []uuid.UUID{u.Session}, reason: auth.ReasonTokenReused, user: u.User, from: from.Address}
	if err != nil && !errors.Is(err, errRollBack) {
		if out.alarm {
			s.endHere(ctx, alarm)
		}
		return nil, fmt.Errorf("refresh: %w", err)
	}
	if out.alarm {
		s.ended(ctx, alarm)
	}
	s.auditRefresh(ctx, u, out)
	if out.pair == nil {
		return nil, out.refusal
	}
	return s.sign(*out.pair)
}

func (s *Service) auditRefresh(ctx context.Context, u use, out outcome) {
	about := audit.Event{User: u.User, Session: u.Session, From: u.from.Address}
	level := slog.LevelInfo
	switch {
	case out.alarm:
		about.Message, level = audit.RefreshReused, slog.LevelWarn
	case out.again, errors.Is(out.refusal, auth.ErrTokenRotated):
		about.Message = audit.RefreshInWindow
	case out.pair != nil && out.pair.kept == "":
		about.Message, level = audit.RefreshRotated, slog.LevelDebug
	default:
		return
	}
	s.audit.Write(ctx, level, about)
}

// present reads a use without the database.
func (s *Service) present(token, key *string, from auth.Client) (use, error) {
	if token == nil || *token == "" {
		return use{}, &auth.InvalidError{Field: "token", Reason: "REQUIRED"}
	}
	if key != nil && *key == "" {
		return use{}, &auth.InvalidError{Field: "idempotencyKey", Reason: "TOO_SHORT"}
	}
	if key != nil && len(*key) > 200 {
		return use{}, &auth.InvalidError{Field: "idempotencyKey", Reason: "TOO_LONG"}
	}
	t, err := s.tokens.Parse(*token, tokens.Refresh, s.store.Now())
	switch {
	case errors.Is(err, tokens.ErrExpired): // never TOKEN_EXPIRED, at which clients refresh
		return use{}, refused(auth.ErrUnauthenticated, auth.ReasonTokenTooOld).refusal
	case err != nil:
		return use{}, refused(auth.ErrUnauthenticated, auth.ReasonInvalidToken).refusal
	}
	if reason := s.cache.held(t.Session); reason != "" {
		return use{}, refused(auth.ErrSessionRevoked, reason).refusal
	}
	return use{Claims: t, text: *token, key: key, from: from}, nil
}

// judge decides about a use under the lock of its session; the first line that fits decides.
func (s *Service) judge(ctx context.Context, tx *ent.Tx, u use) (outcome, error) {
	row, err := lock(ctx, tx, u.Session)
	if ent.IsNotFound(err) {
		return refused(auth.ErrSessionRevoked, auth.ReasonUnknown), nil
	}
	if err != nil {
		return outcome{}, fmt.Errorf("lock session: %w", err)
	}
	u.row, u.now = row, s.store.Now() // not before the lock: it may have been waited for
	switch {
	case row.RevokedAt != nil:
		return refused(auth.ErrSessionRevoked, reasonOf(row)), nil
	case over(row.EndsAt, u.now):
		return refused(auth.ErrUnauthenticated, auth.ReasonTokenTooOld), nil
	case row.UserID != u.User, u.Generation > row.Generation: // a history this database does not have
		return refused(auth.ErrUnauthenticated, auth.ReasonInvalidToken), nil
	}
	first, err := s.claim(ctx, tx, u)
	if err != nil {
		return outcome{}, fmt.Errorf("blacklist: %w", err)
	}
	switch {
	case !first || u.Generation < row.Generation:
		return s.reused(ctx, tx, u)
	case !s.o.Rotate:
		return s.keep(ctx, tx, u)
	case !s.o.Blacklist:
		return s.reissue(ctx, tx, u)
	}
	return s.rotate(ctx, tx, u)
}

// claim says whether the token is not used up yet. With blacklisting it uses it up: the insert
// that succeeds is the refresh that wins. "Check, then insert" would let many win.
func (s *Service) claim(ctx context.Context, tx *ent.Tx, u use) (first bool, err error) {
	if !s.o.Rotate || !s.o.Blacklist {
		used, err := tx.BlacklistedToken.Query().Where(blacklistedtoken.ID(u.JTI)).Exist(ctx)
		return !used, err
	}
	err = tx.BlacklistedToken.Create().SetID(u.JTI).SetSessionID(u.Session).SetGeneration(u.Generation).
		SetBlacklistedAt(u.now).SetExpiresAt(u.ExpiresAt).
		OnConflictColumns(blacklistedtoken.FieldID).DoNothing().Exec(ctx)
	if errors.Is(err, sql.ErrNoRows) { // so Ent says that there was a conflict
		return false, nil
	}
	return err == nil, err
}

// reused judges a token that is used up: the same attempt again, another tab, or theft.
func (s *Service) reused(ctx context.Context, tx *ent.Tx, u use) (outcome, error) {
	row := u.row
	if row.ParentJti != nil && *row.ParentJti == u.JTI && row.RotatedAt != nil {
		age := u.now.Sub(*row.RotatedAt)
		ahead := age < -limit.ClocksDiffer // a clock that was wrong: the windows begin now, or they would be open until its time
		if ahead {
			if err := tx.Session.Update().Where(session.ID(row.ID)).SetRotatedAt(u.now).Exec(ctx); err != nil {
				return outcome{}, fmt.Errorf("begin windows: %w", err)
			}
		}
		age = max(0, age) // clocks of nodes differ
		if s.o.RetryWindow > 0 && age <= s.o.RetryWindow && row.RefreshJti != nil && u.sameAttempt() {
			pair := grantOf(row)
			return outcome{pair: &pair, again: true, commit: ahead}, nil
		}
		if age < s.o.ReuseWindow {
			return outcome{refusal: auth.ErrTokenRotated, commit: ahead}, nil
		}
	}
	out := refused(auth.ErrSessionRevoked, auth.ReasonTokenReused)
	out.alarm, out.commit = true, true
	return out, s.revoke(ctx, tx, []uuid.UUID{row.ID}, auth.ReasonTokenReused)
}

// retryHash names the attempt; nil without a key. The jti is in it, so that a key sent with two
// tokens is not taken for one attempt.
func (u use) retryHash() []byte {
	if u.key == nil {
		return nil
	}
	sum := sha256.Sum256([]byte(u.JTI.String() + "\x00" + *u.key))
	return sum[:]
}

// sameAttempt says whether the key is the one of the use that made the row's generation. Without a
// key it never is: Ent reads the NULL of a use without one as an empty hash, not as nil.
func (u use) sameAttempt() bool {
	return u.key != nil && u.row.RetryHash != nil && bytes.Equal(u.retryHash(), *u.row.RetryHash)
}

// rotate makes the next generation. The condition on the generation admits one winner even where
// the blacklist would not.
func (s *Service) rotate(ctx context.Context, tx *ent.Tx, u use) (outcome, error) {
	pair := s.successor(u)
	pair.generation++
	change := u.touch(tx).AddGeneration(1).SetParentJti(u.JTI).SetRefreshJti(pair.jti).SetRefreshIssuedAt(pair.issuedAt).
		SetRefreshKid(pair.kid).SetExpiresAt(pair.expiresAt).SetRotatedAt(u.now)
	if h := u.retryHash(); h != nil {
		change.SetRetryHash(h)
	} else {
		change.ClearRetryHash()
	}
	out, err := granted(ctx, change, pair)
	if err != nil || out.pair == nil {
		return out, err
	}
	_, err = tx.BlacklistedToken.Delete().Where(blacklistedtoken.SessionID(u.Session),
		blacklistedtoken.GenerationLT(u.Generation-keptTokens+1)).Exec(ctx)
	return out, err
}

// reissue answers a new pair beside the old one, which stays good: blacklisting is off.
func (s *Service) reissue(ctx context.Context, tx *ent.Tx, u use) (outcome, error) {
	pair := s.successor(u)
	later := pair.expiresAt
	if row := u.row.ExpiresAt.UTC(); row.After(later) {
		later = row
	}
	return granted(ctx, u.touch(tx).ClearRefreshJti().SetExpiresAt(later), pair)
}

// keep answers a new access token beside the presented refresh token: rotation is off.
func (s *Service) keep(ctx context.Context, tx *ent.Tx, u use) (outcome, error) {
	pair := s.successor(u)
	pair.expiresAt, pair.kept = u.ExpiresAt, u.text
	return granted(ctx, u.touch(tx), pair)
}

// successor is a pair of the same generation with a new refresh token.
func (s *Service) successor(u use) grant {
	pair := s.newGrant(rows.User(u.row.Edges.User), u.Session, u.now, u.row.EndsAt)
	pair.generation = u.Generation
	return pair
}

// touch begins the one UPDATE that a good use makes: of a session that is live, by its live token.
func (u use) touch(tx *ent.Tx) *ent.SessionUpdate {
	agent, address, network := rows.ClientColumns(u.from)
	change := tx.Session.Update().SetLastUsedAt(u.now).Where(
		session.ID(u.Session), session.RevokedAtIsNil(), session.Generation(u.Generation),
		session.Or(session.RefreshJti(u.JTI), session.RefreshJtiIsNil()))
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

// granted carries the UPDATE out: one row wins the pair, none is a token that the row does not know.
func granted(ctx context.Context, change *ent.SessionUpdate, pair grant) (outcome, error) {
	n, err := change.Save(ctx)
	if err != nil {
		return outcome{}, fmt.Errorf("update session: %w", err)
	}
	if n == 0 {
		return refused(auth.ErrUnauthenticated, auth.ReasonInvalidToken), nil
	}
	return outcome{pair: &pair, commit: true}, nil
}
