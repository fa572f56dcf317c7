package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"parley/auth"
	"parley/auth/keys"
	"parley/db"
	"parley/db/dbtest"
	"parley/limit"
)

func TestTenWrongOnesLimitTheAccount(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	n.signUp("gone")
	n.sql(`UPDATE users SET deleted_at = created_at, password_hash = NULL WHERE username = 'gone'`)
	for _, name := range []string{"ada", "gone", "nobody", "no such name!", ""} {
		try := func() error {
			_, err := n.Login(t.Context(), name, password, stranger(11))
			return err
		}
		n.tryTenWrong(name)
		wantLimited(t, try(), back)
		n.clock.pass(back - time.Millisecond)
		wantLimited(t, try(), time.Millisecond)
		n.clock.pass(time.Millisecond)
		if err := try(); name == "ada" && err != nil || name != "ada" && !errors.Is(err, auth.ErrInvalidCredentials) {
			t.Errorf("%q after the wait: %v", name, err)
		}
	}
}

func TestSpellingsAreOneBucket(t *testing.T) {
	n := start(t)
	for i := range 5 {
		wantError(t, n.tryWrong("Anna", stranger(i)), auth.ErrInvalidCredentials)
		wantError(t, n.tryWrong("Ａｎｎａ", stranger(i)), auth.ErrInvalidCredentials)
	}
	wantLimited(t, n.tryWrong("anna", stranger(11)), back)
}

func TestLimitOutlivesRestartAndHoldsOnOtherNodes(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	other := n.another()
	for i := range 10 {
		wantError(t, []*node{n, other}[i%2].tryWrong("ada", stranger(i)), auth.ErrInvalidCredentials)
	}
	for _, at := range []*node{n, other, n.another()} {
		_, err := at.Login(t.Context(), "ada", password, stranger(11))
		wantLimited(t, err, back)
	}
}

func TestStrangersDoNotLockTheOwnerOut(t *testing.T) {
	n := start(t)
	at := func(address string) auth.Client { return auth.Client{Address: netip.MustParseAddr(address)} }
	in := n.signUp("ada")
	work, neighbour := at("2001:db8::1"), at("2001:db8::2")
	must(n.Login(t.Context(), "ada", password, work))(t)
	n.tryTenWrong("ada")
	_, err := n.Login(t.Context(), "ada", password, stranger(11))
	wantLimited(t, err, back)
	n.signIn("ada")
	n.logout(auth.LogoutAll, in.AccessToken)
	n.signIn("ada") // an ended session makes a network known too

	for range 10 {
		wantError(t, n.tryWrong("ada", home), auth.ErrInvalidCredentials)
	}
	_, err = n.Login(t.Context(), "ada", password, home)
	wantLimited(t, err, back)
	must(n.Login(t.Context(), "ada", password, work))(t)
	must(n.Login(t.Context(), "ada", password, neighbour))(t)
	wantError(t, n.tryWrong("bob", home), auth.ErrInvalidCredentials)
	for i := range 10 { // home is known to ada and to nobody else
		wantError(t, n.tryWrong("eve", stranger(i)), auth.ErrInvalidCredentials)
	}
	wantLimited(t, n.tryWrong("eve", home), back)
}

func TestNetworkIsLimitedOverAllNames(t *testing.T) {
	for _, c := range []struct{ one, same, other string }{
		{"192.0.2.7", "::ffff:192.0.2.7", "192.0.2.8"},
		{"2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"},
		{"fe80::1%eth0", "fe80::2%eth1", "192.0.2.8"},
		{"", "", "192.0.2.8"},
	} {
		n := start(t)
		n.signUp("ada")
		from := func(address string) auth.Client {
			ip, _ := netip.ParseAddr(address)
			return auth.Client{Address: ip}
		}
		for i := range 50 {
			wantError(t, n.tryWrong(fmt.Sprintf("name%d", i), from(c.one)), auth.ErrInvalidCredentials)
		}
		_, err := n.Login(t.Context(), "ada", password, from(c.same))
		wantLimited(t, err, everywhere)
		must(n.Login(t.Context(), "ada", password, from(c.other)))(t)
		n.clock.pass(everywhere)
		must(n.Login(t.Context(), "ada", password, from(c.same)))(t)
	}
}

func TestZeroAttemptsSwitchLimitsOff(t *testing.T) {
	n := start(t, func(o *Options) { o.LoginAttempts = limit.Rate{} })
	who := n.wantLive(n.signUp("ada").AccessToken)
	for range 60 {
		wantError(t, n.tryWrong("ada", home), auth.ErrInvalidCredentials)
		_, err := n.DeleteAccount(t.Context(), who, wrong)
		wantError(t, err, auth.ErrInvalidCredentials)
	}
	n.signIn("ada")
	if got := n.limits(); got != 0 {
		t.Errorf("%d rows", got)
	}
}

