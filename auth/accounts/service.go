// Package accounts registers people, signs them in and out, and changes and lists their accounts. It rests on the
// rooms beside it: what each of them decides is put together here, in one transaction each. It knows no chat and
// no request.
package accounts

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/google/uuid"

	"parley/auth/attempts"
	"parley/auth/audit"
	"parley/auth/keys"
	"parley/auth/passwords"
	"parley/auth/rows"
	"parley/auth/tokens"
	"parley/db"
	"parley/limit"
)

// Options says how long things live and how strict refreshing is. Zero is a legal value of some,
// so start from Defaults: New takes each field as it stands.
type Options struct {
	AccessTokenLifetime  time.Duration // PARLEY_ACCESS_TOKEN_LIFETIME, default 90m
	RefreshTokenLifetime time.Duration // PARLEY_REFRESH_TOKEN_LIFETIME, default 90d

	// Rotate is PARLEY_ROTATE_REFRESH_TOKENS, default true: each refresh answers a new refresh
	// token. False is dangerous: a stolen one works until its session ends.
	Rotate bool
	// Blacklist is PARLEY_BLACKLIST_AFTER_ROTATION, default true: a used refresh token can never be
	// used again. False is dangerous: theft is not noticed.
	Blacklist bool

	ReuseWindow     time.Duration // PARLEY_REFRESH_REUSE_WINDOW, default 10s; 0 is strict
	RetryWindow     time.Duration // PARLEY_REFRESH_RETRY_WINDOW, default 60s; 0: no retry gets its answer again
	SessionLifetime time.Duration // PARLEY_SESSION_LIFETIME, default 0: no absolute end
	Leeway          time.Duration // PARLEY_LEEWAY, default 5s, at most 60s

	// LoginAttempts is PARLEY_LOGIN_ATTEMPTS, default 10/15m: wrong passwords for one account, and five
	// times as many from one network for all accounts. Zero is dangerous: passwords can be guessed.
	LoginAttempts limit.Rate
	// LoginRate is PARLEY_LOGIN_RATE, default 60/1m: right passwords for one account, and five times as
	// many from one network, whatever they are for. Zero: any number.
	LoginRate    limit.Rate
	RegisterRate limit.Rate // PARLEY_REGISTER_RATE, default 20/1m: calls of Register from one network; zero: any number

	// Hash says how many hashes of passwords run and wait at once: PARLEY_HASH_PARALLEL, default and largest value:
	// GOMAXPROCS, and PARLEY_HASH_QUEUE, default 64.
	Hash passwords.Options

	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// OnEnded is told which sessions have ended: those ended here before the ending call answers,
	// those ended by another node within a second. It must not block; an id may come twice.
	OnEnded func(ids []uuid.UUID)
	// OnError is told what went wrong in the background work of Run, which is tried again until Run ends.
	OnError func(error)
	// Audit is told who signs in and what happens to accounts, with audit=true in each record; nil:
	// nobody is. No record holds a password, a token or a name.
	Audit *slog.Logger
	// RequestID names the request that a context belongs to in Audit; nil, or an empty id: not named.
	RequestID func(context.Context) string
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
		LoginAttempts:        limit.Rate{Calls: 10, Per: 15 * time.Minute},
		LoginRate:            limit.Rate{Calls: 60, Per: time.Minute},
		RegisterRate:         limit.Rate{Calls: 20, Per: time.Minute},
		Hash:                 passwords.Options{Parallel: runtime.GOMAXPROCS(0), Queue: 64},
	}
}

// Service signs people in and out and says who they are. It is safe for concurrent use.
type Service struct {
	store         *rows.Store
	keys          *keys.Ring
	tokens        *tokens.Codec
	o             Options
	passwords     *passwords.Hasher
	cache         *cache
	attempts      *attempts.Attempts
	registrations *limit.Table[string] // by network
	audit         *audit.Log
	meters        *meters
}

// New answers a service on a store, or an error that names the setting that cannot be. It hashes
// once, which takes about as long as a sign-in.
func New(store *db.Store, ring *keys.Ring, o Options) (*Service, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnEnded == nil {
		o.OnEnded = func([]uuid.UUID) {}
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	rowStore := &rows.Store{Store: store, Clock: o.Now}
	hasher := passwords.New(o.Hash)
	return &Service{
		store:     rowStore,
		keys:      ring,
		tokens:    tokens.New(ring, o.Leeway),
		o:         o,
		passwords: hasher,
		cache:     newCache(),
		attempts: attempts.New(rowStore, hasher, attempts.Options{
			Wrong: o.LoginAttempts, Right: o.LoginRate, Secret: ring.Signer().Secret(keys.SignInLimits), OnError: o.OnError,
		}),
		registrations: limit.NewTable[string](o.RegisterRate.Bucket(1)),
		audit:         audit.New(o.Audit, o.RequestID),
		meters:        newMeters(),
	}, nil
}

func (o Options) check() error {
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
	case o.Hash.Parallel < 1 || o.Hash.Parallel > runtime.GOMAXPROCS(0):
		return fmt.Errorf("PARLEY_HASH_PARALLEL: %d is not between 1 and %d, the cores", o.Hash.Parallel, runtime.GOMAXPROCS(0))
	case o.Hash.Queue < 1:
		return fmt.Errorf("PARLEY_HASH_QUEUE: %d is less than 1", o.Hash.Queue)
	}
	for _, r := range []struct {
		setting string
		limit.Rate
	}{
		{"PARLEY_LOGIN_ATTEMPTS", o.LoginAttempts},
		{"PARLEY_LOGIN_RATE", o.LoginRate},
		{"PARLEY_REGISTER_RATE", o.RegisterRate},
	} {
		if err := r.Check(); err != nil {
			return fmt.Errorf("%s: %w", r.setting, err)
		}
	}
	return nil
}
