package accounts

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/tokens"
	"parley/limit"
)

// tooFar is more than any limit lasts, and less than a refresh token lives.
const tooFar = 50 * 24 * time.Hour

// ahead does something while the clock is wrong.
func (n *node) ahead(do func()) {
	n.t.Helper()
	n.clock.pass(tooFar)
	do()
	n.clock.pass(-tooFar)
}

// A machine that started with a wrong clock made tokens that were refused as soon as it was right, until
// that time came; and a client that is refused so forgets its tokens.
func TestTokensOfAClockThatWasAhead(t *testing.T) {
	n := start(t)
	n.clock.pass(10 * 365 * 24 * time.Hour)
	in := n.signUp("ada")
	n.clock.pass(-10 * 365 * 24 * time.Hour)
	for range 2 { // read, and as it is known
		n.wantLive(in.AccessToken)
	}
	next := must(n.refresh(*in.RefreshToken))(t)
	n.wantLive(next.AccessToken)
	n.clock.pass(-time.Hour)
	n.wantLive(next.AccessToken)
	if got := n.logout(auth.LogoutOthers, next.AccessToken); got != 0 {
		t.Errorf("logout of the others ended %d", got)
	}
	if got := n.logout(auth.LogoutAll, next.AccessToken); got != 1 {
		t.Errorf("logout of all ended %d", got)
	}
	n.wantDead(next.AccessToken, auth.ReasonLogout)
}

// A token that is not valid yet is refused, also where it is known from a moment at which it was.
func TestNotBefore(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	late := must(n.tokens().Parse(in.AccessToken, tokens.Access, n.store.Now()))(t)
	late.NotBefore = late.IssuedAt.Add(time.Minute)
	text := must(n.tokens().Sign(late, tokens.Access, ""))(t)
	_, err := n.identify(text)
	wantError(t, err, auth.ErrUnauthenticated)
	n.clock.pass(time.Minute)
	n.wantLive(text)
	n.clock.pass(-10 * time.Second)
	_, err = n.identify(text)
	wantError(t, err, auth.ErrUnauthenticated)
}

// Wrong passwords while the clock was ahead locked the account, and the network, until that time came. So did
// right ones, which left such a time although they gave their tokens back.
func TestLimitsOfAClockThatWasAhead(t *testing.T) {
	for _, by := range []time.Duration{20 * time.Second, 5 * time.Minute, time.Hour, tooFar} {
		n := start(t)
		who := n.wantLive(n.signUp("ada").AccessToken)
		n.signUp("bob")
		n.clock.pass(by)
		n.tryTenWrong("ada")
		for i := range 10 {
			wantError(t, n.tryWrong("ada", home), auth.ErrInvalidCredentials)
			for j := range 5 {
				wantError(t, n.tryWrong(fmt.Sprintf("somebody%d%d", i, j), stranger(50)), auth.ErrInvalidCredentials)
			}
			_, err := n.ChangePassword(t.Context(), who, wrong, "another horse battery")
			wantError(t, err, auth.ErrInvalidCredentials)
		}
		n.signIn("bob")
		n.clock.pass(-by)

		tries := map[string]func() error{
			"account":       func() error { _, err := n.Login(t.Context(), "ada", password, stranger(11)); return err },
			"known network": func() error { _, err := n.Login(t.Context(), "ada", password, home); return err },
			"network":       func() error { _, err := n.Login(t.Context(), "bob", password, stranger(50)); return err },
			"signed in":     func() error { _, err := n.ChangePassword(t.Context(), who, password, password+"!"); return err },
		}
		n.signIn("bob")
		if by <= limit.ClocksDiffer { // it may be another node's, which is right: they count, but no longer than they would there
			for name, try := range tries {
				wait := map[bool]time.Duration{true: everywhere, false: back}[name == "network"]
				for range 2 { // and asking does not begin it anew
					wantLimited(t, try(), wait)
				}
			}
			n.clock.pass(back)
		}
		for _, name := range []string{"account", "known network", "network", "signed in"} {
			if err := tries[name](); err != nil {
				t.Errorf("%v ahead: %s: %v", by, name, err)
			}
		}
	}
}

// Buckets of names that nobody tries again stay no longer than others.
func TestFarBucketsAreCleanedUp(t *testing.T) {
	n := start(t)
	n.ahead(func() { n.tryTenWrong("ada") })
	if err := n.clean(t.Context()); err != nil || n.limits() != 0 {
		t.Errorf("%d rows are left: %v", n.limits(), err)
	}
}

