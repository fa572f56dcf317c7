package sessions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"parley/audit"
	"parley/auth"
	"parley/auth/tokens"
	"parley/ent"
)

// keptTokens is how many blacklisted tokens of a session stay: older ones are known by their
// generation, so a row more would say nothing new.
const keptTokens = 10

// attempt is one try to use a refresh token.
type attempt struct {
	tokens.Claims
	text string
	key  *string // idempotencyKey
	from auth.Client

	// What decide found under the lock.
	row *ent.Session
	now time.Time // read once
}

// decision is what becomes of an attempt. It is a value and not an error, because the alarm must be
// committed although it is refused.
type decision struct {
	issued  *issuance // to sign; nil: refused
	refusal error
	alarm   bool // the session was ended
	again   bool // what is issued was issued before
	commit  bool
}

func refused(class error, reason string) decision {
	return decision{refusal: &auth.ReasonError{Err: class, Reason: reason}}
}

// errRollBack undoes a transaction whose decision changes nothing.
var errRollBack = errors.New("roll back")

// Refresh exchanges a refresh token for new tokens. However often and from however many processes
// a token is sent, it gets one successor; the same attempt sent again, told by key (1 to 200
// bytes, new for each attempt), gets the same tokens within the retry window.
//
// InvalidError: token REQUIRED, idempotencyKey TOO_SHORT or TOO_LONG. ErrUnauthenticated with
// INVALID_TOKEN or REFRESH_TOKEN_EXPIRED. ErrTokenRotated: somebody else has just used it.
// ErrSessionRevoked with its reason; TOKEN_REUSED: this call raised the alarm and ended the
// session. db.ErrUnknownOutcome: send the same again with the same key.
func (s *Sessions) Refresh(ctx context.Context, token, key *string, from auth.Client) (*auth.Tokens, error) {
	a, err := s.parse(token, key, from)
	if err != nil {
		return nil, err
	}
	var d decision
	err = s.store.Write(ctx, func(ctx context.Context, tx *ent.Tx) (err error) {
		d, err = s.decide(ctx, tx, a)
		if err == nil && !d.commit {
			err = errRollBack
		}
		return err
	})
	alarm := Ending{ids: []uuid.UUID{a.Session}, reason: auth.ReasonTokenReused, user: a.User, from: from.Address}
	if err != nil && !errors.Is(err, errRollBack) {
		if d.alarm {
			s.endHere(ctx, alarm)
		}
		return nil, fmt.Errorf("refresh: %w", err)
	}
	if d.alarm {
		s.Ended(ctx, alarm)
	}
	s.auditRefresh(ctx, a, d)
	if d.issued == nil {
		return nil, d.refusal
	}
	return s.sign(*d.issued)
}

func (s *Sessions) auditRefresh(ctx context.Context, a attempt, d decision) {
	about := audit.Event{User: a.User, Session: a.Session, From: a.from.Address}
	level := slog.LevelInfo
	switch {
	case d.alarm:
		about.Message, level = audit.RefreshReused, slog.LevelWarn
	case d.again, errors.Is(d.refusal, auth.ErrTokenRotated):
		about.Message = audit.RefreshInWindow
	case d.issued != nil && d.issued.kept == "":
		about.Message, level = audit.RefreshRotated, slog.LevelDebug
	default:
		return
	}
	s.audit.Write(ctx, level, about)
}

// parse reads an attempt without the database.
func (s *Sessions) parse(token, key *string, from auth.Client) (attempt, error) {
	if token == nil || *token == "" {
		return attempt{}, &auth.InvalidError{Field: "token", Reason: "REQUIRED"}
	}
	if key != nil && *key == "" {
		return attempt{}, &auth.InvalidError{Field: "idempotencyKey", Reason: "TOO_SHORT"}
	}
	if key != nil && len(*key) > 200 {
		return attempt{}, &auth.InvalidError{Field: "idempotencyKey", Reason: "TOO_LONG"}
	}
	t, err := s.tokens.Parse(*token, tokens.Refresh, s.store.Now())
	switch {
	case errors.Is(err, tokens.ErrExpired): // never TOKEN_EXPIRED, at which clients refresh
		return attempt{}, refused(auth.ErrUnauthenticated, auth.ReasonTokenTooOld).refusal
	case err != nil:
		return attempt{}, refused(auth.ErrUnauthenticated, auth.ReasonInvalidToken).refusal
	}
	if reason := s.recent.Held(t.Session); reason != "" {
		return attempt{}, refused(auth.ErrSessionRevoked, reason).refusal
	}
	return attempt{Claims: t, text: *token, key: key, from: from}, nil
}
