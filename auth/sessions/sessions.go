// Package sessions begins sessions, refreshes and ends them, and says whose a token is. It rests on one idea: a session
// is a row, and the row decides and not the token. So a refresh token has exactly one successor, and an end acts on the
// next request, here at once and on other nodes within two seconds. It knows no password and no name.
//
// Locks of rows are taken in this order: user, session, its blacklisted tokens. In memory that of recent.Cache alone.
package sessions

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/audit"
	"parley/auth"
	"parley/auth/keys"
	"parley/auth/rows"
	"parley/auth/sessions/recent"
	"parley/auth/tokens"
	"parley/meter"
)

// Options says how long things live and how strict refreshing is. Zero is a legal value of some,
// so start from Defaults: New takes each field as it stands.
type Options struct {
	AccessTokenLifetime  time.Duration // PARLEY_ACCESS_TOKEN_LIFETIME, default 90m
	RefreshTokenLifetime time.Duration // PARLEY_REFRESH_TOKEN_LIFETIME, default 90d

	// Rotate is PARLEY_ROTATE_REFRESH_TOKENS, default true: each refresh returns a new refresh
	// token. False is dangerous: a stolen one works until its session ends.
	Rotate bool
	// Blacklist is PARLEY_BLACKLIST_AFTER_ROTATION, default true: a used refresh token can never be
	// used again. False is dangerous: theft is not noticed.
	Blacklist bool

	ReuseWindow     time.Duration // PARLEY_REFRESH_REUSE_WINDOW, default 10s; 0 is strict
	RetryWindow     time.Duration // PARLEY_REFRESH_RETRY_WINDOW, default 60s; 0: no retry gets its tokens again
	SessionLifetime time.Duration // PARLEY_SESSION_LIFETIME, default 0: no absolute end
	Leeway          time.Duration // PARLEY_LEEWAY, default 5s, at most 60s

	// OnEnded is told which sessions have ended: those ended here before the ending call returns,
	// those ended by another node within a second. It must not block; an id may come twice. nil: nobody is.
	OnEnded func(ids []uuid.UUID)
}

// Defaults are the options of a server on which nothing is set.
func Defaults() Options {
	return Options{
		AccessTokenLifetime:  90 * time.Minute,
		RefreshTokenLifetime: 90 * 24 * time.Hour,
		Rotate:               true,
		Blacklist:            true,
		ReuseWindow:          10 * time.Second,
		RetryWindow:          60 * time.Second,
		Leeway:               5 * time.Second,
	}
}

// Check returns an error that names the setting that cannot be.
func (o Options) Check() error {
	const second = time.Second // tokens know nothing finer
	switch {
	case o.AccessTokenLifetime < second:
		return fmt.Errorf("PARLEY_ACCESS_TOKEN_LIFETIME: %v is less than 1s", o.AccessTokenLifetime)
	case o.RefreshTokenLifetime < second:
		return fmt.Errorf("PARLEY_REFRESH_TOKEN_LIFETIME: %v is less than 1s", o.RefreshTokenLifetime)
	case o.AccessTokenLifetime > o.RefreshTokenLifetime:
		return fmt.Errorf("PARLEY_ACCESS_TOKEN_LIFETIME: %v is above PARLEY_REFRESH_TOKEN_LIFETIME, %v", o.AccessTokenLifetime, o.RefreshTokenLifetime)
	case o.SessionLifetime != 0 && o.SessionLifetime < second:
		return fmt.Errorf("PARLEY_SESSION_LIFETIME: %v is less than 1s; 0 is no end", o.SessionLifetime)
	case o.ReuseWindow < 0:
		return fmt.Errorf("PARLEY_REFRESH_REUSE_WINDOW: %v is below 0", o.ReuseWindow)
	case o.RetryWindow < 0:
		return fmt.Errorf("PARLEY_REFRESH_RETRY_WINDOW: %v is below 0", o.RetryWindow)
	case o.Leeway < 0 || o.Leeway > time.Minute:
		return fmt.Errorf("PARLEY_LEEWAY: %v is not between 0s and 60s", o.Leeway)
	}
	return nil
}

// Sessions are the sessions of a database as one node knows them. Safe for concurrent use.
type Sessions struct {
	store  *rows.Store
	ring   *keys.Ring
	tokens *tokens.Codec
	audit  *audit.Log
	o      Options
	recent *recent.Cache

	endedHere, endedElsewhere *meter.Tally // by reason
}

// New makes one of options that Check has found good.
func New(store *rows.Store, ring *keys.Ring, log *audit.Log, o Options) *Sessions {
	if o.OnEnded == nil {
		o.OnEnded = func([]uuid.UUID) {}
	}
	reasons := []string{
		auth.ReasonLogout, auth.ReasonSessionEnded, auth.ReasonPasswordChanged, auth.ReasonAccountDeleted, auth.ReasonTokenReused, auth.ReasonTooManySessions,
		auth.ReasonDisabled,
	}
	return &Sessions{
		store: store, ring: ring, tokens: tokens.New(ring, o.Leeway), audit: log, o: o, recent: recent.New(),
		endedHere: meter.NewTally(reasons...), endedElsewhere: meter.NewTally(reasons...),
	}
}

// Stats is what Sessions have ended since they were made.
type Stats struct {
	Ended          map[string]uint64 // by this node, by reason
	EndedElsewhere map[string]uint64 // found ended by another node, by reason
	EndsUnstored   int               // by this node, and the database still has them as live
}

// Stats returns them.
func (s *Sessions) Stats() Stats {
	return Stats{Ended: s.endedHere.Counts(), EndedElsewhere: s.endedElsewhere.Counts(), EndsUnstored: s.recent.HeldCount()}
}
