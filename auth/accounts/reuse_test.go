package accounts

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/auth"
	"parley/auth/tokens"
	"parley/db"
	"parley/db/dbtest"
)

func TestStrictReuseEndsTheSession(t *testing.T) {
	n := start(t, strict)
	token := *n.signUp("ada").RefreshToken
	winners := make(chan *auth.Tokens, 50)
	got := count(atOnce(t, 50, func(int) string {
		tokens, err := n.refresh(token)
		if err == nil {
			winners <- tokens
			return "pair"
		}
		wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonTokenReused)
		return "reused"
	}))
	if got["pair"] != 1 || got["reused"] != 49 {
		t.Fatalf("got %v", got)
	}
	winner := <-winners
	n.wantDead(winner.AccessToken, auth.ReasonTokenReused)
	_, err := n.refresh(*winner.RefreshToken)
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonTokenReused)
}

func TestReuse(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	first, other := n.signIn("ada"), n.signIn("ada")
	second := must(n.refresh(*first.RefreshToken))(t)

	n.clock.pass(10*time.Second - time.Millisecond) // inside the window
	got, err := n.refresh(*first.RefreshToken)
	if wantError(t, err, auth.ErrTokenRotated); got != nil {
		t.Fatalf("got %+v", got)
	}
	n.wantLive(second.AccessToken)
	if _, _, blacklisted := n.rows(); blacklisted != 1 {
		t.Errorf("%d blacklisted", blacklisted)
	}

	n.clock.pass(time.Millisecond) // after it
	sid := n.session(second.AccessToken).ID
	_, err = n.refresh(*first.RefreshToken)
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonTokenReused)
	if !n.wasTold(sid) {
		t.Error("the sockets of the session were not told")
	}
	n.wantDead(second.AccessToken, auth.ReasonTokenReused)
	n.wantDead(first.AccessToken, auth.ReasonTokenReused)
	_, err = n.refresh(*second.RefreshToken)
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonTokenReused)
	n.wantLive(other.AccessToken)
	must(n.refresh(*other.RefreshToken))(t)
}

func TestGrandparentIsTheftAtOnce(t *testing.T) {
	n := start(t)
	first := n.signUp("ada")
	second := must(n.refreshWith(*first.RefreshToken, "key"))(t)
	third := must(n.refresh(*second.RefreshToken))(t)
	_, err := n.refreshWith(*first.RefreshToken, "key")
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonTokenReused)
	n.wantDead(third.AccessToken, auth.ReasonTokenReused)
}

func TestRetry(t *testing.T) {
	n := start(t)
	first := n.signUp("ada")
	issued := describe(n.refreshWith(*first.RefreshToken, "key"))
	n.clock.pass(60 * time.Second)
	if again := describe(n.refreshWith(*first.RefreshToken, "key")); again != issued {
		t.Errorf("after 60 s got %s, want %s", again, issued)
	}
	restarted := n.another()
	if again := describe(restarted.refreshWith(*first.RefreshToken, "key")); again != issued {
		t.Errorf("after a restart got %s, want %s", again, issued)
	}
	second := strings.Fields(issued)[1]
	third := must(n.refresh(second))(t)
	_, err := n.refreshWith(*first.RefreshToken, "key")
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonTokenReused)
	n.wantDead(third.AccessToken, auth.ReasonTokenReused)
}

func TestRetryNeedsTheKeyInTime(t *testing.T) {
	for _, c := range []struct {
		name        string
		first, then string // keys; empty: none
		after       time.Duration
		change      func(*Options)
		want        error
	}{
		{"another key", "key", "yek", 0, nil, auth.ErrTokenRotated},
		{"no key", "key", "", 0, nil, auth.ErrTokenRotated},
		{"none at first", "", "key", 0, nil, auth.ErrTokenRotated},
		{"another key, later", "key", "yek", 10 * time.Second, nil, auth.ErrSessionRevoked},
		{"too late", "key", "key", 60*time.Second + time.Millisecond, nil, auth.ErrSessionRevoked},
		{"switched off", "key", "key", 0, neverRetry, auth.ErrTokenRotated},
		{"both switched off", "key", "key", 0, func(o *Options) { neverRetry(o); strict(o) }, auth.ErrSessionRevoked},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := start(t)
			if c.change != nil {
				n = n.another(c.change)
			}
			use := func(token, key string) (*auth.Tokens, error) {
				if key == "" {
					return n.refresh(token)
				}
				return n.refreshWith(token, key)
			}
			token := *n.signUp("ada").RefreshToken
			must(use(token, c.first))(t)
			n.clock.pass(c.after)
			_, err := use(token, c.then)
			wantError(t, err, c.want)
		})
	}
}

// Clocks of nodes differ: a use before the rotation that it lost to is not a use long after it.
func TestAgeIsNeverBelowZero(t *testing.T) {
	n := start(t)
	token := *n.signUp("ada").RefreshToken
	must(n.refreshWith(token, "key"))(t)
	n.clock.pass(-3 * time.Second)
	must(n.refreshWith(token, "key"))(t)
	_, err := n.refresh(token)
	wantError(t, err, auth.ErrTokenRotated)
}

// A thief who hangs up does not keep the alarm from being given.
func TestAlarmSurvivesTheCaller(t *testing.T) {
	n := start(t, strict)
	in := n.signUp("ada")
	must(n.refresh(*in.RefreshToken))(t)
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	store := must(db.Open(t.Context(), db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, n.dir), Dir: n.dir, Trace: func(_ context.Context, s any) {
		if text := fmt.Sprint(s); strings.Contains(text, "UPDATE") && strings.Contains(text, "sessions") {
			hangUp()
		}
	}}))(t)
	t.Cleanup(func() { _ = store.Close() })
	n.restart(store, n.ring)
	_, err := n.Refresh(ctx, in.RefreshToken, nil, home)
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonTokenReused)
	if ctx.Err() == nil {
		t.Fatal("the thief did not hang up")
	}
	n.wantDead(in.AccessToken, auth.ReasonTokenReused)
}

// The database was restored from a backup and knows the token as used up, but not the generation it
// claims: it cannot tell what happened since, so it gives no alarm.
func TestUnknownGenerationRaisesNoAlarm(t *testing.T) {
	n := start(t, strict)
	first := n.signUp("ada")
	second := must(n.refresh(*first.RefreshToken))(t)
	x := must(n.tokens().Parse(*first.RefreshToken, tokens.Refresh, n.store.Now()))(t)
	x.Generation = 2
	_, err := n.refresh(must(n.tokens().Sign(x, tokens.Refresh, ""))(t))
	wantReason(t, err, auth.ErrUnauthenticated, auth.ReasonInvalidToken)
	n.wantLive(second.AccessToken)
}
