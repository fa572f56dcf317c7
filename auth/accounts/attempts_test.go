package accounts

import (
	"errors"
	"fmt"
	"testing"

	"parley/auth"
)

// outcomeOf is what a sign-in came to, to count many of them. Who is told that the server is busy
// tries again, as a client does.
func outcomeOf(t *testing.T, try func() error) string {
	t.Helper()
	var fast *auth.RateError
	for {
		switch err := try(); {
		case err == nil:
			return "in"
		case errors.As(err, &fast):
			return "limited"
		case errors.Is(err, auth.ErrInvalidCredentials):
			return "wrong"
		case !errors.Is(err, auth.ErrBusy):
			t.Errorf("got %v", err)
			return "failed"
		}
	}
}

// A right password holds a token while it is hashed, so of many at once most find none. They wait
// for those that hold one, and none of them is refused; not even where there is one token.
func TestRightOnesAtOnceAreAllIn(t *testing.T) {
	for _, tokens := range []int{10, 1} {
		n := start(t, func(o *Options) { o.LoginAttempts.Calls = tokens })
		n.signUp("ada")
		login := func(from auth.Client, text string) func(int) string {
			return func(int) string {
				return outcomeOf(t, func() error { _, err := n.Login(t.Context(), "ada", text, from); return err })
			}
		}
		for _, from := range []auth.Client{home, stranger(1)} {
			if got := count(atOnce(t, 50, login(from, password))); got["in"] != 50 {
				t.Errorf("%d tokens: %v", tokens, got)
			}
		}
		got := count(atOnce(t, 50, login(stranger(2), wrong)))
		if got["wrong"] != tokens || got["limited"] != 50-tokens {
			t.Errorf("%d tokens: %v of wrong ones", tokens, got)
		}
	}
}

// Two processes know nothing of each other's hashes; the tokens are in the database.
func TestWrongOnesAtOnceOverTwoNodes(t *testing.T) {
	n := start(t)
	nodes := []*node{n, n.another()}
	got := count(atOnce(t, 50, func(i int) string {
		return outcomeOf(t, func() error { return nodes[i%2].tryWrong("ada", stranger(i)) })
	}))
	if got["wrong"] != 10 || got["limited"] != 40 {
		t.Errorf("got %v", got)
	}
	if got := n.taken(ofUnknown, "ada", 1); got != 10 {
		t.Errorf("%d tokens are taken", got)
	}
}

// Right ones beside wrong ones may find no token, but what is hashed and wrong keeps its token.
func TestRightOnesDoNotMakeRoomForWrongOnes(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	got := count(atOnce(t, 60, func(i int) string {
		text := map[bool]string{true: password, false: wrong}[i%2 == 0]
		return outcomeOf(t, func() error { _, err := n.Login(t.Context(), "ada", text, stranger(i)); return err })
	}))
	if tokens := n.taken(ofUnknown, "ada", 1); got["wrong"] > 10 || tokens != got["wrong"] || got["failed"] != 0 {
		t.Errorf("%v, and %d tokens are taken", got, tokens)
	}
}

// A change of the password hashes twice. Whoever waited for a token kept the slot meanwhile, and
// whoever held the token waited for the slot: for two seconds nobody at all could sign in.
func TestNobodyWaitsForTokensInSlots(t *testing.T) {
	n := start(t, func(o *Options) { o.Hash.Parallel, o.LoginAttempts.Calls = 1, 1 })
	who := n.wantLive(n.signUp("ada").AccessToken)
	got := count(atOnce(t, 4, func(i int) string { // few, so that none waits too long for its turn
		_, err := n.ChangePassword(t.Context(), who, password, fmt.Sprint("a new password ", i))
		if errors.Is(err, auth.ErrBusy) {
			return "busy"
		}
		return outcomeOf(t, func() error { return err })
	}))
	if got["in"] != 1 || got["wrong"]+got["limited"] != 3 {
		t.Errorf("got %v", got)
	}
}
