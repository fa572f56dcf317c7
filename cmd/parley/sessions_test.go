package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sessionsOf lists the sessions of whoever has this token, the current one's id apart.
func (s *testServer) sessionsOf(token string) (all []string, current string) {
	s.t.Helper()
	var data struct {
		Sessions []struct {
			ID        string
			IsCurrent bool
		}
	}
	s.must(&data, token, `{ sessions { id isCurrent createdAt lastUsedAt userAgent ipAddress } }`)
	for _, one := range data.Sessions {
		all = append(all, one.ID)
		if one.IsCurrent {
			current = one.ID
		}
	}
	return all, current
}

func (s *testServer) signIn(username, password string) pair {
	s.t.Helper()
	p, a := s.login(username, password)
	if len(a.Errors) > 0 {
		s.t.Fatal(a.Body)
	}
	return p
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	s := newServer(t)
	ann, _ := s.register("ann")
	bob, _ := s.register("bob")
	two, three := s.signIn("ann", "correct horse battery"), s.signIn("ann", "correct horse battery")
	all, current := s.sessionsOf(three.AccessToken)
	_, first := s.sessionsOf(ann)
	if len(all) != 3 || all[0] != current || first == current {
		t.Errorf("sessions %v, current %s", all, current)
	}
	_, theirs := s.sessionsOf(bob)
	for _, id := range []string{theirs, "nonsense", "01890a5d-ac96-774b-bcce-b302099a8057"} {
		if a := s.ask(ann, `mutation($s: ID!) { endSession(session: $s) }`, map[string]any{"s": id}); a.code() != "NOT_FOUND" {
			t.Errorf("ending %s: %s", id, a.Body)
		}
	}
	s.wantCode(bob, "")
	if a := s.ask(ann, `query($s: ID!) { node(id: $s) { id } }`, map[string]any{"s": theirs}); a.code() != "NOT_FOUND" {
		t.Errorf("another's session: %s", a.Body)
	}
	k := s.dial(two.AccessToken)
	k.expect("connection_ack")
	_, second := s.sessionsOf(two.AccessToken)
	for range 2 { // also when it had already ended
		var ended struct{ EndSession string }
		s.must(&ended, ann, `mutation($s: ID!) { endSession(session: $s) }`, map[string]any{"s": second})
		if ended.EndSession != second {
			t.Errorf("ended %s, want %s", ended.EndSession, second)
		}
	}
	k.wantClose(4401)
	s.wantCode(two.AccessToken, "SESSION_REVOKED")
	var out struct{ Logout int }
	if s.must(&out, ann, `mutation { logout(scope: OTHERS) }`); out.Logout != 1 {
		t.Errorf("logout of the others ended %d", out.Logout)
	}
	s.wantCode(three.AccessToken, "SESSION_REVOKED")
	if s.must(&out, ann, `mutation { logout(scope: ALL) }`); out.Logout != 1 {
		t.Errorf("logout of all ended %d", out.Logout)
	}
	if s.must(&out, ann, `mutation { logout(scope: ALL) }`); out.Logout != 0 {
		t.Errorf("a second logout ended %d", out.Logout)
	}
}

func TestPasswordChangeEndsTheOthers(t *testing.T) {
	s := newServer(t)
	ann, refresh := s.register("ann")
	other := s.signIn("ann", "correct horse battery")
	k := s.dial(other.AccessToken)
	k.expect("connection_ack")
	change := `mutation($old: String!, $new: String!) { changePassword(currentPassword: $old, newPassword: $new) { username } }`
	for _, c := range []struct{ old, fresh, code, reason string }{
		{"wrong horse battery", "a new horse battery", "INVALID_CREDENTIALS", ""},
		{"correct horse battery", "short", "BAD_USER_INPUT", "TOO_SHORT"},
		{"correct horse battery", "aaaaaaaaaa", "BAD_USER_INPUT", "COMMON"},
		{"correct horse battery", "password123", "BAD_USER_INPUT", "COMMON"},
	} {
		if a := s.ask(ann, change, map[string]any{"old": c.old, "new": c.fresh}); a.code() != c.code || wordOf(a, "reason") != c.reason {
			t.Errorf("%s → %s: %s", c.old, c.fresh, a.Body)
		}
	}
	s.must(nil, ann, change, map[string]any{"old": "correct horse battery", "new": "a new horse battery"})
	k.wantClose(4401)
	s.wantCode(other.AccessToken, "SESSION_REVOKED")
	s.wantCode(ann, "") // own tokens stay good
	if _, a := s.refresh(refresh, ""); len(a.Errors) > 0 {
		t.Error(a.Body)
	}
	if _, a := s.login("ann", "correct horse battery"); a.code() != "INVALID_CREDENTIALS" {
		t.Error(a.Body)
	}
	s.signIn("ann", "a new horse battery")
}