// The limits in memory are asked with a clock that may be handed in. What was taken while it was ahead comes back as if
// it had been taken now.
func TestRatesOfAClockThatWasAhead(t *testing.T) {
	for _, by := range []time.Duration{20 * time.Second, 5 * time.Minute, tooFar} {
		n := start(t, func(o *Options) {
			o.RegisterRate, o.LoginRate = limit.Rate{Calls: 3, Per: time.Minute}, limit.Rate{Calls: 3, Per: time.Minute}
		})
		register := func(name string) error { _, err := n.Register(t.Context(), name, password, home); return err }
		login := func() error { _, err := n.Login(t.Context(), "ada", password, home); return err }
		n.clock.pass(by)
		for _, name := range []string{"ada", "bob", "eve"} {
			wantError(t, register(name), nil)
			wantError(t, login(), nil)
		}
		n.clock.pass(-by)
		for range 2 {
			wantLimited(t, register("dan"), 20*time.Second)
			wantLimited(t, login(), 20*time.Second)
		}
		n.clock.pass(20 * time.Second)
		wantError(t, register("dan"), nil)
		wantError(t, login(), nil)
	}
}

// A session that was used while the clock was ahead was the most recently used one until that time came,
// and its row never said that it was used.
func TestLastUseOfAClockThatWasAhead(t *testing.T) {
	n := start(t)
	var used, idle *auth.Tokens
	n.ahead(func() { used, idle = n.signUp("ada"), n.signIn("ada") })
	n.wantLive(used.AccessToken)
	if err := n.writeLastUsed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := n.session(used.AccessToken).LastUsedAt; !got.Equal(n.store.Now()) {
		t.Errorf("last used %v, want %v", got, n.store.Now())
	}
	var others []*auth.Tokens
	for range 98 {
		others = append(others, n.signIn("ada"))
	}
	last := n.signIn("ada") // the 101st
	n.wantDead(idle.AccessToken, auth.ReasonTooManySessions)
	for _, in := range append(others, used, last) {
		n.wantLive(in.AccessToken)
	}
}

// The windows of a refresh that was made while the clock was ahead were open until that time came, and
// theft was not noticed.
func TestWindowsOfAClockThatWasAhead(t *testing.T) {
	for name, change := range map[string]func(*Options){"default": func(*Options) {}, "strict": strict} {
		t.Run(name, func(t *testing.T) {
			n := start(t, change)
			first := n.signUp("ada")
			var second *auth.Tokens
			n.ahead(func() { second = must(n.refreshWith(*first.RefreshToken, "key"))(t) })
			if got := must(n.refreshWith(*first.RefreshToken, "key"))(t); *got.RefreshToken != *second.RefreshToken {
				t.Error("the same attempt got other tokens")
			}
			if name == "default" {
				_, err := n.refresh(*first.RefreshToken)
				wantError(t, err, auth.ErrTokenRotated)
				n.clock.pass(n.o.ReuseWindow)
			}
			n.wantLive(second.AccessToken)
			_, err := n.refresh(*first.RefreshToken)
			wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonTokenReused)
		})
	}
}

// A session that was ended while the clock was ahead was found by each look, every second, until then.
func TestEndsOfAClockThatWasAhead(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	n.ahead(func() { n.logout(auth.LogoutCurrent, in.AccessToken) })
	other := n.another()
	if err := other.lookForEnded(t.Context()); err != nil || !other.wasTold(n.session(in.AccessToken).ID) {
		t.Errorf("elsewhere it was not found: %v", err)
	}
	if err := n.clean(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := n.session(in.AccessToken).RevokedAt; !got.Equal(n.store.Now()) {
		t.Errorf("ended at %v, want %v", got, n.store.Now())
	}
	n.clock.pass(time.Minute)
	third := n.another()
	if err := third.lookForEnded(t.Context()); err != nil || len(third.told) != 0 {
		t.Errorf("still looked at: %v, %v", third.told, err)
	}
	n.wantDead(in.AccessToken, auth.ReasonLogout)
}

// Whatever stands in the database lies ahead: nobody is held by it for longer than any setting says.
func TestDatabaseFromTheFuture(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	n.tryTenWrong("ada")
	const then = "'2099-01-01 00:00:00+00:00'"
	n.sql(`UPDATE login_limits SET full_at = `+then, `UPDATE users SET created_at = `+then,
		`UPDATE sessions SET created_at = `+then+`, last_used_at = `+then)
	n = n.another()
	n.wantLive(in.AccessToken)
	n.signIn("ada")
	next := must(n.refresh(*in.RefreshToken))(t)
	n.wantLive(next.AccessToken)
	must(n.Login(t.Context(), "ada", password, stranger(11)))(t)
	sessions := must(n.Sessions(t.Context(), n.wantLive(next.AccessToken)))(t)
	if len(sessions) != 3 || sessions[0].ID == (uuid.UUID{}) {
		t.Errorf("%d sessions", len(sessions))
	}
}