// The wait for a slot would tell nobody anything, and keep others from theirs.
func TestLimitedTakesNoSlot(t *testing.T) {
	n := start(t, oneSlot)
	n.signUp("ada")
	n.tryTenWrong("ada")
	n.holdSlots()
	n.waits(stranger(11))
	_, err := n.Login(t.Context(), "ada", password, stranger(11))
	wantLimited(t, err, back)
	wantError(t, n.tryWrong("bob", stranger(11)), auth.ErrBusy)
	if n.taken(ofUnknown, "bob", 1) != 0 {
		t.Error("a token was taken for what was not hashed")
	}
}

func TestRightPasswordTakesNoToken(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	for range 60 {
		n.signIn("ada")
	}
	wantError(t, n.tryWrong("ada", home), auth.ErrInvalidCredentials)
	n.signIn("ada")
	known, network := n.taken(ofKnown, "ada\x00192.0.2.7/32", 1), n.taken(ofNetwork, "192.0.2.7/32", 5)
	if known != 1 || network != 1 {
		t.Errorf("%d and %d tokens are taken by one wrong password", known, network)
	}
}

// leavesInTheHash is a client who hangs up once the tokens for their password are taken.
func (n *node) leavesInTheHash() context.Context {
	n.t.Helper()
	ctx, leave := context.WithCancel(n.t.Context())
	n.t.Cleanup(leave)
	updates := 0
	store := must(db.Open(ctx, db.Options{Patience: dbtest.Patience, URL: dbtest.URL(n.t, n.dir), Dir: n.dir, Trace: func(_ context.Context, s any) {
		if text := fmt.Sprint(s); strings.Contains(text, "UPDATE") && strings.Contains(text, "login_limits") {
			if updates++; updates == 2 { // account, network
				leave()
			}
		}
	}}))(n.t)
	n.t.Cleanup(func() { _ = store.Close() })
	n.restart(store, n.ring)
	return ctx
}

func TestTokensOfClientWhoLeaves(t *testing.T) {
	for text, want := range map[string]int{password: 0, wrong: 1} {
		n := start(t)
		n.signUp("ada")
		ctx := n.leavesInTheHash()
		_, err := n.Login(ctx, "ada", text, stranger(1))
		wantError(t, err, context.Canceled)
		account, network := n.taken(ofUnknown, "ada", 1), n.taken(ofNetwork, "198.51.100.1/32", 5)
		if account != want || network != want {
			t.Errorf("%q took %d and %d tokens, want %d", text, account, network, want)
		}
		if _, sessions, _ := n.rows(); sessions != 1 {
			t.Errorf("%d sessions", sessions)
		}
	}
}

func TestNobodyIsLockedOutForGood(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	n.tryTenWrong("ada")
	for i := range 20 {
		for range 5 { // what is refused does not make the wait longer
			wantLimited(t, n.tryWrong("ada", stranger(20+i)), back)
		}
		n.clock.pass(back)
		wantError(t, n.tryWrong("ada", stranger(20+i)), auth.ErrInvalidCredentials)
	}
	n.clock.pass(15 * time.Minute)
	n.tryTenWrong("ada")
	n.clock.pass(back)
	must(n.Login(t.Context(), "ada", password, stranger(50)))(t)
}

func TestFullBucketsAreCleanedUp(t *testing.T) {
	n := start(t)
	n.sql(`WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 1100)
		INSERT INTO login_limits (bucket, full_at) SELECT 'old ' || n, '2020-01-01 00:00:00+00:00' FROM i`)
	n.tryTenWrong("ada")
	clean := func(want int) {
		t.Helper()
		if err := n.clean(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := n.limits(); got != want {
			t.Errorf("%d rows, want %d", got, want)
		}
	}
	clean(11) // one account, ten networks
	wantLimited(t, n.tryWrong("ada", stranger(11)), back)
	n.clock.pass(everywhere + time.Millisecond)
	clean(1)
	n.clock.pass(15*time.Minute - everywhere - time.Millisecond)
	clean(1) // full at this moment; it takes one more
	n.clock.pass(time.Millisecond)
	clean(0)
}

// People type passwords into name fields, and a list of names is a list of whom to attack.
func TestBucketsHideWhatWasTyped(t *testing.T) {
	n := start(t)
	for _, name := range []string{"ada", "my secret passphrase!"} {
		wantError(t, n.tryWrong(name, home), auth.ErrInvalidCredentials)
	}
	seen := map[string]bool{}
	for _, row := range must(n.store.Read.LoginLimit.Query().All(t.Context()))(t) {
		if len(row.ID) != 64 || strings.Trim(row.ID, "0123456789abcdef") != "" {
			t.Errorf("bucket %q", row.ID)
		}
		seen[row.ID] = true
	}
	before := []string{n.bucket(ofUnknown, "ada"), n.bucket(ofNoName, "my secret passphrase!"), n.bucket(ofNetwork, "192.0.2.7/32")}
	n.restart(n.store.Store, must(keys.Parse("v1"+example[2:]))(t))
	after := n.bucket(ofUnknown, "ada")
	if len(seen) != 3 || !seen[before[0]] || !seen[before[1]] || !seen[before[2]] || after == before[0] {
		t.Errorf("buckets are %v, want %v and not %s", seen, before, after)
	}
}
