package accounts

import (
	"errors"
	"testing"
	"time"

	"parley/auth"
	"parley/limit"
)

// Whoever deletes their account and comes again is somebody new, with another username, of which nobody uses up many.
func TestFewNewPeopleOfOneSubject(t *testing.T) {
	n := start(t, withApps, func(o *Options) { o.LoginRate, o.ChangeRate = limit.Rate{}, limit.Rate{} })
	token := n.tokenOf("app", "ann", nil)
	for range 10 {
		in := n.come("ann", nil)
		n.come("ann", nil)
		wantError(t, n.deleteByToken(n.wantLive(in.AccessToken), token), nil)
	}
	_, err := n.LoginWith(t.Context(), token, home)
	var fast *auth.RateError
	if !errors.As(err, &fast) {
		t.Errorf("the eleventh within a day: %v", err)
	}
	for _, err := range atOnce(t, 40, func(int) error { // of whom one makes them
		_, err := n.LoginWith(t.Context(), n.tokenOf("app", "cid", nil), home)
		return err
	}) {
		wantError(t, err, nil)
	}
	n.come("bob", nil)
	n.clock.pass(24 * time.Hour / 10)
	n.come("ann", nil)
}
