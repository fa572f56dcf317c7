package issuers

import (
	"crypto/elliptic"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"parley/auth/issuers/issuertest"
)

// Keys that cannot verify a signature are skipped, and so are those that cannot be read; the others are good.
func TestKeysThatAreSkipped(t *testing.T) {
	w := start(t)
	good := issuertest.NewEC("good", elliptic.P256())
	list := func(key *issuertest.Key) []byte { return issuertest.Set(key, good) }
	for what, c := range map[string]struct {
		key     *issuertest.Key
		members map[string]any
	}{
		"a secret":            {key: &issuertest.Key{ID: "odd", Method: issuertest.Secret("").Method, Private: []byte(strings.Repeat("s", 32))}},
		"for encryption":      {key: issuertest.NewRSA("odd", 2048), members: map[string]any{"use": "enc"}},
		"for no verification": {key: issuertest.NewRSA("odd", 2048), members: map[string]any{"key_ops": []string{"encrypt"}}},
		"1024 bits":           {key: issuertest.NewRSA("odd", 1024)},
		"of RS512":            {key: issuertest.NewRSA("odd", 2048), members: map[string]any{"alg": "RS512"}},
		"of HS256":            {key: issuertest.NewRSA("odd", 2048), members: map[string]any{"alg": "HS256"}},
		"P-384":               {key: issuertest.NewEC("odd", elliptic.P384())},
		"X25519":              {key: issuertest.NewEd("odd"), members: map[string]any{"crv": "X25519"}},
		"of no kind":          {key: issuertest.NewEd("odd"), members: map[string]any{"kty": "AKP"}},
		"without a kind":      {key: issuertest.NewEd("odd"), members: map[string]any{"kty": nil}},
		"half a point":        {key: issuertest.NewEC("odd", elliptic.P256()), members: map[string]any{"y": nil}},
		"no point":            {key: issuertest.NewEC("odd", elliptic.P256()), members: map[string]any{"x": "AAAA"}},
		"no base64":           {key: issuertest.NewRSA("odd", 2048), members: map[string]any{"n": "***"}},
		"an id of no text":    {key: issuertest.NewRSA("odd", 2048), members: map[string]any{"kid": 7}},
	} {
		w.issuer.Serve(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(list(c.key.With(c.members))) })
		w.clock.pass(fetchEvery)
		w.wantTaken(good.Sign(t, w.claims(nil), nil))
		fault := faultKey
		switch what {
		case "a secret":
			fault = faultMethod
		case "P-384":
			fault = faultWay
		}
		w.wantInvalid(what, c.key.Sign(t, w.claims(nil), nil), fault)
		good = issuertest.NewEC(what, elliptic.P256()) // so that the next set is fetched
	}
}

// What says of itself which signatures it is for is good for no others.
func TestKeySaysItsMethod(t *testing.T) {
	w := start(t)
	rs := w.issuer.Key("rs")
	w.issuer.SetKeys(rs.With(map[string]any{"alg": "PS256", "key_ops": []string{"verify"}, "use": nil}))
	ps := rs.As(jwt.SigningMethodPS256)
	w.wantInvalid("RS256", rs.Sign(t, w.claims(nil), nil), faultKey)
	w.wantTaken(ps.Sign(t, w.claims(nil), nil))
	w.wantInvalid("RS256, and no key is named", rs.Sign(t, w.claims(nil), map[string]any{"kid": nil}), faultKey)
	w.wantTaken(ps.Sign(t, w.claims(nil), map[string]any{"kid": nil}))
}

// A token that names no key is taken where there is exactly one, also if that has no name.
func TestTheOneKeyNeedsNoName(t *testing.T) {
	for what, members := range map[string]map[string]any{"named": nil, "without a name": {"kid": nil}} {
		t.Run(what, func(t *testing.T) {
			w := start(t)
			rs := w.issuer.Key("rs")
			w.issuer.SetKeys(rs.With(members))
			w.wantTaken(rs.Sign(t, w.claims(nil), map[string]any{"kid": nil}))
		})
	}
}

// Sets that are none leave nothing behind, and what was known stays.
func TestSetsThatAreRefused(t *testing.T) {
	many := make([]*issuertest.Key, 33)
	for i := range many {
		many[i] = issuertest.NewEC(fmt.Sprint(i), elliptic.P256())
	}
	write := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
	}
	for what, serve := range map[string]http.HandlerFunc{
		"nothing":        write(""),
		"no JSON":        write("<html>"),
		"null":           write("null"),
		"a list":         write("[]"),
		"no keys":        write("{}"),
		"keys of null":   write(`{"keys":null}`),
		"keys of text":   write(`{"keys":"none"}`),
		"33 keys":        write(string(issuertest.Set(many...))),
		"huge":           write(`{"keys":[],"x":"` + strings.Repeat("x", 256<<10) + `"}`),
		"a fault":        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"nothing at all": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"created":        func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) },
		"large headers": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", maxHeader))
			_, _ = w.Write(issuertest.Set())
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := start(t)
			known := w.issuer.Key("rs")
			w.issuer.Serve(serve)
			w.wantNoKeys("at first", known.Sign(t, w.claims(nil), nil))
			w.issuer.SetKeys(known)
			w.clock.pass(fetchEvery)
			w.wantTaken(known.Sign(t, w.claims(nil), nil))
			w.issuer.Serve(serve)
			w.clock.pass(fetchEvery)
			w.wantNoKeys("then, of an unknown key", many[0].Sign(t, w.claims(nil), nil))
			w.wantTaken(known.Sign(t, w.claims(nil), nil))
			if n := w.issuer.Fetches.Load(); n != 3 {
				t.Errorf("%d fetches, want 3", n)
			}
		})
	}
	if _, err := parseKeys(issuertest.Set(many[:32]...)); err != nil {
		t.Errorf("32 keys are refused: %v", err)
	}
}

// An issuer that has taken all its keys back has none: they are good for nothing from the next fetch on.
func TestEmptySet(t *testing.T) {
	w := start(t)
	token := w.token(nil)
	w.wantTaken(token)
	w.issuer.SetKeys()
	w.clock.pass(fetchEvery)
	if err := w.Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.wantInvalid("its key was taken back", token, faultKey)
}

// Whoever follows the issuer to another address would take keys of whoever that belongs to.
func TestRedirectsAreNotFollowed(t *testing.T) {
	w, other := start(t), issuertest.New(t)
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		w.issuer.Serve(func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, other.KeysURL(), status) })
		w.clock.pass(fetchEvery)
		w.wantNoKeys(fmt.Sprint(status), other.Key("rs").Sign(t, w.claims(nil), nil))
	}
	if n := other.Fetches.Load(); n != 0 {
		t.Errorf("it was followed %d times", n)
	}
}

// A proxy of the environment would stand between us and the issuer.
func TestNoProxyOfTheEnvironment(t *testing.T) {
	transport, is := newClient().Transport.(*http.Transport)
	if !is || transport.Proxy != nil {
		t.Error("it asks a proxy")
	}
}
