package main

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
