package issuers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/auth/issuers/issuertest"
)

// A key that is new is found by the first token that names it.
func TestNewKeyIsFound(t *testing.T) {
	w := start(t)
	w.wantTaken(w.token(nil))
	fresh := issuertest.NewEd("fresh")
	w.issuer.SetKeys(fresh)
	w.clock.pass(fetchEvery)
	w.wantTaken(fresh.Sign(t, w.claims(nil), nil))
}

// The rounds in which keys are fetched do not keep a token from having them fetched, so that it is taken right after its key was made.
func TestRoundsHoldNoTokenBack(t *testing.T) {
	w := start(t)
	if err := w.Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"fresh", "fresher"} {
		fresh := issuertest.NewEd(id)
		w.issuer.SetKeys(fresh)
		w.wantTaken(fresh.Sign(t, w.claims(nil), nil))
		w.clock.pass(fetchEvery)
		if err := w.Fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// However many tokens name keys that are not known, the issuer is asked once in ten seconds, and what is known is judged without it.
func TestUnknownKeysFetchSeldom(t *testing.T) {
	w := start(t)
	w.wantTaken(w.token(nil))
	ids := 0
	flood := func() {
		var all sync.WaitGroup
		for range 20 {
			ids++
			token := w.issuer.Key("rs").Sign(t, w.claims(nil), map[string]any{"kid": fmt.Sprint("unknown", ids)})
			all.Go(func() { w.wantInvalid("an unknown key", token, faultKey) })
		}
		all.Wait()
		w.wantTaken(w.token(nil))
	}
	for range 5 {
		flood()
		w.clock.pass(fetchEvery / 5)
	}
	if n := w.issuer.Fetches.Load(); n != 1 {
		t.Errorf("%d fetches within ten seconds, want one", n)
	}
	flood()
	if n := w.issuer.Fetches.Load(); n != 2 {
		t.Errorf("%d fetches behind them, want two", n)
	}
	w.clock.pass(-time.Hour) // a clock that is set back must not stop it
	flood()
	if n := w.issuer.Fetches.Load(); n != 3 {
		t.Errorf("%d fetches after the clock was set back, want three", n)
	}
}

// What is wrong anyway makes nobody fetch.
func TestJunkFetchesNothing(t *testing.T) {
	w := start(t)
	unknown := map[string]any{"kid": "unknown"}
	for what, claims := range map[string]map[string]any{
		"another audience": {"aud": "other"}, "no exp": {"exp": nil}, "no subject": {"sub": nil}, "of events": {"events": map[string]any{}}, "another issuer": {"iss": "other"},
	} {
		if _, err := w.Verify(t.Context(), w.issuer.Key("rs").Sign(t, w.claims(claims), unknown)); err == nil {
			t.Errorf("%s: it is taken", what)
		}
	}
	if n := w.issuer.Fetches.Load(); n != 0 {
		t.Errorf("%d fetches, want none", n)
	}
}

// The issuer may be away, at the start and later: what is known is good, and what is not is told from a wrong key.
func TestIssuerIsAway(t *testing.T) {
	w := start(t)
	good := w.token(nil)
	w.issuer.Stop()
	w.wantNoKeys("nothing is known", good)
	w.wantNoKeys("within the ten seconds", good)
	if err := w.Fetch(t.Context()); err != nil {
		t.Errorf("that is no error of ours: %v", err)
	}

	back := issuertest.New(t)
	w = startWith(t, back, entryOf(back))
	good = w.token(nil)
	w.wantTaken(good)
	back.Stop()
	w.clock.pass(time.Minute)
	w.wantNoKeys("an unknown key", issuertest.NewRSA("unknown", 2048).Sign(t, w.claims(nil), nil))
	w.wantTaken(w.issuer.Key("rs").Sign(t, w.claims(nil), nil))
}

// Whoever waits for the keys of an issuer that answers slowly waits for two seconds, others not at all, and a client that hangs up not
// even that. What is fetched is there for who comes later.
func TestSlowIssuer(t *testing.T) {
	w := start(t)
	release, asked := make(chan struct{}), make(chan struct{}, 1)
	known := w.issuer.Key("rs")
	w.issuer.Serve(func(rw http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		<-release
		_, _ = rw.Write(issuertest.Set(known))
	})
	token := known.Sign(t, w.claims(nil), nil)
	ctx, hangUp := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := w.Verify(ctx, token)
		left <- err
	}()
	<-asked
	hangUp()
	if err := <-left; err == nil {
		t.Error("who hung up is let in")
	}
	w.keys[0].wait = 0
	w.wantNoKeys("it has not answered", token)
	w.keys[0].wait = timeout
	close(release) // the fetch goes on although whoever began it has left
	w.wantTaken(token)
	if n := w.issuer.Fetches.Load(); n != 1 {
		t.Errorf("%d fetches, want one", n)
	}
}

// The bounds of time, without waiting for them: two seconds for whoever asks, five for the fetch.
func TestTimesOfAFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeySet(Issuer{Name: "slow", KeysURL: "http://127.0.0.1:1/"}, Options{Now: time.Now, OnError: func(error) {}})
		k.client = &http.Client{Transport: stalled{}}
		begun := time.Now()
		if err := k.look(t.Context(), k.wait, true); err == nil || time.Since(begun) != fetchWait {
			t.Errorf("it waited %v: %v", time.Since(begun), err)
		}
		if err := k.look(t.Context(), time.Hour, true); err == nil || time.Since(begun) != fetchTimeout {
			t.Errorf("the fetch took %v: %v", time.Since(begun), err)
		}
		k.close()
	})
}

// stalled answers when its request ends.
type stalled struct{}

func (stalled) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// A server that stops waits for what it fetches, which ends at once; nothing is fetched behind that.
func TestClose(t *testing.T) {
	w := start(t)
	asked := make(chan struct{}, 1)
	w.issuer.Serve(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	})
	token := w.token(nil)
	go func() { _, _ = w.Verify(t.Context(), token) }()
	<-asked
	w.Close()
	w.clock.pass(time.Hour)
	w.wantNoKeys("after the end", token)
	if n := w.issuer.Fetches.Load(); n != 1 {
		t.Errorf("%d fetches, want one", n)
	}
}

// What was wrong with a fetch is told, with the issuer and without what it said.
func TestFaultsAreTold(t *testing.T) {
	issuer := issuertest.New(t)
	told := make(chan error, 10)
	entry := entryOf(issuer)
	entry.KeysURL += "?code=secret"
	all := New([]Issuer{entry}, Options{OnError: func(err error) { told <- err }})
	t.Cleanup(all.Close)
	issuer.Serve(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_ = json.NewEncoder(w).Encode("a secret")
	})
	_ = all.Fetch(t.Context())
	want := "fetch the keys of " + issuer.URL + ": status 418"
	if err := <-told; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	issuer.SetKeys()
	_ = all.Fetch(t.Context())
	want = "the keys of " + issuer.URL + ": there is none that can verify its tokens, which are refused"
	if err := <-told; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	away := entryOf(issuer, func(i *Issuer) { i.KeysURL += "?key=secret" })
	issuer.Stop()
	all = New([]Issuer{away}, Options{OnError: func(err error) { told <- err }})
	t.Cleanup(all.Close)
	_ = all.Fetch(t.Context())
	if err := <-told; !strings.Contains(err.Error(), "refused") || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %q", err)
	}
}
