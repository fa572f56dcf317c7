package accounts

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"parley/auth"
	"parley/limit"
)

func TestRatesThatCannotBe(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"PARLEY_LOGIN_ATTEMPTS": func(o *Options) { o.LoginAttempts.Per = 0 },
		"PARLEY_LOGIN_RATE":     func(o *Options) { o.LoginRate.Per = 0 },
		"PARLEY_REGISTER_RATE":  func(o *Options) { o.RegisterRate.Per = 0 },
		"PARLEY_MUTATION_RATE":  func(o *Options) { o.ChangeRate.Per = 0 },
	} {
		o := Defaults()
		change(&o)
		if err := o.check(); err == nil || err.Error() != name+": want so many calls in at least 1ms, such as 10/15m; 0 switches it off" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRegisterIsLimitedByNetwork(t *testing.T) {
	n := start(t, func(o *Options) { o.RegisterRate = limit.Rate{Calls: 3, Per: time.Minute} })
	register := func(name, address string) error {
		ip, _ := netip.ParseAddr(address)
		_, err := n.Register(t.Context(), name, password, auth.Client{Address: ip})
		return err
	}
	wantError(t, register("ada", "2001:db8::1"), nil)
	wantError(t, register("ada", "2001:db8::2"), auth.ErrUsernameTaken) // each call counts
	wantInvalid(t, register("a", "2001:db8::ffff"), "username", "TOO_SHORT")
	wantLimited(t, register("bob", "2001:db8:0:0:ffff::"), 20*time.Second)
	wantError(t, register("bob", "2001:db8:0:1::1"), nil)
	for i := range 3 { // unknown addresses are one network
		wantInvalid(t, register(fmt.Sprint(i), ""), "username", "TOO_SHORT")
	}
	wantLimited(t, register("bob", ""), 20*time.Second)
	n.clock.pass(20 * time.Second)
	wantError(t, register("eve", "2001:db8::9"), nil)
	wantLimited(t, register("dan", "2001:db8::1"), 20*time.Second)
	if users, _, _ := n.rows(); users != 3 {
		t.Errorf("%d users", users)
	}
}
