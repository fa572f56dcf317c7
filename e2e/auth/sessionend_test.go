package auth

import (
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
)

// Whoever presents a used token outside the window ends the session: sockets, access tokens, all.
func TestStolenTokenEndsTheSession(t *testing.T) {
	s := harness.New(t, "--refresh-reuse-window", "0s")
	ann, token := s.Register("ann")
	other, a := s.Login("ann", "correct horse battery")
	if len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	k := s.Dial(ann)
	k.Expect("connection_ack")
	fresh, _ := s.Refresh(token, "")
	if _, a := s.Refresh(token, ""); a.Code() != "SESSION_REVOKED" || harness.WordOf(a, "reason") != "TOKEN_REUSED" {
		t.Errorf("got %s", a.Body)
	}
	k.WantClose(4401)
	s.WantCode(fresh.AccessToken, "SESSION_REVOKED")
	s.WantCode(other.AccessToken, "") // the other sign-in lives
}

// A socket ends when its token does, with 4403 and without complete. One that was renewed over itself
// runs on: when the other has ended, it still gets chats.
func TestSocketsExpireUnlessRenewed(t *testing.T) {
	s := harness.New(t, "--access-token-lifetime", "8s", "--leeway", "0s") // in which all is opened, on a busy machine too
	ann, refresh := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	expires, renewed := s.Dial(ann), s.Dial(ann)
	for _, k := range []*harness.Socket{expires, renewed} {
		k.Expect("connection_ack")
		k.Subscribe("stream", `subscription { chatSent(room: "general") { text } }`, nil)
	}
	first, last := time.Time{}, time.Time{}
	for first.IsZero() || last.Sub(first) < 2*time.Second { // until the renewal makes a difference
		p := renewed.Refresh(refresh)
		if refresh, last = p.RefreshToken, p.AccessTokenExpiresAt; first.IsZero() {
			first = last
		}
	}
	expires.WantClose(4403)
	s.WantCode(ann, "TOKEN_EXPIRED")
	fresh, a := s.Refresh(refresh, "")
	if len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	s.Must(nil, fresh.AccessToken, `mutation { sendChat(room: "general", text: "still here") { id } }`)
	if m := renewed.Expect("next"); !strings.Contains(string(m.Payload), "still here") {
		t.Errorf("got %s", m.Payload)
	}
	renewed.WantClose(4403) // once the renewed token has run out too
}

// No chat that was sent after a logout has answered reaches the sockets of that session.
func TestNothingAfterTheLogout(t *testing.T) {
	s := harness.New(t, "--send-rate", "0")
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, bob, `mutation { createRoom(name: "general") { id } }`)
	for range 20 {
		p := s.SignIn("ann", "correct horse battery")
		k := s.Dial(p.AccessToken)
		k.Expect("connection_ack")
		k.Subscribe("1", `subscription { chatSent(room: "general") { text } }`, nil)
		s.Must(nil, bob, `mutation { sendChat(room: "general", text: "before") { id } }`)
		s.Must(nil, p.AccessToken, `mutation { logout }`)
		s.Must(nil, bob, `mutation { sendChat(room: "general", text: "after") { id } }`)
		k.WantEnded("after")
	}
	s.WantCode(ann, "")
}

// Another process ends a session: within two seconds it works nowhere, and its sockets are closed.
func TestLogoutIsSeenByOtherProcesses(t *testing.T) {
	dir := harness.DataDir(t)
	one, two := harness.StartProcess(t, dir), harness.StartProcess(t, dir)
	ann, _ := one.Register("ann")
	one.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k, e := two.Dial(ann), two.Follow(ann, harness.FollowDocument, one.End(ann))
	k.Expect("connection_ack")
	two.SendChat(ann, "before")
	e.Want("before")
	one.Must(nil, ann, `mutation { logout }`)
	k.WantClose(4401)
	e.WantCut()
	two.WantCode(ann, "SESSION_REVOKED")
}

// An ended session is ended once, and by whatever still names it: an access token that has run out will
// do for its own session, and for no other.
func TestLogoutWithAnExpiredToken(t *testing.T) {
	s := harness.New(t, "--access-token-lifetime", "2s", "--leeway", "0s")
	ann, refresh := s.Register("ann")
	s.SignIn("ann", "correct horse battery")
	logout := func(token, document string, variables ...any) int {
		t.Helper()
		var out struct{ Logout int }
		s.Must(&out, token, document, variables...)
		return out.Logout
	}
	for s.AskThrough(ann, `{ rooms { nodes { id } } }`).Code() != "TOKEN_EXPIRED" { // until it has run out
	}
	for _, scope := range []string{"OTHERS", "ALL"} {
		if n := logout(ann, `mutation { logout(scope: `+scope+`) }`); n != 0 {
			t.Errorf("%s with an expired token ended %d", scope, n)
		}
	}
	p, a := s.Refresh(refresh, "") // so they live
	if len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	if n := logout("", `mutation($t: String) { logout(scope: ALL, refreshToken: $t) }`, map[string]any{"t": refresh}); n != 0 {
		t.Errorf("ALL with a refresh token that was used ended %d", n)
	}
	for _, want := range []int{1, 0} {
		if n := logout(ann, `mutation { logout }`); n != want {
			t.Errorf("a logout ended %d, want %d", n, want)
		}
	}
	if n := logout("", `mutation($t: String) { logout(refreshToken: $t) }`, map[string]any{"t": p.RefreshToken}); n != 0 {
		t.Errorf("a logout after it ended %d", n)
	}
	if _, a := s.Refresh(p.RefreshToken, ""); a.Code() != "SESSION_REVOKED" || harness.WordOf(a, "reason") != "LOGOUT" {
		t.Error(a.Body)
	}
}

// Of three sessions, one ends the two others; of three again, one ends all, and every socket is closed.
func TestLogoutOfMany(t *testing.T) {
	s := harness.New(t)
	first, refresh := s.Register("ann")
	bob, _ := s.Register("bob")
	three := func() (sockets []*harness.Socket) {
		for range 2 {
			sockets = append(sockets, s.Dial(s.SignIn("ann", "correct horse battery").AccessToken))
		}
		sockets = append(sockets, s.Dial(first))
		for _, k := range sockets {
			k.Expect("connection_ack")
		}
		return sockets
	}
	var out struct{ Logout int }
	sockets := three()
	if s.Must(&out, first, `mutation { logout(scope: OTHERS) }`); out.Logout != 2 {
		t.Errorf("ended %d others", out.Logout)
	}
	sockets[0].WantClose(4401)
	sockets[1].WantClose(4401)
	s.WantCode(first, "")
	sockets = append(three(), sockets[2])
	if s.Must(&out, "", `mutation($t: String) { logout(scope: ALL, refreshToken: $t) }`, map[string]any{"t": refresh}); out.Logout != 3 {
		t.Errorf("ended %d", out.Logout)
	}
	for _, k := range sockets {
		k.WantClose(4401)
	}
	s.WantCode(first, "SESSION_REVOKED")
	s.WantCode(bob, "")
}

// The socket that carries the logout gets its answer before it is closed.
func TestLogoutOverASocket(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	k := s.Dial(ann)
	k.Expect("connection_ack")
	k.Subscribe("1", `mutation { logout }`, nil)
	if m := k.Expect("next"); !strings.Contains(string(m.Payload), `{"logout":1}`) {
		t.Errorf("got %s", m.Payload)
	}
	k.Expect("complete")
	if m, code := k.Read(); code != 4401 {
		t.Errorf("got %s, close code %d", m.Type, code)
	}
}
