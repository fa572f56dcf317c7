package auth

import (
	"strings"
	"sync"
	"testing"
	"time"

	"parley/e2e/harness"
)

// renewed is what a refresh returns, with its times.
type renewed struct {
	AccessToken, RefreshToken                   string
	AccessTokenExpiresAt, RefreshTokenExpiresAt time.Time
}

const renewDocument = `mutation($t: String) { refreshToken(token: $t) { accessToken refreshToken accessTokenExpiresAt refreshTokenExpiresAt } }`

// renew refreshes, which succeeds.
func renew(s *harness.Server, token string) renewed {
	s.T.Helper()
	var data struct{ RefreshToken renewed }
	s.Must(&data, "", renewDocument, map[string]any{"t": token})
	return data.RefreshToken
}

// renewAtOnce refreshes with one token fifty times at once, each of which succeeds.
func renewAtOnce(s *harness.Server, token string) []renewed {
	s.T.Helper()
	answers := make([]harness.Answer, 50)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = s.AskThrough("", renewDocument, map[string]any{"t": token}) })
	}
	wg.Wait()
	all := make([]renewed, len(answers))
	for i, a := range answers {
		var data struct{ RefreshToken renewed }
		if len(a.Errors) > 0 {
			s.T.Fatal(a.Body)
		}
		s.Decode(a, &data)
		all[i] = data.RefreshToken
	}
	return all
}

// Without rotation there is one refresh token to the end of the session, which a logout is; and each
// refresh gives an access token that works. The start warns of it.
func TestWithoutRotation(t *testing.T) {
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir, "--rotate-refresh-tokens=false"))
	if log := s.Log.String(); !strings.Contains(log, "PARLEY_ROTATE_REFRESH_TOKENS") || !strings.Contains(log, "WARN") {
		t.Errorf("no warning in %s", log)
	}
	_, token := s.Register("ann")
	first := renew(s, token)
	for renew(s, token).AccessTokenExpiresAt.Equal(first.AccessTokenExpiresAt) { // until a later end would show
	}
	for _, r := range renewAtOnce(s, token) {
		if r.RefreshToken != token || !r.RefreshTokenExpiresAt.Equal(first.RefreshTokenExpiresAt) {
			t.Errorf("got %v, want the end of %v", r, first)
		}
		s.WantCode(r.AccessToken, "")
	}
	r := renew(s, token)
	if all, _ := s.SessionsOf(r.AccessToken); len(all) != 1 {
		t.Errorf("the sessions are %v", all)
	}
	other := s.SignIn("ann", "correct horse battery")
	s.Must(nil, r.AccessToken, `mutation { logout }`)
	s.WantCode(r.AccessToken, "SESSION_REVOKED")
	if _, a := s.Refresh(token, ""); a.Code() != "SESSION_REVOKED" || harness.WordOf(a, "reason") != "LOGOUT" {
		t.Errorf("after the logout: %s", a.Body)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s = harness.Start(t, harness.Config(t, dir)) // rotating from now on, the token is used up by its next use
	if log := s.Log.String(); strings.Contains(log, "PARLEY_ROTATE_REFRESH_TOKENS") {
		t.Errorf("a warning in %s", log)
	}
	next := renew(s, other.RefreshToken)
	if _, a := s.Refresh(other.RefreshToken, ""); next.RefreshToken == other.RefreshToken || a.Code() != "REFRESH_TOKEN_ROTATED" {
		t.Errorf("after the restart: %s", a.Body)
	}
}

// Without a blacklist old and new are good side by side. Once there is one, the first token that is used
// is the last that may be: its siblings end the session.
func TestWithoutBlacklist(t *testing.T) {
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir, "--blacklist-after-rotation=false"))
	if log := s.Log.String(); !strings.Contains(log, "PARLEY_BLACKLIST_AFTER_ROTATION") || !strings.Contains(log, "WARN") {
		t.Errorf("no warning in %s", log)
	}
	_, token := s.Register("ann")
	all := renewAtOnce(s, token)
	different := map[string]bool{token: true}
	for _, r := range all {
		different[r.RefreshToken] = true
		s.WantCode(r.AccessToken, "")
	}
	if len(different) != 51 {
		t.Errorf("%d different tokens", len(different))
	}
	for token := range different {
		renew(s, token)
	}
	if sessions, _ := s.SessionsOf(all[0].AccessToken); len(sessions) != 1 {
		t.Errorf("the sessions are %v", sessions)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s = harness.Start(t, harness.Config(t, dir))
	if log := s.Log.String(); strings.Contains(log, "PARLEY_BLACKLIST_AFTER_ROTATION") {
		t.Errorf("a warning in %s", log)
	}
	next := renew(s, all[7].RefreshToken)
	s.WantCode(next.AccessToken, "")
	if _, a := s.Refresh(all[8].RefreshToken, ""); a.Code() != "SESSION_REVOKED" || harness.WordOf(a, "reason") != "TOKEN_REUSED" {
		t.Errorf("its sibling: %s", a.Body)
	}
	s.WantCode(next.AccessToken, "SESSION_REVOKED")
}

// However often it is refreshed, a session ends when it must, and none of its tokens says otherwise.
func TestSessionsEndWhenTheyMust(t *testing.T) {
	s := harness.New(t, "--session-lifetime", "5s", "--leeway", "0s")
	ann, token := s.Register("ann")
	end := time.Now().Add(5 * time.Second)
	earliest := end
	k := s.Dial(ann)
	k.Expect("connection_ack")
	r := renewed{AccessToken: ann, RefreshToken: token}
	for {
		a := s.AskThrough("", renewDocument, map[string]any{"t": r.RefreshToken})
		if len(a.Errors) > 0 {
			if a.Code() != "UNAUTHENTICATED" || harness.WordOf(a, "reason") != "REFRESH_TOKEN_EXPIRED" {
				t.Errorf("at the end: %s", a.Body)
			}
			break
		}
		var data struct{ RefreshToken renewed }
		s.Decode(a, &data)
		if r = data.RefreshToken; r.AccessTokenExpiresAt.After(end) || r.RefreshTokenExpiresAt.After(end) {
			t.Fatalf("good until %v and %v, the session until %v", r.AccessTokenExpiresAt, r.RefreshTokenExpiresAt, end)
		}
		if r.RefreshTokenExpiresAt.Before(earliest) {
			earliest = r.RefreshTokenExpiresAt
		}
	}
	if now := time.Now(); now.Before(earliest) {
		t.Errorf("over at %v, which is before %v", now, earliest)
	}
	k.WantClose(4403)
	s.WantCode(r.AccessToken, "TOKEN_EXPIRED")
	if sessions, _ := s.SessionsOf(s.SignIn("ann", "correct horse battery").AccessToken); len(sessions) != 1 {
		t.Errorf("the sessions are %v", sessions)
	}
}
