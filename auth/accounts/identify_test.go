package accounts

import (
	"errors"
	"testing"
	"time"

	"parley/auth"
)

func TestAuthorizationHeader(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	good := in.AccessToken
	for _, c := range []struct {
		name   string
		header []string
		want   error
	}{
		{"plain", []string{"Bearer " + good}, nil},
		{"lower case", []string{"bearer " + good}, nil},
		{"upper case, two spaces", []string{"BEARER  " + good}, nil},
		{"nothing", nil, auth.ErrNoToken},
		{"empty", []string{""}, auth.ErrNoToken},
		{"scheme alone", []string{"Bearer"}, auth.ErrNoToken},
		{"scheme and space", []string{"Bearer "}, auth.ErrNoToken},
		{"two headers", []string{"Bearer " + good, "Bearer " + good}, auth.ErrUnauthenticated},
		{"another scheme", []string{"Basic " + good}, auth.ErrUnauthenticated},
		{"no scheme", []string{good}, auth.ErrUnauthenticated},
		{"more parts", []string{"Bearer " + good + " x"}, auth.ErrUnauthenticated},
		{"tab", []string{"Bearer\t" + good}, auth.ErrUnauthenticated},
		{"junk", []string{"Bearer junk"}, auth.ErrUnauthenticated},
	} {
		id, _, err := n.Identify(t.Context(), c.header)
		if !errors.Is(err, c.want) || c.want != nil && errors.Is(err, auth.ErrNoToken) != errors.Is(c.want, auth.ErrNoToken) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil && (*id.User != *in.User || id.SessionID != n.session(good).ID) {
			t.Errorf("%s: %+v", c.name, id)
		}
	}
}

func TestCheckAgain(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	id := n.wantLive(in.AccessToken)
	if err := n.Check(t.Context(), id); err != nil {
		t.Error(err)
	}
	n.logout(auth.LogoutCurrent, in.AccessToken)
	wantReason(t, n.Check(t.Context(), id), auth.ErrSessionRevoked, auth.ReasonLogout)
	wantError(t, n.Check(t.Context(), auth.Identity{}), auth.ErrUnauthenticated)
}

func TestOptionsThatCannotBe(t *testing.T) {
	n := start(t)
	for setting, change := range map[string]func(*Options){
		"PARLEY_ACCESS_TOKEN_LIFETIME: 0s":                 func(o *Options) { o.AccessTokenLifetime = 0 },
		"PARLEY_ACCESS_TOKEN_LIFETIME: 2161h0m0s is above": func(o *Options) { o.AccessTokenLifetime = o.RefreshTokenLifetime + time.Hour },
		"PARLEY_REFRESH_TOKEN_LIFETIME: -1s":               func(o *Options) { o.RefreshTokenLifetime = -time.Second },
		"PARLEY_LEEWAY: 1m0.001s":                          func(o *Options) { o.Leeway = time.Minute + time.Millisecond },
		"PARLEY_LEEWAY: -1ns":                              func(o *Options) { o.Leeway = -1 },
		"PARLEY_REFRESH_REUSE_WINDOW: -1ns":                func(o *Options) { o.ReuseWindow = -1 },
		"PARLEY_REFRESH_RETRY_WINDOW: -1ns":                func(o *Options) { o.RetryWindow = -1 },
		"PARLEY_SESSION_LIFETIME: -1s":                     func(o *Options) { o.SessionLifetime = -time.Second },
		"PARLEY_HASH_PARALLEL: 0":                          func(o *Options) { o.Hash.Parallel = 0 },
		"PARLEY_HASH_PARALLEL: 1000000":                    func(o *Options) { o.Hash.Parallel = 1_000_000 },
		"PARLEY_HASH_QUEUE: 0":                             func(o *Options) { o.Hash.Queue = 0 },
	} {
		o := Defaults()
		o.Hash.Cost = cheap
		change(&o)
		_, err := New(n.store.Store, n.ring, o)
		if err == nil || len(err.Error()) < len(setting) || err.Error()[:len(setting)] != setting {
			t.Errorf("got %v, want %s", err, setting)
		}
	}
	o := Defaults()
	o.Hash.Cost, o.Leeway, o.ReuseWindow, o.RetryWindow = cheap, 0, 0, 0
	must(New(n.store.Store, n.ring, o))(t)
}
