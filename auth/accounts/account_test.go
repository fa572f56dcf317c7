package accounts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/auth"
	"parley/ent/session"
	"parley/ent/user"
	"parley/rounds"
)

const fresh = "a new battery staple"

// asks are the two calls that want the password of somebody who is signed in.
var asks = []string{"change", "delete"}

func (n *node) ask(what string, who auth.Identity, current string) (err error) {
	if what == "change" {
		_, err = n.ChangePassword(n.t.Context(), who, current, fresh)
	} else {
		_, err = n.DeleteAccount(n.t.Context(), who, current)
	}
	return err
}

// account is all that is stored of a user and their sessions.
func (n *node) account() string {
	n.t.Helper()
	users := must(n.store.Read.User.Query().All(n.t.Context()))(n.t)
	sessions := must(n.store.Read.Session.Query().All(n.t.Context()))(n.t)
	return fmt.Sprint(users, sessions, users[0].PasswordVersion, *users[0].PasswordHash)
}

func TestChangePassword(t *testing.T) {
	n := start(t)
	bob := n.signUp("bob")
	own, other := n.signUp("Ada"), n.signIn("ada")
	who := n.wantLive(own.AccessToken)
	n.wantLive(other.AccessToken) // now in the cache
	if got := must(n.ChangePassword(t.Context(), who, password, fresh))(t); *got != *own.User {
		t.Errorf("got %+v", got)
	}
	n.wantLive(own.AccessToken)
	own = must(n.refresh(*own.RefreshToken))(t)
	n.wantLive(bob.AccessToken)
	n.wantDead(other.AccessToken, auth.ReasonPasswordChanged)
	_, err := n.refresh(*other.RefreshToken)
	wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonPasswordChanged)
	if !n.wasTold(other.SessionID) || n.wasTold(own.SessionID) {
		t.Errorf("told of %v", n.told)
	}
	_, err = n.Login(t.Context(), "ada", password, home)
	wantError(t, err, auth.ErrInvalidCredentials)
	in := must(n.Login(t.Context(), "ada", fresh, home))(t)

	_, err = n.ChangePassword(t.Context(), who, password, fresh) // sent again
	wantError(t, err, auth.ErrInvalidCredentials)
	n.wantLive(in.AccessToken)
	n.wantLive(own.AccessToken)
}

func TestDeleteAccount(t *testing.T) {
	n := start(t)
	bob := n.signUp("bob")
	own, other := n.signUp("Ada"), n.signIn("ada")
	who := n.wantLive(own.AccessToken)
	n.wantLive(other.AccessToken)
	if got := must(n.DeleteAccount(t.Context(), who, password))(t); got != own.User.ID {
		t.Errorf("got %v", got)
	}
	for _, in := range []*auth.Tokens{own, other} {
		n.wantDead(in.AccessToken, auth.ReasonAccountDeleted)
		_, err := n.refresh(*in.RefreshToken)
		wantReason(t, err, auth.ErrSessionRevoked, auth.ReasonAccountDeleted)
		if !n.wasTold(in.SessionID) {
			t.Error("sockets were not told")
		}
	}
	n.wantLive(bob.AccessToken)
	_, err := n.Login(t.Context(), "ada", password, home)
	wantError(t, err, auth.ErrInvalidCredentials)
	_, err = n.Register(t.Context(), "ADA", password, home)
	wantError(t, err, auth.ErrUsernameTaken)
	_, err = n.UserByNameOrID(t.Context(), "ada")
	wantError(t, err, auth.ErrNoUser)
	if got := must(n.UsersByID(t.Context(), []uuid.UUID{own.User.ID, bob.User.ID}))(t); got[0] != nil || got[1] == nil {
		t.Errorf("users are %v", got)
	}
	row := must(n.store.Read.User.Get(t.Context(), own.User.ID))(t)
	if row.PasswordHash != nil || row.DeletedAt == nil || !row.DeletedAt.Equal(n.store.Now()) || row.Username != "Ada" {
		t.Errorf("row is %v", row)
	}
	for _, what := range asks { // in a request that had been let in before
		for _, text := range []string{password, wrong} {
			wantReason(t, n.ask(what, who, text), auth.ErrSessionRevoked, auth.ReasonAccountDeleted)
		}
	}
}

