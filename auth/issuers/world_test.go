package issuers

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/auth"
	"parley/auth/issuers/issuertest"
)

// timeout is how long a test waits for what must happen; it never decides what is right.
const timeout = 5 * time.Minute

// clock is the time of a test, which stands still.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is who takes tokens of an issuer.
type world struct {
	*Issuers
	t      testing.TB
	clock  *clock
	issuer *issuertest.Issuer
}

// start has the tokens of a new issuer taken; change changes its entry.
func start(t testing.TB, change ...func(*Issuer)) *world {
	t.Helper()
	issuer := issuertest.New(t)
	return startWith(t, issuer, entryOf(issuer, change...))
}

func startWith(t testing.TB, issuer *issuertest.Issuer, entries ...Issuer) *world {
	t.Helper()
	if err := Check(entries); err != nil {
		t.Fatal(err)
	}
	c := &clock{now: time.Now()}
	w := &world{t: t, clock: c, issuer: issuer, Issuers: New(entries, Options{Leeway: 5 * time.Second, Now: c.Now})}
	for _, keys := range w.keys {
		keys.wait = timeout
	}
	t.Cleanup(w.Close)
	return w
}

// entryOf is the entry of an issuer.
func entryOf(issuer *issuertest.Issuer, change ...func(*Issuer)) Issuer {
	entry := Defaults()
	entry.Name, entry.Audience, entry.KeysURL = issuer.URL, []string{issuertest.Audience, "parley-too"}, issuer.KeysURL()
	for _, f := range change {
		f(&entry)
	}
	return entry
}

// claims are those of a good token about ann by the clock of the test.
func (w *world) claims(more map[string]any) jwt.MapClaims {
	now := w.clock.Now().Unix()
	all := map[string]any{"iat": now, "exp": now + 600}
	for name, value := range more {
		all[name] = value
	}
	return w.issuer.Claims("ann", all)
}

// token is a token with these claims, by the key rs.
func (w *world) token(more map[string]any) string {
	w.t.Helper()
	return w.issuer.Key("rs").Sign(w.t, w.claims(more), nil)
}

func (w *world) wantTaken(token string) Person {
	w.t.Helper()
	p, err := w.Verify(w.t.Context(), token)
	if err != nil {
		w.t.Fatalf("it is refused: %v", err)
	}
	return p
}

// wantRefused wants a token to be refused with a reason, for that fault.
func (w *world) wantRefused(what, token, reason, fault string) {
	w.t.Helper()
	p, err := w.Verify(w.t.Context(), token)
	var why *Refusal
	var shown *auth.ReasonError
	switch {
	case err == nil:
		w.t.Errorf("%s: it is taken: %#v", what, p)
	case p != (Person{}):
		w.t.Errorf("%s: a person comes with the error: %+v", what, p)
	case !errors.As(err, &why), !errors.As(err, &shown), !errors.Is(err, auth.ErrUnauthenticated), shown.Reason != reason, why.Fault != fault:
		w.t.Errorf("%s: got %v, want %s: %s", what, err, reason, fault)
	}
}

func (w *world) wantInvalid(what, token, fault string) {
	w.t.Helper()
	w.wantRefused(what, token, "INVALID_TOKEN", fault)
}

func (w *world) wantNoKeys(what, token string) {
	w.t.Helper()
	if _, err := w.Verify(w.t.Context(), token); !errors.Is(err, auth.ErrNoKeys) {
		w.t.Errorf("%s: got %v, want %v", what, err, auth.ErrNoKeys)
	}
}
