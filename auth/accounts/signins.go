package accounts

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/db"
	"parley/limit"
)

// signIns counts right passwords, which nothing else limits: each costs a hash, and most leave a
// session. Only right ones take a token, so nobody without the password can take the tokens of an
// account.
type signIns struct {
	accounts *limit.Table[uuid.UUID]
	networks *limit.Table[string]
}

func newSignIns(r limit.Rate) signIns {
	return signIns{
		accounts: limit.NewTable[uuid.UUID](r.Bucket(1)),
		networks: limit.NewTable[string](r.Times(networkTimes).Bucket(1)),
	}
}

// look returns a *limit.RateError when there would be no token for a right password, so that it is not hashed.
func (s signIns) look(who uuid.UUID, from auth.Client, now time.Time) error {
	wait := s.accounts.Look(who, now)
	if wait == 0 {
		wait = s.networks.Look(from.Network(), now)
	}
	return tooFast(wait)
}

// take counts a right password, or returns a *limit.RateError.
func (s signIns) take(who uuid.UUID, from auth.Client, now time.Time) error {
	if err := s.look(who, from, now); err != nil {
		return err
	}
	if wait := s.accounts.Take(who, now); wait > 0 {
		return tooFast(wait)
	}
	wait := s.networks.Take(from.Network(), now)
	if wait > 0 { // others were faster since the look
		s.accounts.GiveBack(who)
	}
	return tooFast(wait)
}

// settle gives back what a right password took when it came to nothing for want of room here. Whoever leaves, or asks
// for what cannot be, has had the hash.
func (s signIns) settle(who uuid.UUID, from auth.Client, err error) {
	if isAny(err, auth.ErrBusy, db.ErrBusy, db.ErrFull, db.ErrDown, context.DeadlineExceeded) && !errors.Is(err, db.ErrUnknownOutcome) {
		s.accounts.GiveBack(who)
		s.networks.GiveBack(from.Network())
	}
}

func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}

// tooFast is the error of who has to wait; nil: nobody has to.
func tooFast(wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	return &limit.RateError{RetryAfter: wait}
}
