package accounts

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"parley/auth"
	"parley/db"
	"parley/ent"
	"parley/limit"
)

// Right passwords were limited by nothing: each cost a hash, and left a row.
func TestRightPasswordsHaveARate(t *testing.T) {
	n := start(t, func(o *Options) { o.LoginRate = limit.Rate{Calls: 4, Per: time.Minute} })
	who := n.wantLive(n.signUp("ada").AccessToken)
	n.signUp("bob")
	in := func(name string, from auth.Client) error {
		_, err := n.Login(t.Context(), name, password, from)
		return err
	}
	for i := range 4 {
		wantError(t, in("ada", stranger(i)), nil)
	}
	for _, from := range []auth.Client{home, stranger(0), stranger(9)} { // of the account, wherever it comes from
		wantLimited(t, in("ada", from), 15*time.Second)
	}
	_, err := n.ChangePassword(t.Context(), who, password, "another horse battery")
	wantLimited(t, err, 15*time.Second)
	_, err = n.DeleteAccount(t.Context(), who, password)
	wantLimited(t, err, 15*time.Second)
	wantError(t, in("bob", home), nil)
	n.clock.pass(15 * time.Second)
	wantError(t, in("ada", stranger(9)), nil)
	wantLimited(t, in("ada", stranger(9)), 15*time.Second)
	if got := n.taken(ofUnknown, "ada", 1) + n.taken(ofKnown, "ada\x00"+stranger(0).Network(), 1); got != 0 {
		t.Errorf("%d tokens of wrong passwords are taken", got)
	}
}

// A right password whose session could not be stored kept its token: while the database was busy people used up theirs.
func TestRightPasswordThatCameToNothingTakesNoToken(t *testing.T) {
	n := start(t, func(o *Options) { o.LoginRate, o.LoginAttempts = limit.Rate{Calls: 2, Per: time.Minute}, limit.Rate{} })
	ada := n.signUp("ada").User
	held, release := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() { // everybody waits for its commit; on Postgres, whoever wants this row
		ended <- n.store.Store.Write(t.Context(), func(tx *ent.Tx) error {
			err := tx.User.UpdateOneID(ada.ID).AddPasswordVersion(0).Exec(t.Context())
			close(held)
			<-release
			return err
		})
	}()
	<-held
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, err := n.Login(ctx, "ada", password, home)
		cancel()
		if !errors.Is(err, db.ErrBusy) && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want that it takes too long", err)
		}
	}
	close(release)
	wantError(t, <-ended, nil)
	n.signIn("ada")
	n.signIn("ada")
	_, err := n.Login(t.Context(), "ada", password, home)
	wantLimited(t, err, 30*time.Second)
}

// Who does not know the password takes no token of those who do.
func TestWrongPasswordsTakeNoTokenOfRightOnes(t *testing.T) {
	n := start(t, func(o *Options) { o.LoginRate, o.LoginAttempts = limit.Rate{Calls: 4, Per: time.Minute}, limit.Rate{} })
	n.signUp("ada")
	for range 40 {
		wantError(t, n.tryWrong("ada", home), auth.ErrInvalidCredentials)
		wantError(t, n.tryWrong("nobody", home), auth.ErrInvalidCredentials)
	}
	for range 4 {
		n.signIn("ada")
	}
}

func TestRightPasswordsOfOneNetwork(t *testing.T) {
	n := start(t, func(o *Options) { o.LoginRate = limit.Rate{Calls: 2, Per: time.Minute} })
	for i := range 6 {
		n.signUp(fmt.Sprint("person", i))
	}
	for i := range 5 {
		n.signIn(fmt.Sprint("person", i))
		n.signIn(fmt.Sprint("person", i))
	}
	_, err := n.Login(t.Context(), "person5", password, home)
	wantLimited(t, err, 6*time.Second)
	must(n.Login(t.Context(), "person5", password, stranger(1)))(t)
}

// What is refused is refused before the hash, and many at once get no more than there is.
func TestRateOfRightPasswordsIsExactAtOnce(t *testing.T) {
	n := start(t, func(o *Options) { o.LoginRate = limit.Rate{Calls: 7, Per: time.Minute} })
	n.signUp("ada")
	got := count(atOnce(t, 40, func(int) string {
		return outcomeOf(t, func() error { _, err := n.Login(t.Context(), "ada", password, home); return err })
	}))
	if got["in"] != 7 || got["limited"] != 33 {
		t.Errorf("got %v", got)
	}
	before := n.Stats().Hashes
	_, err := n.Login(t.Context(), "ada", password, home)
	if wantLimited(t, err, time.Minute/7); n.Stats().Hashes != before {
		t.Error("a hash was made for who is limited")
	}
}

// Somebody signs in and out all the time: of what is over, the newest hundred stay, and those that
// other nodes still look for.
func TestRowsOfEndedSessionsDoNotPileUp(t *testing.T) {
	n := start(t)
	first := n.signUp("ada")
	for range 700 {
		n.logout(auth.LogoutCurrent, n.signIn("ada").AccessToken)
		n.clock.pass(time.Millisecond)
	}
	live := n.signIn("ada")
	n.signUp("bob")
	thin := func(want int) {
		t.Helper()
		if err := n.thinOut(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, sessions, _ := n.rows(); sessions != want {
			t.Errorf("%d rows of sessions, want %d", sessions, want)
		}
	}
	thin(703) // other nodes still look for them
	n.clock.pass(10*time.Minute + time.Second)
	fresh := n.signIn("ada")
	n.logout(auth.LogoutCurrent, fresh.AccessToken)
	thin(3 + 100 + 1) // live ones, the newest hundred, and the one that has just ended
	for _, in := range []*auth.Tokens{first, live} {
		n.wantLive(in.AccessToken)
	}
	n.wantDead(fresh.AccessToken, auth.ReasonLogout)
	thin(104)
}

// The same for sessions that have run out, and for the tokens of those that are gone.
func TestRowsOfExpiredSessionsDoNotPileUp(t *testing.T) {
	n := start(t, func(o *Options) { o.AccessTokenLifetime, o.RefreshTokenLifetime = 30*time.Minute, time.Hour })
	gone := n.signUp("ada")
	n.logout(auth.LogoutCurrent, gone.AccessToken)
	for range 3 {
		for range 90 {
			n.clock.pass(time.Second)
			n.signIn("ada")
		}
		n.clock.pass(2 * time.Hour)
	}
	if err := n.thinOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, sessions, _ := n.rows(); sessions != 100 {
		t.Errorf("%d rows of sessions", sessions)
	}
	n.clock.pass(-6 * time.Hour)
	n.another().wantDead(gone.AccessToken, auth.ReasonUnknown) // its row is gone, and it is told so all the same
}
