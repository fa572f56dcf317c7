package auth

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/db"
)

// signIns counts right passwords, which nothing else limits: each costs a hash, and most leave a
// session. Only right ones take a place, so nobody without the password can take the places of an
// account.
type signIns struct{ accounts, networks *limiter }

func newSignIns(r Rate, now func() time.Time) signIns {
	return signIns{accounts: newLimiter(r, now), networks: newLimiter(r.times(networkTimes), now)}
}

// look answers a *RateError when there would be no place for a right password, so that it is not hashed.
func (s signIns) look(who uuid.UUID, from Client) error {
	account, network := s.accounts.look(who.String()), s.networks.look(from.network())
	if account != nil {
		return account
	}
	return network
}

// take counts a right password, or answers a *RateError.
func (s signIns) take(who uuid.UUID, from Client) error {
	if err := s.look(who, from); err != nil {
		return err
	}
	if err := s.accounts.take(who.String()); err != nil {
		return err
	}
	err := s.networks.take(from.network())
	if err != nil { // others were faster since the look
		s.accounts.giveBack(who.String())
	}
	return err
}

// settle gives back what a right password took when it came to nothing for want of room here. Whoever leaves, or asks
// for what cannot be, has had the hash.
func (s signIns) settle(who uuid.UUID, from Client, err error) {
	if isAny(err, ErrBusy, db.ErrBusy, db.ErrFull, db.ErrDown, context.DeadlineExceeded) && !errors.Is(err, db.ErrUnknownOutcome) {
		s.accounts.giveBack(who.String())
		s.networks.giveBack(from.network())
	}
}

func isAny(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}
