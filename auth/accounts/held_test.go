package accounts

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/auth"
)

// noEnds makes the database refuse whatever ends a session, as a full disk does.
func (n *node) noEnds() (repair func()) { return n.failCommits("UPDATE OF revoked_at", "sessions") }

// A logout that could not be written ended nothing: whoever wanted to be out was in until there was space.
func TestLogoutEndsHereWhatCannotBeWritten(t *testing.T) {
	for _, c := range []struct {
		scope        auth.LogoutScope
		own, another bool // ends
	}{
		{auth.LogoutCurrent, true, false},
		{auth.LogoutOthers, false, true},
		{auth.LogoutAll, true, true},
	} {
		n := start(t)
		ada, other, bob := n.signUp("ada"), n.signIn("ada"), n.signUp("bob")
		wants := func(when string) {
			t.Helper()
			for tokens, ended := range map[*auth.Tokens]bool{ada: c.own, other: c.another, bob: false} {
				if _, err := n.identify(tokens.AccessToken); (err != nil) != ended {
					t.Errorf("%s, %s: %v", c.scope, when, err)
				}
			}
		}
		repair := n.noEnds()
		if _, err := n.Logout(auth.WithCaller(t.Context(), auth.Caller{Token: auth.Secret(ada.AccessToken)}), c.scope, nil); err == nil {
			t.Errorf("%s: no error, though nothing was written", c.scope)
		}
		wants("at once")
		if n.wasTold(n.session(ada.AccessToken).ID) != c.own || n.wasTold(n.session(other.AccessToken).ID) != c.another {
			t.Errorf("%s: sockets were told %v", c.scope, n.told)
		}
		if err := n.writeEnds(t.Context()); err == nil {
			t.Error("it was written after all")
		}
		n.clock.pass(2 * time.Minute)
		_ = n.lookForEnded(t.Context()) // and what is old leaves the cache
		wants("after minutes")

		repair()
		if c.own {
			_, err := n.refresh(*ada.RefreshToken)
			wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonLogout)
		}
		if err := n.writeEnds(t.Context()); err != nil {
			t.Fatal(err)
		}
		wants("written")
		n = n.another()
		wants("after a restart")
	}
}

func TestLogoutByRefreshTokenEndsHere(t *testing.T) {
	n := start(t)
	first := n.signUp("ada")
	other := n.signIn("ada")
	second := must(n.refresh(*first.RefreshToken))(t)
	defer n.noEnds()()
	for _, scope := range []auth.LogoutScope{auth.LogoutAll, auth.LogoutOthers} { // a used one is no good for these
		_, err := n.Logout(t.Context(), scope, first.RefreshToken)
		if err == nil {
			continue // it wrote nothing
		}
		t.Errorf("%s: %v", scope, err)
	}
	n.wantLive(other.AccessToken)
	n.wantLive(second.AccessToken)
	if _, err := n.Logout(t.Context(), auth.LogoutAll, second.RefreshToken); err == nil {
		t.Error("no error, though nothing was written")
	}
	n.wantDead(other.AccessToken, auth.ReasonLogout)
	n.wantDead(second.AccessToken, auth.ReasonLogout)
}

func TestEndSessionEndsHereWhatCannotBeWritten(t *testing.T) {
	n := start(t)
	ada, other, bob := n.signUp("ada"), n.signIn("ada"), n.signUp("bob")
	who := n.wantLive(ada.AccessToken)
	defer n.noEnds()()
	for _, of := range []*auth.Tokens{bob, other, ada} {
		if _, err := n.EndSession(t.Context(), who, of.SessionID.String()); err == nil {
			t.Error("no error, though nothing was written")
		}
	}
	n.wantDead(other.AccessToken, auth.ReasonSessionEnded)
	n.wantDead(ada.AccessToken, auth.ReasonSessionEnded)
	n.wantLive(bob.AccessToken) // another's
	if n.Stats().EndsUnstored != 2 {
		t.Errorf("got %+v", n.Stats())
	}
	if n.logout(auth.LogoutAll, other.AccessToken)+n.logout(auth.LogoutOthers, other.AccessToken) != 0 {
		t.Error("a session that has ended here ends others")
	}
}

