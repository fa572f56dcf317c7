package auth

import (
	"time"

	"github.com/google/uuid"
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
	return s.networks.take(from.network())
}