func TestRefusedChangeChangesNothing(t *testing.T) {
	n := start(t)
	who := n.wantLive(n.signUp("adalovelace").AccessToken)
	other := n.signIn("adalovelace")
	before := n.account()
	change := func(current, fresh string) error {
		_, err := n.ChangePassword(t.Context(), who, current, fresh)
		return err
	}
	for text, reason := range map[string]string{
		"1234567":                   "TOO_SHORT",
		"password123":               "COMMON",
		"AdaLovelace":               "EQUALS_USERNAME",
		"correct\xff horse":         "BAD_CHARACTER",
		strings.Repeat("long", 300): "TOO_LONG",
	} {
		wantInvalid(t, change(password, text), "newPassword", reason)
		wantError(t, change(wrong, text), auth.ErrInvalidCredentials) // who does not know it learns no rules
		n.clock.pass(back)
	}
	long := strings.Repeat("long", 300)
	wantInvalid(t, change(long, fresh), "currentPassword", "TOO_LONG")
	_, err := n.DeleteAccount(t.Context(), who, long)
	wantInvalid(t, err, "password", "TOO_LONG")
	for _, what := range asks {
		for _, text := range []string{wrong, "", password + " ", password + "\xff"} {
			wantError(t, n.ask(what, who, text), auth.ErrInvalidCredentials)
		}
	}
	if after := n.account(); after != before {
		t.Errorf("was %s\nand is %s", before, after)
	}
	n.wantLive(other.AccessToken)
	if got := n.taken(ofSignedIn, who.User.ID.String(), 1); got != 8 {
		t.Errorf("%d tokens are taken", got)
	}
}

// A stolen access token is no way to guess the password, from however many networks; and whoever
// holds it cannot keep the owner from signing in.
func TestOwnPasswordIsLimitedByUser(t *testing.T) {
	for _, what := range asks {
		n := start(t)
		first, second := n.wantLive(n.signUp("ada").AccessToken), n.wantLive(n.signIn("ada").AccessToken)
		bob := n.wantLive(n.signUp("bob").AccessToken)
		for i := range 10 {
			wantError(t, n.ask(asks[i%2], []auth.Identity{first, second}[i/5], wrong), auth.ErrInvalidCredentials)
		}
		wantLimited(t, n.ask(what, first, password), back)
		wantLimited(t, n.another().ask(what, second, password), back)
		n.signIn("ada")
		wantError(t, n.ask(what, bob, password), nil)
		n.clock.pass(back)
		wantError(t, n.ask(what, first, password), nil)
	}
}

func TestSessionEndedMeanwhile(t *testing.T) {
	for _, what := range asks {
		n := start(t)
		in, other := n.signUp("ada"), n.signIn("ada")
		who := n.wantLive(in.AccessToken)
		n.logout(auth.LogoutCurrent, in.AccessToken)
		before := n.account()
		wantReason(t, n.ask(what, who, password), auth.ErrSessionRevoked, auth.ReasonLogout)
		who.SessionID = uuid.New()
		wantReason(t, n.ask(what, who, password), auth.ErrSessionRevoked, auth.ReasonUnknown)
		if after := n.account(); after != before {
			t.Errorf("%s: was %s\nand is %s", what, before, after)
		}
		n.wantLive(other.AccessToken)
		n.signIn("ada")
		if got := n.taken(ofSignedIn, who.User.ID.String(), 1); got != 0 {
			t.Errorf("%s: %d tokens are taken by a right password", what, got)
		}
	}
}