// A deleted account leaves its chats under its name, which nobody can have again.
func TestDeletedAccountLeavesItsChats(t *testing.T) {
	s := newServer(t)
	ann, refresh := s.register("Ann")
	bob, _ := s.register("bob")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	s.must(nil, ann, `mutation { sendChat(room: "general", text: "mine") { id } }`)
	remove := `mutation($p: String!) { deleteAccount(password: $p) }`
	if a := s.ask(ann, remove, map[string]any{"p": "wrong horse battery"}); a.code() != "INVALID_CREDENTIALS" {
		t.Error(a.Body)
	}
	s.must(nil, ann, remove, map[string]any{"p": "correct horse battery"})
	s.wantCode(ann, "SESSION_REVOKED")
	if _, a := s.refresh(refresh, ""); a.code() != "SESSION_REVOKED" || wordOf(a, "reason") != "ACCOUNT_DELETED" {
		t.Error(a.Body)
	}
	if _, a := s.login("ann", "correct horse battery"); a.code() != "INVALID_CREDENTIALS" {
		t.Error(a.Body)
	}
	if a := s.ask("", `mutation { register(username: "ANN", password: "correct horse battery") { accessToken } }`); a.code() != "USERNAME_TAKEN" {
		t.Error(a.Body)
	}
	a := s.ask(bob, `{ chats(room: "general") { nodes { username text user { id } } } users(startingWith: "A") { nodes { username } } }`)
	if want := `{"chats":{"nodes":[{"username":"Ann","text":"mine","user":null}]},"users":{"nodes":[]}}`; string(a.Data) != want {
		t.Errorf("got %s, want %s", a.Data, want)
	}
	if a := s.ask(bob, `{ user(id: "ann") { id } }`); a.code() != "NOT_FOUND" {
		t.Error(a.Body)
	}
}

func TestUsersByPrefix(t *testing.T) {
	s := newServer(t, "--register-rate", "0")
	for _, name := range []string{"Anna", "anton", "bob", "ANGELA"} {
		s.register(name)
	}
	token, _ := s.register("zoe")
	var names []string
	var after any
	for {
		var data struct {
			Users struct {
				Nodes    []struct{ Username string }
				PageInfo struct {
					EndCursor   string
					HasNextPage bool
				}
			}
		}
		s.must(&data, token, `query($a: Cursor) { users(startingWith: "ＡＮ", first: 1, after: $a) { nodes { username } edges { cursor node { id } } pageInfo { endCursor hasNextPage } } }`, map[string]any{"a": after})
		for _, n := range data.Users.Nodes {
			names = append(names, n.Username)
		}
		if !data.Users.PageInfo.HasNextPage {
			break
		}
		after = data.Users.PageInfo.EndCursor
	}
	if got := strings.Join(names, " "); got != "ANGELA Anna anton" {
		t.Errorf("got %s", got)
	}
}

// A socket ends when its token does, with 4403 and without complete. One that was renewed over itself
// runs on: when the other has ended, it still gets chats.
func TestSocketsExpireUnlessRenewed(t *testing.T) {
	s := newServer(t, "--access-token-lifetime", "3s", "--leeway", "0s")
	ann, refresh := s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	expires, renewed := s.dial(ann), s.dial(ann)
	for _, k := range []*socket{expires, renewed} {
		k.expect("connection_ack")
		k.subscribe("stream", `subscription { chatSent(room: "general") { text } }`, nil)
	}
	first, last := time.Time{}, time.Time{}
	for first.IsZero() || last.Sub(first) < 2*time.Second { // until the renewal makes a difference
		p := renewed.refresh(refresh)
		if refresh, last = p.RefreshToken, p.AccessTokenExpiresAt; first.IsZero() {
			first = last
		}
	}
	expires.wantClose(4403)
	s.wantCode(ann, "TOKEN_EXPIRED")
	fresh, a := s.refresh(refresh, "")
	if len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	s.must(nil, fresh.AccessToken, `mutation { sendChat(room: "general", text: "still here") { id } }`)
	if m := renewed.expect("next"); !strings.Contains(string(m.Payload), "still here") {
		t.Errorf("got %s", m.Payload)
	}
	renewed.wantClose(4403) // once the renewed token has run out too
}

// renewal is what a refresh over a socket answers.
type renewal struct {
	RefreshToken         string
	AccessTokenExpiresAt time.Time
}

