// Package accounts registers people, signs them in and out, and changes and lists their accounts. It rests on the
// packages beside it: what each of them decides is put together here, in one transaction each. It knows no chat and
// no request.
package accounts

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/google/uuid"

	"parley/audit"
	"parley/auth"
	"parley/auth/attempts"
	"parley/auth/bots"
	"parley/auth/issuers"
	"parley/auth/keys"
	"parley/auth/passwords"
	"parley/auth/rows"
	"parley/auth/sessions"
	"parley/db"
	"parley/limit"
	"parley/rights"
)

// Options says how long things live and how strict refreshing is. Zero is a legal value of some,
// so start from Defaults: New takes each field as it stands.
type Options struct {
	sessions.Options

	// LoginAttempts is PARLEY_LOGIN_ATTEMPTS, default 10/15m: wrong passwords for one account, and five
	// times as many from one network for all accounts. Zero is dangerous: passwords can be guessed.
	LoginAttempts limit.Rate
	// LoginRate is PARLEY_LOGIN_RATE, default 60/1m: right passwords for one account, and five times as
	// many from one network, whatever they are for. Zero: any number.
	LoginRate    limit.Rate
	RegisterRate limit.Rate // PARLEY_REGISTER_RATE, default 20/1m: calls of Register from one network; zero: any number

	// Registration is PARLEY_REGISTRATION, default auth.RegistrationOpen: who may make an account.
	Registration auth.Registration
	// Issuers is what PARLEY_ISSUERS names, default none: who else says who people are. As issuers.Check has found them good.
	Issuers []issuers.Issuer
	// ChangeRate is PARLEY_MUTATION_RATE, default 20/1s: changes of accounts by one user; zero: any number.
	ChangeRate limit.Rate
	MostBots   int // PARLEY_BOTS_MAX, default 1000: bots that are let in
	// Withheld is what PARLEY_MEMBERS_MAY leaves out, default nothing: only bots and server admins may do it.
	Withheld rights.Withheld

	// Hash says how many hashes of passwords run and wait at once: PARLEY_HASH_PARALLEL, default and largest value:
	// GOMAXPROCS, and PARLEY_HASH_QUEUE, default 64. Its MaxWait is that for others on the account too.
	Hash passwords.Options

	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// OnError is told what went wrong in the background work of Run, which is tried again until Run ends.
	OnError func(error)
	// OnDeleted is called behind the deletion of an account. It does not block; nil: nobody is told.
	OnDeleted func()
	// Audit is told who signs in and what happens to accounts, with audit=true in each record; nil:
	// nobody is. No record holds a password, a token or a name.
	Audit *slog.Logger
	// RequestID names the request that a context belongs to in Audit; nil, or an empty id: not named.
	RequestID func(context.Context) string
}

// Defaults are the options of a server on which nothing is set.
func Defaults() Options {
	return Options{
		Options:       sessions.Defaults(),
		LoginAttempts: limit.Rate{Calls: 10, Per: 15 * time.Minute},
		LoginRate:     limit.Rate{Calls: 60, Per: time.Minute},
		RegisterRate:  limit.Rate{Calls: 20, Per: time.Minute},
		Registration:  auth.RegistrationOpen,
		ChangeRate:    limit.Rate{Calls: 20, Per: time.Second},
		MostBots:      1000,
		Hash:          passwords.Options{Parallel: runtime.GOMAXPROCS(0), Queue: 64},
	}
}

// Service signs people in and out and says who they are. It is safe for concurrent use.
type Service struct {
	store         *rows.Store
	o             Options
	passwords     *passwords.Hasher
	sessions      *sessions.Sessions
	bots          *bots.Bots
	issuers       *issuers.Issuers
	attempts      *attempts.Attempts
	registrations *limit.Table[string]    // by network
	changes       *limit.Table[uuid.UUID] // by user
	newcomers     *limit.Table[uuid.UUID] // by subject of an issuer
	faults        *limit.Table[string]    // by issuer, and what is wrong with a token of theirs
	audit         *audit.Log
}

// New returns a service on a store, or an error that names the setting that cannot be. It hashes
// once, which takes about as long as a sign-in.
func New(store *db.Store, ring *keys.Ring, o Options) (*Service, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnDeleted == nil {
		o.OnDeleted = func() {}
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	rowStore := &rows.Store{Store: store, Clock: o.Now}
	hasher, log := passwords.New(o.Hash), audit.New(o.Audit, o.RequestID, audit.OfSignIn)
	return &Service{
		store:     rowStore,
		o:         o,
		passwords: hasher,
		sessions:  sessions.New(rowStore, ring, log, o.Options),
		bots:      bots.New(rowStore, o.OnEnded),
		issuers:   issuers.New(o.Issuers, issuers.Options{Leeway: o.Leeway, Now: o.Now, OnError: o.OnError}),
		attempts: attempts.New(rowStore, hasher, attempts.Options{
			Wrong: o.LoginAttempts, Right: o.LoginRate, MaxWait: o.Hash.MaxWait, Secret: ring.Signer().Secret(keys.SignInLimits), OnError: o.OnError,
		}),
		registrations: limit.NewTable[string](o.RegisterRate.Bucket(1)),
		changes:       limit.NewTable[uuid.UUID](o.ChangeRate.Bucket(3)),
		newcomers:     limit.NewTable[uuid.UUID](limit.Rate{Calls: 10, Per: 24 * time.Hour}.Bucket(1)), // each takes a username for ever
		faults:        limit.NewTable[string](limit.Rate{Calls: 1, Per: time.Minute}.Bucket(1)),
		audit:         log,
	}, nil
}

func (o Options) check() error {
	if err := o.Check(); err != nil {
		return err
	}
	switch {
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
		{"PARLEY_MUTATION_RATE", o.ChangeRate},
	} {
		if err := r.Check(); err != nil {
			return fmt.Errorf("%s: %w", r.setting, err)
		}
	}
	return nil
}
