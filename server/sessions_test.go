package server

import (
	"testing"
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
