package server

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// renewed is what a refresh answers, with its times.
type renewed struct {
	AccessToken, RefreshToken                   string
	AccessTokenExpiresAt, RefreshTokenExpiresAt time.Time
}

const renewDocument = `mutation($t: String) { refreshToken(token: $t) { accessToken refreshToken accessTokenExpiresAt refreshTokenExpiresAt } }`

// renew refreshes, which succeeds.
func (s *testServer) renew(token string) renewed {
	s.t.Helper()
	var data struct{ RefreshToken renewed }
	s.must(&data, "", renewDocument, map[string]any{"t": token})
	return data.RefreshToken
}

// renewAtOnce refreshes with one token fifty times at once, each of which succeeds.
func (s *testServer) renewAtOnce(token string) []renewed {
	s.t.Helper()
	answers := make([]answer, 50)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = s.ask("", renewDocument, map[string]any{"t": token}) })
	}
	wg.Wait()
	all := make([]renewed, len(answers))
	for i, a := range answers {
		var data struct{ RefreshToken renewed }
		if len(a.Errors) > 0 {
			s.t.Fatal(a.Body)
		}
		s.into(a, &data)
		all[i] = data.RefreshToken
	}
	return all
}

// Without rotation there is one refresh token to the end of the session, which a logout is; and each
// refresh gives an access token that works. The start warns of it.
func TestWithoutRotation(t *testing.T) {
	dir := dataDir(t)
	s := startServer(t, config(t, dir, "--rotate-refresh-tokens=false"))
	if log := s.log.String(); !strings.Contains(log, "PARLEY_ROTATE_REFRESH_TOKENS") || !strings.Contains(log, "WARN") {
		t.Errorf("no warning in %s", log)
	}
	_, token := s.register("ann")
	first := s.renew(token)
	for s.renew(token).AccessTokenExpiresAt.Equal(first.AccessTokenExpiresAt) { // until a later end would show
	}
	for _, r := range s.renewAtOnce(token) {
		if r.RefreshToken != token || !r.RefreshTokenExpiresAt.Equal(first.RefreshTokenExpiresAt) {
			t.Errorf("got %v, want the end of %v", r, first)
		}
		s.wantCode(r.AccessToken, "")
	}
	r := s.renew(token)
	if all, _ := s.sessionsOf(r.AccessToken); len(all) != 1 {
		t.Errorf("the sessions are %v", all)
	}
	other := s.signIn("ann", "correct horse battery")
	s.must(nil, r.AccessToken, `mutation { logout }`)
	s.wantCode(r.AccessToken, "SESSION_REVOKED")
	if _, a := s.refresh(token, ""); a.code() != "SESSION_REVOKED" || wordOf(a, "reason") != "LOGOUT" {
		t.Errorf("after the logout: %s", a.Body)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s = startServer(t, config(t, dir)) // rotating from now on, the token is used up by its next use
	if log := s.log.String(); strings.Contains(log, "PARLEY_ROTATE_REFRESH_TOKENS") {
		t.Errorf("a warning in %s", log)
	}
	next := s.renew(other.RefreshToken)
	if _, a := s.refresh(other.RefreshToken, ""); next.RefreshToken == other.RefreshToken || a.code() != "REFRESH_TOKEN_ROTATED" {
		t.Errorf("after the restart: %s", a.Body)
	}
}

// Without a blacklist old and new are good side by side. Once there is one, the first token that is used
// is the last that may be: its siblings end the session.
func TestWithoutBlacklist(t *testing.T) {
	dir := dataDir(t)
	s := startServer(t, config(t, dir, "--blacklist-after-rotation=false"))
	if log := s.log.String(); !strings.Contains(log, "PARLEY_BLACKLIST_AFTER_ROTATION") || !strings.Contains(log, "WARN") {
		t.Errorf("no warning in %s", log)
	}
	_, token := s.register("ann")
	all := s.renewAtOnce(token)
	different := map[string]bool{token: true}
	for _, r := range all {
		different[r.RefreshToken] = true
		s.wantCode(r.AccessToken, "")
	}
	if len(different) != 51 {
		t.Errorf("%d different tokens", len(different))
	}
	for token := range different {
		s.renew(token)
	}
	if sessions, _ := s.sessionsOf(all[0].AccessToken); len(sessions) != 1 {
		t.Errorf("the sessions are %v", sessions)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s = startServer(t, config(t, dir))
	if log := s.log.String(); strings.Contains(log, "PARLEY_BLACKLIST_AFTER_ROTATION") {
		t.Errorf("a warning in %s", log)
	}
	next := s.renew(all[7].RefreshToken)
	s.wantCode(next.AccessToken, "")
	if _, a := s.refresh(all[8].RefreshToken, ""); a.code() != "SESSION_REVOKED" || wordOf(a, "reason") != "TOKEN_REUSED" {
		t.Errorf("its sibling: %s", a.Body)
	}
	s.wantCode(next.AccessToken, "SESSION_REVOKED")
}

// However often it is refreshed, a session ends when it must, and none of its tokens says otherwise.
func TestSessionsEndWhenTheyMust(t *testing.T) {
	s := newServer(t, "--session-lifetime", "5s", "--leeway", "0s")
	ann, token := s.register("ann")
	end := time.Now().Add(5 * time.Second)
	earliest := end
	k := s.dial(ann)
	k.expect("connection_ack")
	r := renewed{AccessToken: ann, RefreshToken: token}
	for {
		a := s.ask("", renewDocument, map[string]any{"t": r.RefreshToken})
		if len(a.Errors) > 0 {
			if a.code() != "UNAUTHENTICATED" || wordOf(a, "reason") != "REFRESH_TOKEN_EXPIRED" {
				t.Errorf("at the end: %s", a.Body)
			}
			break
		}
		var data struct{ RefreshToken renewed }
		s.into(a, &data)
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
	k.wantClose(4403)
	s.wantCode(r.AccessToken, "TOKEN_EXPIRED")
	if sessions, _ := s.sessionsOf(s.signIn("ann", "correct horse battery").AccessToken); len(sessions) != 1 {
		t.Errorf("the sessions are %v", sessions)
	}
}
