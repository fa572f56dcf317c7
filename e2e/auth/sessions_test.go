package auth

import (
	"testing"

	"parley/e2e/harness"
)

func TestSessionsAreListedAndEnded(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	two, three := s.SignIn("ann", "correct horse battery"), s.SignIn("ann", "correct horse battery")
	all, current := s.SessionsOf(three.AccessToken)
	_, first := s.SessionsOf(ann)
	if len(all) != 3 || all[0] != current || first == current {
		t.Errorf("sessions %v, current %s", all, current)
	}
	_, theirs := s.SessionsOf(bob)
	for _, id := range []string{theirs, "nonsense", "01890a5d-ac96-774b-bcce-b302099a8057"} {
		if a := s.AskThrough(ann, `mutation($s: ID!) { endSession(session: $s) }`, map[string]any{"s": id}); a.Code() != "NOT_FOUND" {
			t.Errorf("ending %s: %s", id, a.Body)
		}
	}
	s.WantCode(bob, "")
	if a := s.AskThrough(ann, `query($s: ID!) { node(id: $s) { id } }`, map[string]any{"s": theirs}); a.Code() != "NOT_FOUND" {
		t.Errorf("another's session: %s", a.Body)
	}
	k := s.Dial(two.AccessToken)
	k.Expect("connection_ack")
	_, second := s.SessionsOf(two.AccessToken)
	for range 2 { // also when it had already ended
		var ended struct{ EndSession string }
		s.Must(&ended, ann, `mutation($s: ID!) { endSession(session: $s) }`, map[string]any{"s": second})
		if ended.EndSession != second {
			t.Errorf("ended %s, want %s", ended.EndSession, second)
		}
	}
	k.WantClose(4401)
	s.WantCode(two.AccessToken, "SESSION_REVOKED")
	var out struct{ Logout int }
	if s.Must(&out, ann, `mutation { logout(scope: OTHERS) }`); out.Logout != 1 {
		t.Errorf("logout of the others ended %d", out.Logout)
	}
	s.WantCode(three.AccessToken, "SESSION_REVOKED")
	if s.Must(&out, ann, `mutation { logout(scope: ALL) }`); out.Logout != 1 {
		t.Errorf("logout of all ended %d", out.Logout)
	}
	if s.Must(&out, ann, `mutation { logout(scope: ALL) }`); out.Logout != 0 {
		t.Errorf("a second logout ended %d", out.Logout)
	}
}

func TestPasswordChangeEndsTheOthers(t *testing.T) {
	s := harness.New(t)
	ann, refresh := s.Register("ann")
	other := s.SignIn("ann", "correct horse battery")
	k := s.Dial(other.AccessToken)
	k.Expect("connection_ack")
	change := `mutation($old: String!, $new: String!) { changePassword(currentPassword: $old, newPassword: $new) { username } }`
	for _, c := range []struct{ old, fresh, code, reason string }{
		{"wrong horse battery", "a new horse battery", "INVALID_CREDENTIALS", ""},
		{"correct horse battery", "short", "BAD_USER_INPUT", "TOO_SHORT"},
		{"correct horse battery", "aaaaaaaaaa", "BAD_USER_INPUT", "COMMON"},
		{"correct horse battery", "password123", "BAD_USER_INPUT", "COMMON"},
	} {
		if a := s.AskThrough(ann, change, map[string]any{"old": c.old, "new": c.fresh}); a.Code() != c.code || harness.WordOf(a, "reason") != c.reason {
			t.Errorf("%s → %s: %s", c.old, c.fresh, a.Body)
		}
	}
	s.Must(nil, ann, change, map[string]any{"old": "correct horse battery", "new": "a new horse battery"})
	k.WantClose(4401)
	s.WantCode(other.AccessToken, "SESSION_REVOKED")
	s.WantCode(ann, "") // own tokens stay good
	if _, a := s.Refresh(refresh, ""); len(a.Errors) > 0 {
		t.Error(a.Body)
	}
	if _, a := s.Login("ann", "correct horse battery"); a.Code() != "INVALID_CREDENTIALS" {
		t.Error(a.Body)
	}
	s.SignIn("ann", "a new horse battery")
}

// A deleted account leaves its chats under its name, which nobody can have again.
func TestDeletedAccountLeavesItsChats(t *testing.T) {
	s := harness.New(t)
	ann, refresh := s.Register("Ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	s.Must(nil, ann, `mutation { sendChat(room: "general", text: "mine") { id } }`)
	remove := `mutation($p: String!) { deleteAccount(password: $p) }`
	if a := s.AskThrough(ann, remove, map[string]any{"p": "wrong horse battery"}); a.Code() != "INVALID_CREDENTIALS" {
		t.Error(a.Body)
	}
	s.Must(nil, ann, remove, map[string]any{"p": "correct horse battery"})
	s.WantCode(ann, "SESSION_REVOKED")
	if _, a := s.Refresh(refresh, ""); a.Code() != "SESSION_REVOKED" || harness.WordOf(a, "reason") != "ACCOUNT_DELETED" {
		t.Error(a.Body)
	}
	if _, a := s.Login("ann", "correct horse battery"); a.Code() != "INVALID_CREDENTIALS" {
		t.Error(a.Body)
	}
	if a := s.AskThrough("", `mutation { register(username: "ANN", password: "correct horse battery") { accessToken } }`); a.Code() != "USERNAME_TAKEN" {
		t.Error(a.Body)
	}
	a := s.AskThrough(bob, `{ chats(room: "general") { nodes { username text user { id } } } users(startingWith: "A") { nodes { username } } }`)
	if want := `{"chats":{"nodes":[{"username":"Ann","text":"mine","user":null}]},"users":{"nodes":[]}}`; string(a.Data) != want {
		t.Errorf("got %s, want %s", a.Data, want)
	}
	if a := s.AskThrough(bob, `{ user(id: "ann") { id } }`); a.Code() != "NOT_FOUND" {
		t.Error(a.Body)
	}
}
