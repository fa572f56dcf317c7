// Package issuers verifies tokens that another system has made of its own people. It rests on one idea: a token is judged by
// the entry of its issuer and by nothing else. That is found by the very text of `iss` before any key is looked at, and only
// its own keys can verify. Who somebody is, is the issuer and the subject; all else that a token says is shown at most. It knows no row.
//
// Lock: that of a keySet alone.
package issuers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/auth"
)

// An Issuer is an entry of PARLEY_ISSUERS: whose tokens are taken, and which of them.
type Issuer struct {
	Name     string   // iss, exactly
	Audience []string // aud holds one of these, and none that is not

	KeysURL string        // of the JWK Set: https, or http on loopback; empty: Secrets
	Secrets []auth.Secret // of HS256, each of at least 32 bytes; none: KeysURL

	Type            string         // a value of typ that is taken besides JWT and none; empty: no other
	Require         map[string]any // claims and their values: text, bool or json.Number; a claim that is a list holds it
	SessionLifetime time.Duration  // the absolute end of sessions that begin with such a token
	Claims          Claims
}

// Claims says which claims hold what is shown of somebody; empty: none does, and it is left as it is.
type Claims struct{ Username, Name, Image string }

// Defaults are those of an entry that says nothing else.
func Defaults() Issuer {
	return Issuer{SessionLifetime: 7 * 24 * time.Hour, Claims: Claims{Username: "preferred_username", Name: "name", Image: "picture"}}
}

// A Person is whom a good token is about.
type Person struct {
	Issuer, Subject string

	Username        string        // as the token has it; empty: it says none
	Name            string        // as the token has it; empty: it says none, and they may have given themselves one
	Image           Shown         // as the token has it
	SessionLifetime time.Duration // as the entry of the issuer has it
}

// Shown is what a token says of how somebody is shown.
type Shown struct {
	Follows bool   // false: it stays as it is, because the entry takes it from no claim
	Text    string // empty: none
}

// Options is what all issuers share.
type Options struct {
	Leeway  time.Duration    // PARLEY_LEEWAY: how far clocks may differ
	Now     func() time.Time // nil: time.Now
	OnError func(error)      // is told which keys could not be fetched; nil: nobody is
}

// Issuers are those whose tokens are taken. Safe for concurrent use.
type Issuers struct {
	byName map[string]*entry
	keys   []*keySet
	parser *jwt.Parser
	leeway time.Duration
	now    func() time.Time
}

type entry struct {
	Issuer
	methods []string // by which its tokens may be signed
	keys    *keySet  // nil: its secrets are the keys
	secrets jwt.VerificationKeySet
}

// New makes them of entries that Check has found good.
func New(entries []Issuer, o Options) *Issuers {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	all := &Issuers{byName: map[string]*entry{}, leeway: o.Leeway, now: o.Now, parser: newParser()}
	for _, one := range entries {
		e := &entry{Issuer: one, methods: byKeys}
		if one.KeysURL == "" {
			e.methods = bySecret
			for _, secret := range one.Secrets {
				e.secrets.Keys = append(e.secrets.Keys, []byte(secret))
			}
		} else {
			e.keys = newKeySet(one, o)
			all.keys = append(all.keys, e.keys)
		}
		all.byName[one.Name] = e
	}
	return all
}

// Fetch reads the keys of all issuers again, at once. What goes wrong is told to OnError.
func (s *Issuers) Fetch(ctx context.Context) error {
	var all sync.WaitGroup
	for _, keys := range s.keys {
		all.Go(func() { _ = keys.look(ctx, fetchTimeout, false) })
	}
	all.Wait()
	return nil
}

// Close ends what is being fetched, and waits until it has ended. Tokens are judged by the keys that are known from then on.
func (s *Issuers) Close() {
	for _, keys := range s.keys {
		keys.close()
	}
}

// The two refusals of a token that is not taken.
var (
	errInvalid error = &auth.ReasonError{Err: auth.ErrUnauthenticated, Reason: auth.ReasonInvalidToken}
	errExpired error = &auth.ReasonError{Err: auth.ErrUnauthenticated, Reason: auth.ReasonTokenExpired}
)

// A Refusal says of a token that was refused what is wrong with it, for whoever runs the server. Clients are told its Err.
type Refusal struct {
	Issuer string // an entry's; empty: the token names none
	Fault  string // what is wrong, in words of ours
	Err    error
}

func (r *Refusal) Error() string { return fmt.Sprintf("%v: %s", r.Err, r.Fault) }
func (r *Refusal) Unwrap() error { return r.Err }

// Verify returns whom a token is about. The error is a *Refusal: auth.ErrUnauthenticated, INVALID_TOKEN, or TOKEN_EXPIRED where
// nothing else is wrong; auth.ErrNoKeys: it names a key that is not known, and the keys of its issuer cannot be fetched.
func (s *Issuers) Verify(ctx context.Context, token string) (Person, error) {
	v := &verification{ctx: ctx, of: s}
	if !isShaped(token) {
		return Person{}, v.refuse("it has not the form of a token")
	}
	_, err := s.parser.ParseWithClaims(token, jwt.MapClaims{}, v.key)
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		return Person{}, refusal
	case v.keyed && err != nil:
		return Person{}, v.refuse("the signature is not that of its key")
	case err != nil:
		return Person{}, v.refuse("it cannot be read, or is signed in a way that is not taken")
	case v.expired:
		refusal := v.refuse("it has run out")
		refusal.Err = errExpired
		return Person{}, refusal
	}
	return v.person, nil
}