// Of those who know the password at once one gets their way, and the others hear why they do not.
func TestChangesAndDeletionsAtOnce(t *testing.T) {
	n := start(t)
	for round := range rounds.Of(t, 10, 20) {
		name := fmt.Sprintf("ada%d", round)
		in := []*auth.Tokens{n.signUp(name), n.signIn(name)}
		who := []auth.Identity{n.wantLive(in[0].AccessToken), n.wantLive(in[1].AccessToken)}
		got := atOnce(t, 8, func(i int) error { return n.ask(asks[i/2%2], who[i%2], password) })
		done := slices.DeleteFunc(slices.Clone(got), func(err error) bool { return err != nil })
		for i, err := range got {
			if err != nil && !errors.Is(err, auth.ErrInvalidCredentials) && !errors.Is(err, auth.ErrSessionRevoked) {
				t.Errorf("call %d: %v", i, err)
			}
		}
		winner := slices.Index(got, nil)
		if len(done) != 1 {
			t.Fatalf("%d got their way: %v", len(done), got)
		}
		if asks[winner/2%2] == "change" {
			n.wantLive(in[winner%2].AccessToken)
			n.wantDead(in[1-winner%2].AccessToken, auth.ReasonPasswordChanged)
		} else {
			n.wantDead(in[0].AccessToken, auth.ReasonAccountDeleted)
			n.wantDead(in[1].AccessToken, auth.ReasonAccountDeleted)
		}
	}
}

// Whatever else is going on: after a change of the password its session lives and no other.
func TestOnlyTheSessionOfTheChangeLives(t *testing.T) {
	n := start(t)
	nodes := []*node{n, n.another()}
	n.signUp("ada")
	old := password
	for round := range rounds.Of(t, 30, 200) {
		n.clock.pass(back) // the login may be wrong by its turn, and take a token
		in := func(at *node) (*auth.Tokens, error) { return at.Login(t.Context(), "ada", old, home) }
		own, other := must(in(n))(t), must(in(n))(t)
		who, next := n.wantLive(own.AccessToken), fmt.Sprint(fresh, round)
		ctx := auth.WithCaller(t.Context(), auth.Caller{Token: auth.Secret(own.AccessToken)})
		errs := atOnce(t, 6, func(i int) (err error) {
			switch at := nodes[(round+i)%2]; i {
			case 0, 1:
				_, err = at.refresh(*own.RefreshToken)
			case 2:
				_, err = at.refresh(*other.RefreshToken)
			case 3:
				_, err = in(at)
			case 4:
				_, err = at.Logout(ctx, auth.LogoutOthers, nil)
			case 5:
				_, err = at.ChangePassword(t.Context(), who, old, next)
			}
			return err
		})
		for i, may := range []error{auth.ErrTokenRotated, auth.ErrTokenRotated, auth.ErrSessionRevoked, auth.ErrInvalidCredentials, nil, nil} {
			if errs[i] != nil && !errors.Is(errs[i], may) {
				t.Fatalf("round %d, call %d: %v", round, i, errs[i])
			}
		}
		live := must(n.store.Read.Session.Query().Where(session.RevokedAtIsNil()).IDs(t.Context()))(t)
		if !slices.Equal(live, []uuid.UUID{own.SessionID}) || (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("round %d: %v live, %v", round, live, errs)
		}
		n.wantLive(own.AccessToken)
		old = next
	}
}

// Whoever takes people out of rooms finds a deleted account, which says so in the transaction that deletes it, and is told to
// look behind it; a wrong password does neither.
func TestDeletedAccountLeavesItsRooms(t *testing.T) {
	var n *node
	leaving := func() int { return must(n.store.Read.User.Query().Where(user.Leaving(true)).Count(t.Context()))(t) }
	told := 0
	n = start(t, func(o *Options) {
		o.OnDeleted = func() {
			if told++; leaving() != 1 {
				t.Error("told before it was stored")
			}
		}
	})
	n.signUp("bob")
	who := n.wantLive(n.signUp("ada").AccessToken)
	_, err := n.DeleteAccount(t.Context(), who, wrong)
	wantError(t, err, auth.ErrInvalidCredentials)
	if told != 0 || leaving() != 0 {
		t.Errorf("told %d times, %d are leaving", told, leaving())
	}
	must(n.DeleteAccount(t.Context(), who, password))(t)
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}
