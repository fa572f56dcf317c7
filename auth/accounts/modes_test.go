package accounts

import (
	"slices"
	"testing"
	"time"

	"parley/auth"
)

func off(o *Options) { o.Blacklist = false }

func noRotation(o *Options) { o.Rotate = false }

func strict(o *Options) { o.ReuseWindow = 0 }

func neverRetry(o *Options) { o.RetryWindow = 0 }

func fiveSeconds(o *Options) { o.SessionLifetime = 5 * time.Second }

func TestRotationOff(t *testing.T) {
	n := start(t, noRotation)
	in := n.signUp("ada")
	n.clock.pass(time.Hour)
	got := atOnce(t, 50, func(int) *auth.Tokens { return must(n.refresh(*in.RefreshToken))(t) })
	for _, tokens := range got {
		if *tokens.RefreshToken != *in.RefreshToken || !tokens.RefreshTokenExpiresAt.Equal(in.RefreshTokenExpiresAt) {
			t.Fatalf("refresh token is %s until %v", *tokens.RefreshToken, tokens.RefreshTokenExpiresAt)
		}
		n.wantLive(tokens.AccessToken)
	}
	if _, sessions, blacklisted := n.rows(); sessions != 1 || blacklisted != 0 {
		t.Errorf("%d sessions, %d blacklisted", sessions, blacklisted)
	}
	n.clock.pass(in.RefreshTokenExpiresAt.Sub(n.clock.Now()) - time.Minute)
	late := must(n.refresh(*in.RefreshToken))(t)
	if !late.AccessTokenExpiresAt.Equal(in.RefreshTokenExpiresAt) {
		t.Errorf("access token outlives the session: %v", late.AccessTokenExpiresAt)
	}
	if n.logout(auth.LogoutCurrent, late.AccessToken) != 1 {
		t.Error("logout ended nothing")
	}
	_, err := n.refresh(*in.RefreshToken)
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonLogout)
	n.wantDead(late.AccessToken, auth.ReasonLogout)
}

func TestBlacklistingOffAndOnAgain(t *testing.T) {
	n := start(t, off)
	in := n.signUp("ada")
	n.clock.pass(time.Hour)
	got := atOnce(t, 50, func(int) *auth.Tokens { return must(n.refreshWith(*in.RefreshToken, "key"))(t) })
	for _, tokens := range got {
		n.wantLive(tokens.AccessToken)
	}
	refreshes := count(slices.Collect(func(yield func(string) bool) {
		for _, tokens := range got {
			yield(*tokens.RefreshToken)
		}
	}))
	if len(refreshes) != 50 {
		t.Errorf("%d different refresh tokens", len(refreshes))
	}
	sibling := must(n.refresh(*got[0].RefreshToken))(t) // a new one
	must(n.refresh(*in.RefreshToken))(t)                // and the old one
	if _, _, blacklisted := n.rows(); blacklisted != 0 {
		t.Errorf("%d blacklisted", blacklisted)
	}

	on := n.another()
	winner := must(on.refresh(*got[1].RefreshToken))(t)
	on.wantLive(winner.AccessToken)
	_, err := on.refresh(*sibling.RefreshToken)
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonTokenReused)
	on.wantDead(winner.AccessToken, auth.ReasonTokenReused)
}

// The row keeps the expiry of the token that lives longest, or cleaning up would end it early.
func TestShorterLifetimeDoesNotShortenOldTokens(t *testing.T) {
	n := start(t, off)
	in := n.signUp("ada")
	short := n.another(off, func(o *Options) { o.RefreshTokenLifetime = 2 * time.Hour })
	next := must(short.refresh(*in.RefreshToken))(t)
	if got := n.session(next.AccessToken).ExpiresAt; !got.Equal(in.RefreshTokenExpiresAt) {
		t.Errorf("row expires %v", got)
	}
	n.clock.pass(time.Hour)
	next = must(n.refresh(*next.RefreshToken))(t)
	if got := n.session(next.AccessToken).ExpiresAt; !got.Equal(next.RefreshTokenExpiresAt) {
		t.Errorf("row expires %v", got)
	}
}

func TestUsedUpStaysUsedUpWithBlacklistingOff(t *testing.T) {
	for name, change := range map[string]func(*Options){"blacklisting": off, "rotation": noRotation} {
		t.Run(name, func(t *testing.T) {
			n := start(t)
			first := n.signUp("ada")
			second := must(n.refreshWith(*first.RefreshToken, "key"))(t)
			switched := n.another(change)
			if got := must(switched.refreshWith(*first.RefreshToken, "key"))(t); *got.RefreshToken != *second.RefreshToken {
				t.Error("the same attempt got other tokens")
			}
			_, err := switched.refresh(*first.RefreshToken)
			wantError(t, err, auth.ErrTokenRotated)
			must(switched.refresh(*second.RefreshToken))(t)
			n.clock.pass(time.Minute)
			_, err = switched.refresh(*first.RefreshToken)
			wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonTokenReused)
		})
	}
}

func TestSessionLifetime(t *testing.T) {
	n := start(t, fiveSeconds)
	at := n.signUp("ada")
	end := n.store.Now().Add(5 * time.Second)
	for range 5 {
		if at.RefreshTokenExpiresAt.After(end) || at.AccessTokenExpiresAt.After(end) {
			t.Fatalf("tokens live until %v and %v, and the session until %v", at.RefreshTokenExpiresAt, at.AccessTokenExpiresAt, end)
		}
		at = must(n.refresh(*at.RefreshToken))(t)
		n.clock.pass(time.Second)
	}
	_, err := n.refresh(*at.RefreshToken) // its exp is within the leeway
	wantReason(t, err, auth.ErrUnauthenticated, auth.ReasonTokenTooOld)
	n.clock.pass(time.Minute)
	_, err = n.refresh(*at.RefreshToken)
	wantReason(t, err, auth.ErrUnauthenticated, auth.ReasonTokenTooOld)
}
