package accounts

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/tokens"
	"parley/db"
	"parley/ent"
)

// A read of the session that began before the logout committed came back after it, and its result
// went into the cache: the session lived for two more seconds.
func TestOldReadDoesNotReviveSession(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	hasRead, goOn := make(chan struct{}), make(chan struct{})
	var held bool
	n.store.Read.Session.Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			v, err := next.Query(ctx, q)
			if !held {
				held = true
				close(hasRead)
				<-goOn
			}
			return v, err
		})
	}))
	checked := make(chan error, 1)
	go func() {
		_, err := n.identify(in.AccessToken)
		checked <- err
	}()
	<-hasRead
	if got := n.logout(auth.LogoutCurrent, in.AccessToken); got != 1 {
		t.Fatalf("ended %d", got)
	}
	n.wantDead(in.AccessToken, auth.ReasonLogout)
	close(goOn)
	wantReason(t, <-checked, auth.ErrSessionRevoked, auth.ReasonLogout)
	n.wantDead(in.AccessToken, auth.ReasonLogout)
}

func TestHundredLiveSessions(t *testing.T) {
	n := start(t)
	first := n.signUp("ada")
	n.clock.pass(time.Second)
	second := n.signIn("ada")
	for range 98 {
		n.clock.pass(time.Second)
		n.signIn("ada")
	}
	n.clock.pass(time.Second)
	first = must(n.refresh(*first.RefreshToken))(t) // now the second is the least recently used
	n.wantLive(second.AccessToken)
	last := n.signIn("ada")
	n.wantDead(second.AccessToken, auth.ReasonTooManySessions)
	if !n.wasTold(n.session(second.AccessToken).ID) {
		t.Error("sockets were not told")
	}
	n.wantLive(first.AccessToken)
	n.wantLive(last.AccessToken)
	if got := n.logout(auth.LogoutAll, last.AccessToken); got != 100 {
		t.Errorf("%d were live", got)
	}
	n.signIn("ada") // ended ones do not count
}

func TestUnknownSession(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	n.sql(`DELETE FROM sessions`)
	n.wantDead(in.AccessToken, auth.ReasonUnknown)
}

func TestTokenOfAnotherHistory(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	x := must(n.tokens().Parse(in.AccessToken, tokens.Access, n.store.Now()))(t)
	bob := n.signUp("bob")
	x.User = bob.User.ID
	foreign := must(n.tokens().Sign(x, tokens.Access, ""))(t)
	for range 2 { // read, and from the cache
		_, err := n.identify(foreign)
		wantError(t, err, auth.ErrUnauthenticated)
	}
	for _, scope := range []auth.LogoutScope{auth.LogoutCurrent, auth.LogoutOthers, auth.LogoutAll} {
		if got := n.logout(scope, foreign); got != 0 {
			t.Errorf("%s ended %d", scope, got)
		}
	}
	x.Session = uuid.New()
	if got := n.logout(auth.LogoutAll, must(n.tokens().Sign(x, tokens.Access, ""))(t)); got != 0 {
		t.Errorf("an unknown session ended %d", got)
	}
	n.wantLive(in.AccessToken)
	n.wantLive(bob.AccessToken)
}

func TestUnreachableDatabaseIsNotSignedOut(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	if err := n.store.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := n.identify(in.AccessToken)
	if !errors.Is(err, db.ErrDown) || errors.Is(err, auth.ErrUnauthenticated) || errors.Is(err, auth.ErrSessionRevoked) {
		t.Errorf("got %v", err)
	}
}
