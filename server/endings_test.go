package server

import (
	"strings"
	"testing"
	"time"
)

// Whoever presents a used token outside the window ends the session: sockets, access tokens, all.
func TestStolenTokenEndsTheSession(t *testing.T) {
	s := newServer(t, "--refresh-reuse-window", "0s")
	ann, token := s.register("ann")
	other, a := s.login("ann", "correct horse battery")
	if len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	k := s.dial(ann)
	k.expect("connection_ack")
	fresh, _ := s.refresh(token, "")
	if _, a := s.refresh(token, ""); a.code() != "SESSION_REVOKED" || wordOf(a, "reason") != "TOKEN_REUSED" {
		t.Errorf("got %s", a.Body)
	}
	k.wantClose(4401)
	s.wantCode(fresh.AccessToken, "SESSION_REVOKED")
	s.wantCode(other.AccessToken, "") // the other sign-in lives
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
		k.wantEnded("after")
	}
	s.wantCode(ann, "")
}

// Another process ends a session: within two seconds it works nowhere, and its sockets are closed.
func TestLogoutIsSeenByOtherProcesses(t *testing.T) {
	dir := dataDir(t)
	one, two := startProcess(t, dir), startProcess(t, dir)
	ann, _ := one.register("ann")
	one.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k, e := two.dial(ann), two.follow(ann, followDocument, one.place(ann))
	k.expect("connection_ack")
	two.say(ann, "before")
	e.want("before")
	one.must(nil, ann, `mutation { logout }`)
	k.wantClose(4401)
	e.wantCut()
	two.wantCode(ann, "SESSION_REVOKED")
}

// An ended session is ended once, and by whatever still names it: an access token that has run out will
// do for its own session, and for no other.
func TestLogoutWithAnExpiredToken(t *testing.T) {
	s := newServer(t, "--access-token-lifetime", "2s", "--leeway", "0s")
	ann, refresh := s.register("ann")
	s.signIn("ann", "correct horse battery")
	logout := func(token, document string, variables ...any) int {
		t.Helper()
		var out struct{ Logout int }
		s.must(&out, token, document, variables...)
		return out.Logout
	}
	for s.ask(ann, `{ rooms { nodes { id } } }`).code() != "TOKEN_EXPIRED" { // until it has run out
	}
	for _, scope := range []string{"OTHERS", "ALL"} {
		if n := logout(ann, `mutation { logout(scope: `+scope+`) }`); n != 0 {
			t.Errorf("%s with an expired token ended %d", scope, n)
		}
	}
	p, a := s.refresh(refresh, "") // so they live
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
	if _, a := s.refresh(p.RefreshToken, ""); a.code() != "SESSION_REVOKED" || wordOf(a, "reason") != "LOGOUT" {
		t.Error(a.Body)
	}
}

// Of three sessions, one ends the two others; of three again, one ends all, and every socket is closed.
func TestLogoutOfMany(t *testing.T) {
	s := newServer(t)
	first, refresh := s.register("ann")
	bob, _ := s.register("bob")
	three := func() (sockets []*socket) {
		for range 2 {
			sockets = append(sockets, s.dial(s.signIn("ann", "correct horse battery").AccessToken))
		}
		sockets = append(sockets, s.dial(first))
		for _, k := range sockets {
			k.expect("connection_ack")
		}
		return sockets
	}
	var out struct{ Logout int }
	sockets := three()
	if s.must(&out, first, `mutation { logout(scope: OTHERS) }`); out.Logout != 2 {
		t.Errorf("ended %d others", out.Logout)
	}
	sockets[0].wantClose(4401)
	sockets[1].wantClose(4401)
	s.wantCode(first, "")
	sockets = append(three(), sockets[2])
	if s.must(&out, "", `mutation($t: String) { logout(scope: ALL, refreshToken: $t) }`, map[string]any{"t": refresh}); out.Logout != 3 {
		t.Errorf("ended %d", out.Logout)
	}
	for _, k := range sockets {
		k.wantClose(4401)
	}
	s.wantCode(first, "SESSION_REVOKED")
	s.wantCode(bob, "")
}

// The socket that carries the logout gets its answer before it is closed.
func TestLogoutOverASocket(t *testing.T) {
	s := newServer(t)
	ann, _ := s.register("ann")
	k := s.dial(ann)
	k.expect("connection_ack")
	k.subscribe("1", `mutation { logout }`, nil)
	if m := k.expect("next"); !strings.Contains(string(m.Payload), `{"logout":1}`) {
		t.Errorf("got %s", m.Payload)
	}
	k.expect("complete")
	if m, code := k.read(); code != 4401 {
		t.Errorf("got %s, close code %d", m.Type, code)
	}
}
