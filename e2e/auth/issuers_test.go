package auth

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

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

// The first token about a subject makes a person and signs them in, also where nobody may register; the next one finds them, and what is
// shown of them follows.
func TestLoginWith(t *testing.T) {
	issuer := issuertest.New(t)
	s := harness.New(t, "--registration=", "--issuers", writeIssuers(t, entryOf(issuer, nil)))
	first := loginWith(s, issuer.Token("1", map[string]any{"preferred_username": "ann@example.org", "name": "Ann", "picture": "https://example.org/a.png"}))
	if u := first.User; u.Username != "ann" || u.Name != "Ann" || u.Image == nil || *u.Image != "https://example.org/a.png" {
		t.Errorf("got %+v", u)
	}
	s.WantCode(first.AccessToken, "")
	if tokens, a := s.Refresh(first.RefreshToken, ""); len(a.Errors) > 0 {
		t.Errorf("the pair is not refreshed: %s", a.Body)
	} else {
		s.WantCode(tokens.AccessToken, "")
	}
	again := loginWith(s, issuer.Token("1", map[string]any{"preferred_username": "other", "name": "Anna"}))
	if u := again.User; u.ID != first.User.ID || u.Username != "ann" || u.Name != "Anna" || u.Image != nil {
		t.Errorf("got %+v", u)
	}
	wantClosed(t, registerWith(s, "guest", nil))
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