// refresh refreshes over the socket, on which no stream has anything to say meanwhile.
func (k *socket) refresh(token string) renewal {
	k.t.Helper()
	k.subscribe("refresh", `mutation($t: String!) { refreshToken(token: $t) { refreshToken accessTokenExpiresAt } }`, map[string]any{"t": token})
	m := k.expect("next")
	var payload struct {
		Data struct{ RefreshToken renewal }
	}
	if err := json.Unmarshal(m.Payload, &payload); err != nil || payload.Data.RefreshToken.RefreshToken == "" {
		k.t.Fatalf("%s, %v", m.Payload, err)
	}
	k.expect("complete")
	return payload.Data.RefreshToken
}

// No chat that was sent after a logout has answered reaches the sockets of that session.
func TestNothingAfterTheLogout(t *testing.T) {
	s := newServer(t, "--send-rate", "0")
	ann, _ := s.register("ann")
	bob, _ := s.register("bob")
	s.must(nil, bob, `mutation { createRoom(name: "general") { id } }`)
	for range 20 {
		p := s.signIn("ann", "correct horse battery")
		k := s.dial(p.AccessToken)
		k.expect("connection_ack")
		k.subscribe("1", `subscription { chatSent(room: "general") { text } }`, nil)
		s.must(nil, bob, `mutation { sendChat(room: "general", text: "before") { id } }`)
		s.must(nil, p.AccessToken, `mutation { logout }`)
		s.must(nil, bob, `mutation { sendChat(room: "general", text: "after") { id } }`)
		for {
			m, code := k.read()
			if code == 4401 {
				break
			}
			if code != 0 || m.Type != "next" || strings.Contains(string(m.Payload), "after") {
				t.Fatalf("got %s %s, close code %d", m.Type, m.Payload, code)
			}
		}
	}
	s.wantCode(ann, "")
}

// Another process ends a session: within two seconds it works nowhere, and its sockets are closed.
func TestLogoutIsSeenByOtherProcesses(t *testing.T) {
	dir := dataDir(t)
	one, two := startProcess(t, dir), startProcess(t, dir)
	ann, _ := one.register("ann")
	k := two.dial(ann)
	k.expect("connection_ack")
	one.must(nil, ann, `mutation { logout }`)
	k.wantClose(4401)
	two.wantCode(ann, "SESSION_REVOKED")
}

// After all kinds of sign-in, right and wrong, no password, token or key is in the database, its WAL
// or the log.
func TestNoSecretIsKept(t *testing.T) {
	dir := dataDir(t)
	s := startServer(t, config(t, dir, "--refresh-reuse-window", "0s"))
	const password, fresh, wrong = "correct horse battery", "entirely-new-secret-41", "a-wrong-guess-42"
	ann, refresh := s.register("ann")
	one := s.signIn("ann", password)
	s.login("ann", wrong)
	s.login(wrong, wrong)
	next, _ := s.refresh(one.RefreshToken, "an-idempotency-key")
	s.refresh(one.RefreshToken, "")
	s.ask(ann, `mutation { changePassword(currentPassword: "`+password+`", newPassword: "`+fresh+`") { id } }`)
	s.post(`{"query":"{ me { username } }"}`, "Authorization", "Basic "+wrong)
	if text, err := os.ReadFile(filepath.Join(dir, "keys.json")); err != nil || len(text) == 0 {
		t.Fatal(err)
	}
	secrets := []string{password, fresh, wrong, ann, refresh, one.AccessToken, one.RefreshToken, next.AccessToken, next.RefreshToken, keyOf(t, dir), "an-idempotency-key"}
	scan := func() {
		files, err := filepath.Glob(filepath.Join(dir, "parley.db*"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range secrets {
				if secret == "" || bytes.Contains(content, []byte(secret)) {
					t.Errorf("%s holds %q", filepath.Base(file), secret)
				}
			}
		}
	}
	scan()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	scan()
	for _, secret := range secrets {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if log := s.log.String(); !strings.Contains(log, "login_failed") || !strings.Contains(log, "refresh_reused") || !strings.Contains(log, "password_changed") {
		t.Errorf("the audit is missing: %s", log)
	}
}

func keyOf(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	var keys []struct{ Secret string }
	if err := json.Unmarshal(text, &keys); err != nil || len(keys) == 0 {
		var wrapped struct{ Keys []struct{ Secret string } }
		if err := json.Unmarshal(text, &wrapped); err != nil || len(wrapped.Keys) == 0 {
			t.Fatalf("keys.json: %s", text[:20])
		}
		return wrapped.Keys[0].Secret
	}
	return keys[0].Secret
}
