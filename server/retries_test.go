package server

import (
	"strings"
	"testing"
	"time"
)

// The same attempt sent again gets the same pair, byte for byte, from whichever start of the server; once
// its successor was used it is theft.
func TestSameAttemptLater(t *testing.T) {
	dir := dataDir(t)
	s := startServer(t, config(t, dir))
	_, token := s.register("ann")
	first, a := s.refresh(token, "attempt")
	if len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	if again, a := s.refresh(token, "attempt"); again != first {
		t.Errorf("sent again: %s", a.Body)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s = startServer(t, config(t, dir))
	if again, a := s.refresh(token, "attempt"); again != first {
		t.Errorf("after a restart: %s", a.Body)
	}
	if _, a := s.refresh(token, "another"); a.code() != "REFRESH_TOKEN_ROTATED" || strings.Contains(a.Body, "eyJ") {
		t.Errorf("another attempt: %s", a.Body)
	}
	next, a := s.refresh(first.RefreshToken, "attempt") // the same key with another token is another attempt
	if len(a.Errors) > 0 || next == first {
		t.Fatal(a.Body)
	}
	if _, a := s.refresh(token, "attempt"); a.code() != "SESSION_REVOKED" || wordOf(a, "reason") != "TOKEN_REUSED" {
		t.Errorf("after the successor was used: %s", a.Body)
	}
	s.wantCode(next.AccessToken, "SESSION_REVOKED")
}

func TestIdempotencyKeys(t *testing.T) {
	s := newServer(t)
	_, token := s.register("ann")
	for key, reason := range map[string]string{"": "TOO_SHORT", strings.Repeat("x", 201): "TOO_LONG", strings.Repeat("é", 101): "TOO_LONG"} {
		a := s.ask("", refreshDocument, map[string]any{"t": token, "k": key})
		if a.code() != "BAD_USER_INPUT" || wordOf(a, "field") != "idempotencyKey" || wordOf(a, "reason") != reason {
			t.Errorf("%.9s: %s", key, a.Body)
		}
	}
	if _, a := s.refresh(token, strings.Repeat("é", 100)); len(a.Errors) > 0 {
		t.Error(a.Body)
	}
}

// A second use is another tab's as long as the window is open, and does no harm; after it, it is theft.
func TestReuseWindow(t *testing.T) {
	s := newServer(t, "--refresh-reuse-window", "1s")
	ann, token := s.register("ann")
	used := time.Now()
	fresh, a := s.refresh(token, "")
	if len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	inside := 0
	for {
		_, a := s.refresh(token, "")
		if a.code() == "REFRESH_TOKEN_ROTATED" {
			inside++
			s.wantCode(fresh.AccessToken, "")
			continue
		}
		if a.code() != "SESSION_REVOKED" || wordOf(a, "reason") != "TOKEN_REUSED" {
			t.Errorf("after the window: %s", a.Body)
		}
		break
	}
	const rounding = time.Millisecond // the server's clock has whole ones
	if open := time.Since(used); open < time.Second-rounding || inside == 0 {
		t.Errorf("the window was open for %v and %d uses", open, inside)
	}
	s.wantCode(ann, "SESSION_REVOKED")
}

// A token older than the one before is nobody's tab, however soon it comes.
func TestGrandparentIsTheft(t *testing.T) {
	s := newServer(t)
	ann, token := s.register("ann")
	other := s.signIn("ann", "correct horse battery")
	k, theirs := s.dial(ann), s.dial(other.AccessToken)
	k.expect("connection_ack")
	theirs.expect("connection_ack")
	latest := token
	for range 300 {
		p, a := s.refresh(latest, "")
		if len(a.Errors) > 0 {
			t.Fatal(a.Body)
		}
		latest = p.RefreshToken
	}
	s.wantCode(ann, "") // the first access token is good until it runs out
	if _, a := s.refresh(token, ""); a.code() != "SESSION_REVOKED" || wordOf(a, "reason") != "TOKEN_REUSED" {
		t.Errorf("the first of the chain: %s", a.Body)
	}
	k.wantClose(4401)
	s.wantCode(ann, "SESSION_REVOKED")
	if _, a := s.refresh(latest, ""); a.code() != "SESSION_REVOKED" {
		t.Errorf("the last of the chain: %s", a.Body)
	}
	theirs.write(message{Type: "ping"})
	theirs.expect("pong")
	s.wantCode(other.AccessToken, "")
}
