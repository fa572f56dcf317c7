package auth

import (
	"strings"
	"testing"

	"parley/e2e/harness"
)

const disableDocument = `mutation($u: ID!, $on: Boolean) { disableUser(user: $u, on: $on) { username isDisabled } }`

// disable disables somebody, and returns whatever comes of it.
func disable(s *harness.Server, token, nameOrID string) harness.Answer {
	s.T.Helper()
	return s.AskThrough(token, disableDocument, map[string]any{"u": nameOrID})
}

// mustDisable disables ann, or lets her in again.
func mustDisable(s *harness.Server, token string, on bool) {
	s.T.Helper()
	var data struct {
		DisableUser struct {
			Username   string
			IsDisabled bool
		}
	}
	s.Must(&data, token, disableDocument, map[string]any{"u": "ann", "on": on})
	if data.DisableUser.Username != "ann" || data.DisableUser.IsDisabled != on {
		s.T.Errorf("disabled %v is %+v", on, data)
	}
}

// No chat that was sent after somebody was disabled reaches their sockets and streams, which are closed.
func TestNothingAfterTheDisabling(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t), harness.NoLimits()...).Server
	root := newAdmin(t, s, "root")
	s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, bob, `mutation { createRoom(name: "general") { id } }`)
	for range 20 {
		p := s.SignIn("ann", "correct horse battery")
		k, e := s.Dial(p.AccessToken), s.Follow(p.AccessToken, harness.FollowDocument, s.End(p.AccessToken))
		k.Expect("connection_ack")
		k.Subscribe("1", `subscription { chatSent(room: "general") { text } }`, nil)
		s.SendChat(bob, "before")
		mustDisable(s, root, true)
		s.SendChat(bob, "after")
		k.WantEnded("after")
		if read := e.WantCut(); strings.Contains(read, "after") {
			t.Errorf("the stream has %s", read)
		}
		wantSignedOut(s, p.AccessToken, p.RefreshToken, "DISABLED")
		mustDisable(s, root, false)
	}
	s.WantCode(bob, "")
}

// Server admins disable everybody but each other. Nobody else does, nor learns by it who has an account.
func TestWhoMayDisable(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t), harness.NoLimits()...).Server
	root, eve := newAdmin(t, s, "root"), newAdmin(t, s, "eve")
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	gone, _ := s.Register("gone")
	s.Must(nil, gone, `mutation { deleteAccount(password: "correct horse battery") }`)
	var me struct{ Me struct{ ID string } }
	s.Must(&me, ann, `{ me { id } }`)
	for _, c := range []struct{ token, whom, code string }{
		{"", "ann", "UNAUTHENTICATED"},
		{bob, "ann", "FORBIDDEN"},
		{bob, "bob", "FORBIDDEN"},
		{bob, "root", "FORBIDDEN"},
		{bob, "nobody", "FORBIDDEN"},
		{root, "eve", "FORBIDDEN"},
		{root, "root", "FORBIDDEN"},
		{root, "nobody", "NOT_FOUND"},
		{root, "gone", "NOT_FOUND"},
		{root, "a@b", "NOT_FOUND"},
		{root, harness.NilID, "NOT_FOUND"},
	} {
		wantReason(t, disable(s, c.token, c.whom), c.code, "")
	}
	for _, token := range []string{root, eve, ann, bob} {
		s.WantCode(token, "")
	}
	if a := disable(s, root, strings.ToUpper(me.Me.ID)); string(a.Data) != `{"disableUser":{"username":"ann","isDisabled":true}}` {
		t.Errorf("by id: %s", a.Body)
	}
	s.WantCode(ann, "SESSION_REVOKED")
	mustShell(t, s.Dir, "", "admin", "remove", "root")
	wantReason(t, disable(s, root, "bob"), "FORBIDDEN", "") // at once
	s.WantCode(bob, "")
	if a := disable(s, eve, "root"); len(a.Errors) > 0 {
		t.Errorf("who is no server admin any more: %s", a.Body)
	}
	s.WantCode(root, "SESSION_REVOKED")
}

// Sent again it changes nothing, and leaves no second record. Of each who does not come in there is one.
func TestDisabledPeopleAreLetInAgain(t *testing.T) {
	p := harness.StartProcess(t, harness.DataDir(t), harness.NoLimits()...)
	s := &p.Server
	root := newAdmin(t, s, "root")
	ann, refresh := s.Register("ann")
	mustDisable(s, root, false) // as she is
	s.WantCode(ann, "")
	for range 2 {
		mustDisable(s, root, true)
		wantSignedOut(s, ann, refresh, "DISABLED")
		_, a := s.Login("ann", "correct horse battery")
		wantReason(t, a, "FORBIDDEN", "DISABLED")
		_, a = s.Login("ann", "wrong horse battery")
		wantReason(t, a, "INVALID_CREDENTIALS", "")
	}
	for range 2 {
		mustDisable(s, root, false)
	}
	again := s.SignIn("ann", "correct horse battery")
	mustDisable(s, root, false)
	s.WantCode(again.AccessToken, "")
	wantSignedOut(s, ann, refresh, "DISABLED")
	p.Interrupt() // until all is in the log
	for message, want := range map[string]int{"account_disabled": 1, "account_enabled": 1, "login_failed": 4} {
		if n := strings.Count(p.Log.String(), `"msg":"`+message+`"`); n != want {
			t.Errorf("%d records of %s, want %d: %s", n, message, want, p.Log)
		}
	}
}

// Of the disabled all stays where it is, and everybody sees what they are.
func TestWhatIsOfTheDisabledStays(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t), harness.NoLimits()...).Server
	root := newAdmin(t, s, "root")
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	s.Must(nil, bob, `mutation { joinRoom(room: "general") { id } }`)
	s.SendChat(ann, "mine")
	const document = `{
		user(id: "ann") { isDisabled }
		users(startingWith: "an", first: 5) { nodes { username isDisabled } }
		chats(room: "general", last: 5) { nodes { text username user { isDisabled } } }
		room(id: "general") { memberCount members(first: 5) { nodes { role user { username isDisabled } } } }
	}`
	want := `{"user":{"isDisabled":IS},"users":{"nodes":[{"username":"ann","isDisabled":IS}]},` +
		`"chats":{"nodes":[{"text":"mine","username":"ann","user":{"isDisabled":IS}}]},` +
		`"room":{"memberCount":2,"members":{"nodes":[{"role":"OWNER","user":{"username":"ann","isDisabled":IS}},{"role":"MEMBER","user":{"username":"bob","isDisabled":false}}]}}}`
	for _, c := range []struct {
		on bool
		is string
	}{{true, "true"}, {false, "false"}} {
		mustDisable(s, root, c.on)
		if a := s.AskThrough(bob, document); string(a.Data) != strings.ReplaceAll(want, "IS", c.is) {
			t.Errorf("disabled %v: %s", c.on, a.Body)
		}
	}
	s.Must(nil, s.SignIn("ann", "correct horse battery").AccessToken, `mutation { updateRoom(room: "general", topic: "still mine") { id } }`)
}