// The alarm ends the session of a stolen token, whatever the disk says.
func TestAlarmEndsHereWhatCannotBeWritten(t *testing.T) {
	n := start(t, strict)
	first := n.signUp("ada")
	second := must(n.refresh(*first.RefreshToken))(t)
	repair := n.noEnds()
	if _, err := n.refresh(*first.RefreshToken); err == nil || errors.Is(err, auth.ErrSessionRevoked) {
		t.Errorf("got %v", err)
	}
	n.wantDead(second.AccessToken, auth.ReasonTokenReused)
	for _, token := range []string{*first.RefreshToken, *second.RefreshToken} {
		_, err := n.refresh(token)
		wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonTokenReused)
	}
	repair()
	if err := n.writeEnds(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := n.session(second.AccessToken).RevokedReason; got == nil || *got != auth.ReasonTokenReused {
		t.Errorf("reason %v is stored", got)
	}
}

// A new password and the end of an account are all or nothing: an error says that nothing was changed.
func TestAccountIsAsItWasWhenItCannotBeWritten(t *testing.T) {
	n := start(t)
	ada, other := n.signUp("ada"), n.signIn("ada")
	who := n.wantLive(ada.AccessToken)
	repair := n.noEnds()
	_, err := n.ChangePassword(t.Context(), who, password, "another horse battery")
	_, gone := n.DeleteAccount(t.Context(), who, password)
	if err == nil || gone == nil {
		t.Errorf("got %v, %v", err, gone)
	}
	repair()
	n.wantLive(ada.AccessToken)
	n.wantLive(other.AccessToken)
	n.signIn("ada")
}

// Which ends are written when they can be, by Run.
func TestRunWritesEnds(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	repair := n.noEnds()
	_, _ = n.Logout(auth.WithCaller(t.Context(), auth.Caller{Token: auth.Secret(in.AccessToken)}), auth.LogoutCurrent, nil)
	repair()
	if held := n.Stats().EndsUnstored; held != 1 {
		t.Fatalf("%d ends are held", held)
	}
	if err := n.writeEnds(t.Context()); err != nil || n.Stats().EndsUnstored != 0 {
		t.Fatalf("%d ends are held: %v", n.Stats().EndsUnstored, err)
	}
	n.clock.pass(time.Minute + time.Second)
	if err := n.lookForEnded(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.wantDead(in.AccessToken, auth.ReasonLogout)
}

// Only this process knows what it could not write, so a stop within five seconds brought the sessions back.
func TestRunWritesEndsAtLast(t *testing.T) {
	for _, repaired := range []bool{true, false} {
		var said []string
		n := start(t, func(o *Options) { o.OnError = func(err error) { said = append(said, err.Error()) } })
		ada, bob, eve := n.signUp("ada"), n.signUp("bob"), n.signUp("eve")
		repair := n.noEnds()
		for _, in := range []*auth.Tokens{ada, bob} {
			_, _ = n.Logout(auth.WithCaller(t.Context(), auth.Caller{Token: auth.Secret(in.AccessToken)}), auth.LogoutCurrent, nil)
		}
		if repaired {
			repair()
		}
		stopped, stop := context.WithCancel(t.Context())
		stop()
		if err := n.Run(stopped); err != nil {
			t.Fatal(err)
		}
		n.another().wantLive(eve.AccessToken)
		if repaired {
			for _, in := range []*auth.Tokens{ada, bob} {
				n.another().wantDead(in.AccessToken, auth.ReasonLogout)
			}
		}
		loss := func(text string) bool { return strings.Contains(text, "the ends of 2 sessions could not be stored") }
		if len(said) > 1 || slices.ContainsFunc(said, loss) == repaired {
			t.Errorf("repaired: %t; it said %q", repaired, said)
		}
	}
}
