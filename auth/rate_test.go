package auth

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func TestRateTakesPlaces(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	after := func(d time.Duration) time.Time { return now.Add(d) }
	const min15 = 15 * time.Minute
	for _, c := range []struct {
		rate       Rate
		full, want time.Time
		wait       time.Duration
	}{
		{Rate{10, min15}, time.Time{}, after(90 * time.Second), 0},                    // never used
		{Rate{10, min15}, after(-time.Hour), after(90 * time.Second), 0},              // full for long
		{Rate{10, min15}, after(time.Second), after(91 * time.Second), 0},             // one is coming back
		{Rate{10, min15}, after(min15 - 90*time.Second), after(min15), 0},             // the last one
		{Rate{10, min15}, after(min15 - 89*time.Second), time.Time{}, time.Second},    // a second too early
		{Rate{10, min15}, after(min15), time.Time{}, 90 * time.Second},                // none
		{Rate{10, min15}, after(min15 + time.Minute), time.Time{}, 90 * time.Second},  // a clock that was a little ahead
		{Rate{10, min15}, after(min15 + time.Minute + 1), after(90 * time.Second), 0}, // far ahead
		{Rate{10, min15}, after(10 * 365 * 24 * time.Hour), after(90 * time.Second), 0},
		{Rate{1, time.Second}, now, after(time.Second), 0},
		{Rate{1, time.Second}, after(time.Millisecond), time.Time{}, time.Millisecond},
		{Rate{3, time.Second}, after(666 * time.Millisecond), after(999 * time.Millisecond), 0}, // whole milliseconds
		{Rate{3, time.Second}, after(667 * time.Millisecond), time.Time{}, time.Millisecond},
		{Rate{5000, time.Second}, now, after(time.Millisecond), 0}, // nothing is finer
	} {
		next, wait := c.rate.take(c.full, now)
		if wait != c.wait || wait == 0 && !next.Equal(c.want) {
			t.Errorf("%v, full after %v: %v, %v", c.rate, c.full.Sub(now), next.Sub(now), wait)
		}
	}
}

func TestRateSettings(t *testing.T) {
	for rate, good := range map[Rate]bool{
		{}:                      true,
		{0, time.Minute}:        true,
		{1, time.Millisecond}:   true,
		{1, time.Microsecond}:   false,
		{1, 0}:                  false,
		{-1, time.Minute}:       false,
		{10, -15 * time.Minute}: false,
	} {
		if err := rate.check("PARLEY_X"); (err == nil) != good {
			t.Errorf("%v: %v", rate, err)
		}
		for name, change := range map[string]func(*Options){
			"PARLEY_LOGIN_ATTEMPTS": func(o *Options) { o.LoginAttempts = rate },
			"PARLEY_LOGIN_RATE":     func(o *Options) { o.LoginRate = rate },
			"PARLEY_REGISTER_RATE":  func(o *Options) { o.RegisterRate = rate },
		} {
			o := Defaults()
			change(&o)
			if err := o.check(); (err == nil) != good {
				t.Errorf("%s %v: %v", name, rate, err)
			}
		}
	}
}

func TestLimiter(t *testing.T) {
	c := &clock{now: time.Date(2030, 1, 2, 3, 4, 5, 678_900_000, time.UTC)}
	l := newLimiter(Rate{Calls: 2, Per: time.Minute}, c.Now)
	for range 3 {
		wantError(t, l.take("a"), nil)
		wantError(t, l.take("a"), nil)
		wantLimited(t, l.take("a"), 30*time.Second)
		wantError(t, l.take("b"), nil) // by key
		c.pass(20 * time.Second)
		wantLimited(t, l.take("a"), 10*time.Second) // and what is refused costs nothing
		c.pass(10 * time.Second)
		wantError(t, l.take("a"), nil)
		wantLimited(t, l.take("a"), 30*time.Second)
		c.pass(time.Minute)
	}
	wantError(t, l.take("a"), nil)
	wantError(t, l.look("a"), nil)
	wantError(t, l.look("a"), nil) // counts nothing
	wantError(t, l.take("a"), nil)
	wantLimited(t, l.look("a"), 30*time.Second)
	none := newLimiter(Rate{}, c.Now)
	for range 1000 {
		wantError(t, none.take("a"), nil)
	}
	if len(none.full) != 0 {
		t.Error("a rate that is off keeps keys")
	}
}

func TestLimiterIsExactAtOnce(t *testing.T) {
	l := newLimiter(Rate{Calls: 20, Per: time.Minute}, (&clock{}).Now)
	got := count(atOnce(t, 100, func(int) string { return fmt.Sprint(l.take("a")) }))
	if got["<nil>"] != 20 {
		t.Errorf("got %v", got)
	}
}

// Who calls from ever new networks fills the map; what is full again leaves it.
func TestLimiterForgets(t *testing.T) {
	c := &clock{now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	l := newLimiter(Rate{Calls: 1, Per: time.Minute}, c.Now)
	take := func(from, to int) {
		for i := from; i < to; i++ {
			wantError(t, l.take(fmt.Sprint(i)), nil)
		}
	}
	take(0, smallestSweep)
	c.pass(time.Minute - time.Millisecond)
	take(smallestSweep, smallestSweep+1) // sweeps, and each key is still needed
	if len(l.full) != smallestSweep+1 {
		t.Errorf("%d keys", len(l.full))
	}
	wantLimited(t, l.take("7"), time.Millisecond)
	c.pass(time.Millisecond)
	take(smallestSweep+1, 2*smallestSweep)
	if len(l.full) != 2*smallestSweep {
		t.Errorf("%d keys: it sweeps before it has doubled", len(l.full))
	}
	take(0, 1) // a full one; it fits
	take(2*smallestSweep, 2*smallestSweep+1)
	if len(l.full) != smallestSweep+2 {
		t.Errorf("%d keys are left", len(l.full))
	}
}

func TestRegisterIsLimitedByNetwork(t *testing.T) {
	n := start(t, func(o *Options) { o.RegisterRate = Rate{Calls: 3, Per: time.Minute} })
	register := func(name, address string) error {
		ip, _ := netip.ParseAddr(address)
		_, err := n.Register(t.Context(), name, password, Client{Address: ip})
		return err
	}
	wantError(t, register("ada", "2001:db8::1"), nil)
	wantError(t, register("ada", "2001:db8::2"), ErrUsernameTaken) // each call counts
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

func TestRateErrorSaysWhen(t *testing.T) {
	err := fmt.Errorf("login: %w", &RateError{RetryAfter: 90 * time.Second})
	var fast *RateError
	if !errors.As(err, &fast) || err.Error() != "login: too fast; again in 1m30s" {
		t.Errorf("got %v", err)
	}
}
