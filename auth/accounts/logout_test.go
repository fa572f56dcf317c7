package accounts

import (
	"testing"
	"time"

	"parley/auth"
	"parley/rounds"
)

func TestLogout(t *testing.T) {
	n := start(t)
	in, other := n.signUp("ada"), n.signIn("ada")
	n.wantLive(in.AccessToken) // now in the cache
	if got := n.logout(auth.LogoutCurrent, in.AccessToken); got != 1 {
		t.Errorf("ended %d", got)
	}
	n.wantDead(in.AccessToken, auth.ReasonLogout)
	if !n.wasTold(n.session(in.AccessToken).ID) {
		t.Error("sockets were not told")
	}
	for _, scope := range []auth.LogoutScope{auth.LogoutCurrent, auth.LogoutOthers, auth.LogoutAll} {
		if got := n.logout(scope, in.AccessToken); got != 0 {
			t.Errorf("%s of an ended session ended %d", scope, got)
		}
	}
	_, err := n.refresh(*in.RefreshToken)
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonLogout)
	n.wantLive(other.AccessToken)
}

func TestLogoutWithExpiredTokens(t *testing.T) {
	n := start(t)
	in, other := n.signUp("ada"), n.signIn("ada")
	n.clock.pass(2 * time.Hour) // the access token has run out
	_, token, err := n.Identify(t.Context(), []string{"Bearer " + in.AccessToken})
	wantError(t, err, auth.ErrTokenExpired)
	for _, scope := range []auth.LogoutScope{auth.LogoutOthers, auth.LogoutAll} {
		if got := n.logout(scope, string(token)); got != 0 {
			t.Errorf("an expired token ended %d sessions: %s", got, scope)
		}
	}
	if got := n.logout(auth.LogoutCurrent, string(token)); got != 1 {
		t.Errorf("ended %d", got)
	}
	n.clock.pass(3 * time.Second)
	if got := must(n.Logout(t.Context(), auth.LogoutAll, other.RefreshToken))(t); got != 1 {
		t.Errorf("ended %d", got)
	}
}

// A session in its last seconds can still be refreshed, so it can still be ended.
func TestLogoutWithinTheLeeway(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	for _, scope := range []auth.LogoutScope{auth.LogoutCurrent, auth.LogoutAll} {
		in := n.signIn("ada")
		n.clock.pass(in.RefreshTokenExpiresAt.Sub(n.clock.Now()) + 4*time.Second)
		if got := must(n.Logout(t.Context(), scope, in.RefreshToken))(t); got != 1 {
			t.Errorf("%s ended %d", scope, got)
		}
		_, err := n.refresh(*in.RefreshToken)
		wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonLogout)
	}
}

func TestLogoutByRefreshToken(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	mine, other := n.signIn("ada"), n.signIn("ada")
	ctx := auth.WithCaller(t.Context(), auth.Caller{Token: auth.Secret(other.AccessToken)})
	if got := must(n.Logout(ctx, auth.LogoutCurrent, mine.RefreshToken))(t); got != 1 {
		t.Errorf("ended %d", got)
	}
	n.wantDead(mine.AccessToken, auth.ReasonLogout)
	n.wantLive(other.AccessToken)
	junk := "junk"
	if got := must(n.Logout(t.Context(), auth.LogoutCurrent, &junk))(t); got != 0 {
		t.Errorf("junk ended %d", got)
	}
	if got := must(n.Logout(t.Context(), auth.LogoutCurrent, nil))(t); got != 0 {
		t.Errorf("nobody ended %d", got)
	}
	if got := must(n.Logout(t.Context(), auth.LogoutCurrent, &other.AccessToken))(t); got != 0 {
		t.Errorf("an access token in the wrong place ended %d", got)
	}
	if got := must(n.Logout(ctx, auth.LogoutCurrent, &junk))(t); got != 1 {
		t.Errorf("junk beside a good token: ended %d", got)
	}
	_, err := n.Logout(ctx, "EVERYTHING", nil)
	wantInvalid(t, err, "scope", "OUT_OF_RANGE")
}

// A used refresh token is in whose hands? It ends its own session at most.
func TestUsedRefreshTokenEndsOnlyItsSession(t *testing.T) {
	n := start(t)
	old := n.signUp("ada")
	other := n.signIn("ada")
	next := must(n.refresh(*old.RefreshToken))(t)
	for _, scope := range []auth.LogoutScope{auth.LogoutOthers, auth.LogoutAll} {
		if got := must(n.Logout(t.Context(), scope, old.RefreshToken))(t); got != 0 {
			t.Errorf("%s ended %d", scope, got)
		}
	}
	n.wantLive(other.AccessToken)
	if got := must(n.Logout(t.Context(), auth.LogoutCurrent, old.RefreshToken))(t); got != 1 {
		t.Errorf("ended %d", got)
	}
	n.wantDead(next.AccessToken, auth.ReasonLogout)
}

func TestLogoutOthersAndAll(t *testing.T) {
	n := start(t)
	bob := n.signUp("bob")
	a := n.signUp("ada")
	b, c := n.signIn("ada"), n.signIn("ada")
	if got := n.logout(auth.LogoutOthers, a.AccessToken); got != 2 {
		t.Errorf("others: %d", got)
	}
	n.wantLive(a.AccessToken)
	n.wantDead(b.AccessToken, auth.ReasonLogout)
	n.wantDead(c.AccessToken, auth.ReasonLogout)
	b, c = n.signIn("ada"), n.signIn("ada")
	if got := must(n.Logout(t.Context(), auth.LogoutAll, c.RefreshToken))(t); got != 3 {
		t.Errorf("all: %d", got)
	}
	for _, in := range []*auth.Tokens{a, b, c} {
		n.wantDead(in.AccessToken, auth.ReasonLogout)
		if !n.wasTold(n.session(in.AccessToken).ID) {
			t.Error("sockets were not told")
		}
	}
	n.wantLive(bob.AccessToken)
}

func TestRefreshAndLogoutAtOnce(t *testing.T) {
	n := start(t)
	nodes := []*node{n, n.another()}
	n.signUp("ada")
	for round := range rounds.Of(t, 10, 20) {
		in := n.signIn("ada")
		given := []*auth.Tokens{in}
		atOnce(t, 3, func(i int) error {
			switch i {
			case 0: // refreshes until it is told to stop
				for {
					next, err := nodes[round%2].refresh(*given[len(given)-1].RefreshToken)
					if err != nil {
						return err
					}
					given = append(given, next)
				}
			case 1: // fills the cache
				for {
					if _, err := n.identify(in.AccessToken); err != nil {
						return err
					}
				}
			}
			if got := n.logout(auth.LogoutCurrent, in.AccessToken); got != 1 {
				t.Errorf("ended %d", got)
			}
			return nil
		})
		for _, tokens := range given {
			n.wantDead(tokens.AccessToken, auth.ReasonLogout)
			_, err := n.refresh(*tokens.RefreshToken)
			wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonLogout)
		}
	}
}

func TestCrossedLogoutsLeaveNothing(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	for range 10 {
		a, b, c := n.signIn("ada"), n.signIn("ada"), n.signIn("ada")
		in := []*auth.Tokens{a, b, c}
		atOnce(t, 9, func(i int) int {
			scope := []auth.LogoutScope{auth.LogoutAll, auth.LogoutOthers, auth.LogoutCurrent}[i/3]
			return n.logout(scope, in[i%3].AccessToken)
		})
		for _, tokens := range in {
			n.wantDead(tokens.AccessToken, auth.ReasonLogout)
		}
	}
}
