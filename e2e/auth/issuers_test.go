package auth

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/auth/issuers/issuertest"
	"parley/e2e/harness"
)

const loginWithDocument = `mutation($t: String!) { loginWith(token: $t) { accessToken refreshToken user { id username name image isDisabled } } }`

const ensureDocument = `mutation($t: String!) { ensureUser(token: $t) { id username name image isDisabled } }`

// writeIssuers writes a file for PARLEY_ISSUERS.
func writeIssuers(t testing.TB, entries ...map[string]any) string {
	t.Helper()
	text, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "issuers.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// entryOf is the entry of an issuer, and more.
func entryOf(i *issuertest.Issuer, more map[string]any) map[string]any {
	entry := map[string]any{"issuer": i.URL, "audience": []string{issuertest.Audience}, "jwks_url": i.KeysURL()}
	for name, value := range more {
		entry[name] = value
	}
	return entry
}

type outsider struct {
	ID, Username, Name string
	Image              *string
	IsDisabled         bool
}

type outsiderSession struct {
	AccessToken, RefreshToken string
	User                      outsider
}

// loginWith signs in by a token of an issuer.
func loginWith(s *harness.Server, token string) outsiderSession {
	s.T.Helper()
	var data struct{ LoginWith outsiderSession }
	s.Must(&data, "", loginWithDocument, map[string]any{"t": token})
	return data.LoginWith
}

// withIssuer starts a server, in a process of its own, that takes the tokens of an issuer.
func withIssuer(t *testing.T, flags ...string) (*harness.Process, *issuertest.Issuer) {
	t.Helper()
	issuer := issuertest.New(t)
	flags = append(append(harness.NoLimits(), "--issuers", writeIssuers(t, entryOf(issuer, nil))), flags...)
	return harness.StartProcess(t, harness.DataDir(t), flags...), issuer
}

// wantToken wants a token to be refused for that reason.
func wantToken(t *testing.T, s *harness.Server, what, token, reason string) {
	t.Helper()
	a := s.AskThrough("", loginWithDocument, map[string]any{"t": token})
	if a.Code() != "UNAUTHENTICATED" || harness.WordOf(a, "reason") != reason || string(a.Data) != `{"loginWith":null}` {
		t.Errorf("%s: got %s, want UNAUTHENTICATED %s", what, a.Body, reason)
	}
}

// The first token about a subject makes a person and signs them in, also where nobody may register; the next one finds them, and what is
// shown of them follows. What it answers is a session like any other.
func TestLoginWith(t *testing.T) {
	issuer := issuertest.New(t)
	s := harness.New(t, "--registration=", "--issuers", writeIssuers(t, entryOf(issuer, nil)))
	first := loginWith(s, issuer.Token("1", map[string]any{"preferred_username": "ann@example.org", "name": "Ann", "picture": "https://example.org/a.png"}))
	if u := first.User; u.Username != "ann" || u.Name != "Ann" || u.Image == nil || *u.Image != "https://example.org/a.png" {
		t.Errorf("got %+v", u)
	}
	s.WantCode(first.AccessToken, "")
	tokens, a := s.Refresh(first.RefreshToken, "")
	if len(a.Errors) > 0 {
		t.Errorf("the pair is not refreshed: %s", a.Body)
	}
	s.WantCode(tokens.AccessToken, "")
	again := loginWith(s, issuer.Token("1", map[string]any{"preferred_username": "other", "name": "Anna"}))
	if u := again.User; u.ID != first.User.ID || u.Username != "ann" || u.Name != "Anna" || u.Image != nil {
		t.Errorf("got %+v", u)
	}
	if all, _ := s.SessionsOf(again.AccessToken); len(all) != 2 {
		t.Errorf("sessions: %v", all)
	}
	k := s.Dial(tokens.AccessToken)
	k.Expect("connection_ack")
	s.Must(nil, again.AccessToken, `mutation { logout(scope: ALL) }`)
	k.WantClose(4401)
	wantClosed(t, registerWith(s, "guest", nil))
	if line := `"msg":"who may register","registration":"closed","because":"PARLEY_ISSUERS`; !strings.Contains(s.Log.String(), line) {
		t.Errorf("the log has no %s", line)
	}
}

// Who may register is what is set, also beside issuers.
func TestRegistrationBesideIssuers(t *testing.T) {
	issuer := issuertest.New(t)
	s := harness.New(t, "--registration=open", "--issuers", writeIssuers(t, entryOf(issuer, nil)))
	if a := registerWith(s, "ann", nil); len(a.Errors) > 0 {
		t.Errorf("got %s", a.Body)
	}
	if u := loginWith(s, issuer.Token("1", map[string]any{"preferred_username": "ann"})).User; u.Username != "ann-2" {
		t.Errorf("got %+v", u)
	}
}

// Whatever is wrong with a token, nobody comes of it, and it is said whether it has run out and nothing else.
func TestTokensThatAreRefused(t *testing.T) {
	a, b := issuertest.New(t), issuertest.New(t)
	entry := entryOf(a, map[string]any{"require": map[string]any{"hd": "example.org"}})
	p := harness.StartProcess(t, harness.DataDir(t), append(harness.NoLimits(), "--issuers", writeIssuers(t, entry, entryOf(b, nil)))...)
	hd := map[string]any{"hd": "example.org"}
	with := func(more map[string]any) string {
		claims := maps.Clone(hd)
		maps.Copy(claims, more)
		return a.Token("1", claims)
	}
	own := loginWith(&p.Server, with(nil))
	now := time.Now().Unix()
	public := a.Key("rs").Private.(*rsa.PrivateKey).PublicKey
	der, err := x509.MarshalPKIXPublicKey(&public)
	if err != nil {
		t.Fatal(err)
	}
	for what, token := range map[string]string{
		"nothing": "", "no token": "a.b.c", "our own": own.AccessToken, "a refresh token": own.RefreshToken,
		"another audience":       with(map[string]any{"aud": "other"}),
		"two audiences":          with(map[string]any{"aud": []string{issuertest.Audience, "other"}}),
		"no exp":                 with(map[string]any{"exp": nil}),
		"exp in two days":        with(map[string]any{"exp": now + 2*24*3600}),
		"no subject":             with(map[string]any{"sub": nil}),
		"what is required":       with(map[string]any{"hd": "example.com"}),
		"another issuer":         with(map[string]any{"iss": "https://example.org"}),
		"events":                 with(map[string]any{"events": map[string]any{}}),
		"a logout token":         a.Key("rs").Sign(t, a.Claims("1", hd), map[string]any{"typ": "logout+jwt"}),
		"alg none":               (&issuertest.Key{Method: jwt.SigningMethodNone, Private: jwt.UnsafeAllowNoneSignatureType}).Sign(t, a.Claims("1", hd), nil),
		"the public key, HS256":  (&issuertest.Key{ID: "rs", Method: jwt.SigningMethodHS256, Private: der}).Sign(t, a.Claims("1", hd), nil),
		"b's key for a":          b.Key("rs").Sign(t, a.Claims("1", hd), nil),
		"old, and b's key for a": b.Key("rs").Sign(t, a.Claims("1", map[string]any{"hd": "example.org", "exp": now - 60}), nil),
	} {
		wantToken(t, &p.Server, what, token, "INVALID_TOKEN")
	}
	wantToken(t, &p.Server, "it has run out", with(map[string]any{"exp": now - 60}), "TOKEN_EXPIRED")
	if list := peopleOf(t, &p.Server); len(list) != 1 {
		t.Errorf("there are %v", list)
	}
}

// A server starts while an issuer is away. Who needs its keys is told to come again; those of others are let in, and those whose key is
// known go on when it goes away.
func TestIssuerThatIsAway(t *testing.T) {
	away, there := issuertest.New(t), issuertest.New(t)
	token := away.Token("1", nil)
	away.Stop()
	p := harness.StartProcess(t, harness.DataDir(t), append(harness.NoLimits(), "--issuers", writeIssuers(t, entryOf(away, nil), entryOf(there, nil)))...)
	a := p.Ask("", loginWithDocument, map[string]any{"t": token})
	if after, _ := a.Extension("retryAfterMs").(float64); a.Code() != "SERVER_BUSY" || !a.Retryable() || after < 1 {
		t.Errorf("got %s", a.Body)
	}
	first := loginWith(&p.Server, there.Token("1", nil))
	there.Stop()
	if again := loginWith(&p.Server, there.Token("1", nil)); again.User.ID != first.User.ID {
		t.Errorf("got %+v, was %+v", again, first)
	}
	harness.Eventually(t, "the log says which keys are missing", func() bool {
		return strings.Contains(p.Log.String(), "fetch the keys of "+away.URL)
	})
}

// However many tokens with keys that nobody knows come, the issuer is asked once in ten seconds, and others come in meanwhile.
func TestFloodOfUnknownKeys(t *testing.T) {
	p, issuer := withIssuer(t, "--login-rate", "0")
	begun := time.Now()
	loginWith(&p.Server, issuer.Token("1", nil))
	for i := range 100 {
		token := issuer.Key("rs").Sign(t, issuer.Claims("1", nil), map[string]any{"kid": fmt.Sprint("unknown", i)})
		wantToken(t, &p.Server, "an unknown key", token, "INVALID_TOKEN")
		if i%10 == 0 {
			loginWith(&p.Server, issuer.Token("1", nil))
		}
	}
	if n, most := issuer.Fetches.Load(), 2+int64(time.Since(begun)/(10*time.Second)); n > most {
		t.Errorf("%d fetches, want at most %d", n, most)
	}
}

// Whoever runs the server finds who somebody is to another system, and the other way round.
func TestShellShowsSubjects(t *testing.T) {
	issuer := issuertest.New(t)
	s := harness.New(t, "--issuers", writeIssuers(t, entryOf(issuer, nil)))
	who := loginWith(s, issuer.Token("00u1 \"x\"", map[string]any{"preferred_username": "ann"})).User
	list := mustShell(t, s.Dir, "", "user", "list")
	if !strings.HasPrefix(list, "ann  "+who.ID+"  ") || !strings.HasSuffix(list, `  "00u1 \"x\"" of `+issuer.URL+"\n") {
		t.Errorf("it shows %s", list)
	}
}
