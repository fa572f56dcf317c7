// Package attempts says how often a password may be tried, and tries it. It rests on one idea: tokens are taken
// before the hash and given back when the password was right, so many guesses at once gain nothing, and only wrong ones
// are counted, in rows that outlive a restart and hold on all nodes. It knows no token of a session and no name of a
// caller: what is done with a right password is handed in.
//
// Locks: rows of buckets in order of their ids, then what the right password does; in memory that of inFlight alone.
package attempts

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/passwords"
	"parley/auth/rows"
	"parley/db"
	"parley/limit"
)

// Options says how often; the zero Rate of each: any number.
type Options struct {
	Wrong   limit.Rate    // wrong passwords for one account, and networkTimes as many from one network
	Right   limit.Rate    // the same of right ones
	MaxWait time.Duration // for tokens that others may give back; 0: 2 s
	Secret  []byte        // names the buckets
	OnError func(error)   // is told what could not be given back
}

// Attempts counts passwords and tries them. Safe for concurrent use.
type Attempts struct {
	store     *rows.Store
	passwords *passwords.Hasher
	o         Options
	inFlight  *inFlight
	rates     rates
}

// New makes one.
func New(store *rows.Store, hasher *passwords.Hasher, o Options) *Attempts {
	return &Attempts{store: store, passwords: hasher, o: o, inFlight: newInFlight(cmp.Or(o.MaxWait, 2*time.Second)), rates: newRates(o.Right)}
}

// networkTimes is how many times as many passwords one network may send for all accounts together as
// for one, wrong and right ones each.
const networkTimes = 5

// rates counts right passwords, which nothing else limits: each costs a hash, and most leave a
// session. Only right ones take a token, so nobody without the password can take the tokens of an
// account.
type rates struct {
	accounts *limit.Table[uuid.UUID]
	networks *limit.Table[string]
}

func newRates(r limit.Rate) rates {
	return rates{
		accounts: limit.NewTable[uuid.UUID](r.Bucket(1)),
		networks: limit.NewTable[string](r.Times(networkTimes).Bucket(1)),
	}
}

// look returns a *auth.RateError when there would be no token for a right password, so that it is not hashed.
func (r rates) look(who uuid.UUID, from auth.Client, now time.Time) error {
	wait := r.accounts.Look(who, now)
	if wait == 0 {
		wait = r.networks.Look(from.Network(), now)
	}
	return auth.TooFast(wait)
}

// take counts a right password, or returns a *auth.RateError.
func (r rates) take(who uuid.UUID, from auth.Client, now time.Time) error {
	if err := r.look(who, from, now); err != nil {
		return err
	}
	if wait := r.accounts.Take(who, now); wait > 0 {
		return auth.TooFast(wait)
	}
	wait := r.networks.Take(from.Network(), now)
	if wait > 0 { // others were faster since the look
		r.accounts.GiveBack(who)
	}
	return auth.TooFast(wait)
}

// giveBack gives back what a right password took when it came to nothing for want of room here. Whoever leaves, or asks
// for what cannot be, has had the hash.
func (r rates) giveBack(who uuid.UUID, from auth.Client, err error) {
	if isAny(err, auth.ErrBusy, db.ErrBusy, db.ErrFull, db.ErrDown, context.DeadlineExceeded) && !errors.Is(err, db.ErrUnknownOutcome) {
		r.accounts.GiveBack(who)
		r.networks.GiveBack(from.Network())
	}
}

func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}
