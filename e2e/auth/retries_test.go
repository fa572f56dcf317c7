package auth

import (
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
)

// The same attempt sent again gets the same pair, byte for byte, from whichever start of the server; once
// its successor was used it is theft.
func TestSameAttemptLater(t *testing.T) {
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir))
	_, token := s.Register("ann")
	first, a := s.Refresh(token, "attempt")
	if len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	if again, a := s.Refresh(token, "attempt"); again != first {
		t.Errorf("sent again: %s", a.Body)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s = harness.Start(t, harness.Config(t, dir))
	if again, a := s.Refresh(token, "attempt"); again != first {
		t.Errorf("after a restart: %s", a.Body)
	}
	if _, a := s.Refresh(token, "another"); a.Code() != "REFRESH_TOKEN_ROTATED" || strings.Contains(a.Body, "eyJ") {
		t.Errorf("another attempt: %s", a.Body)
	}
	next, a := s.Refresh(first.RefreshToken, "attempt") // the same key with another token is another attempt
	if len(a.Errors) > 0 || next == first {
		t.Fatal(a.Body)
	}
	if _, a := s.Refresh(token, "attempt"); a.Code() != "SESSION_REVOKED" || harness.WordOf(a, "reason") != "TOKEN_REUSED" {
		t.Errorf("after the successor was used: %s", a.Body)
	}
	s.WantCode(next.AccessToken, "SESSION_REVOKED")
}

func TestIdempotencyKeys(t *testing.T) {
	s := harness.New(t)
	_, token := s.Register("ann")
	for key, reason := range map[string]string{"": "TOO_SHORT", strings.Repeat("x", 201): "TOO_LONG", strings.Repeat("é", 101): "TOO_LONG"} {
		a := s.AskThrough("", harness.RefreshDocument, map[string]any{"t": token, "k": key})
		if a.Code() != "BAD_USER_INPUT" || harness.WordOf(a, "field") != "idempotencyKey" || harness.WordOf(a, "reason") != reason {
			t.Errorf("%.9s: %s", key, a.Body)
		}
	}
	if _, a := s.Refresh(token, strings.Repeat("é", 100)); len(a.Errors) > 0 {
		t.Error(a.Body)
	}
}

// A second use is another tab's as long as the window is open, and does no harm; after it, it is theft.
func TestReuseWindow(t *testing.T) {
	s := harness.New(t, "--refresh-reuse-window", "1s")
	ann, token := s.Register("ann")
	used := time.Now()
	fresh, a := s.Refresh(token, "")
	if len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	inside := 0
	for {
		_, a := s.Refresh(token, "")
		if a.Code() == "REFRESH_TOKEN_ROTATED" {
			inside++
			s.WantCode(fresh.AccessToken, "")
			continue
		}
		if a.Code() != "SESSION_REVOKED" || harness.WordOf(a, "reason") != "TOKEN_REUSED" {
			t.Errorf("after the window: %s", a.Body)
		}
		break
	}
	const rounding = time.Millisecond // the server's clock has whole ones
	if open := time.Since(used); open < time.Second-rounding || inside == 0 {
		t.Errorf("the window was open for %v and %d uses", open, inside)
	}
	s.WantCode(ann, "SESSION_REVOKED")
}

// A token older than the one before is nobody's tab, however soon it comes.
func TestGrandparentIsTheft(t *testing.T) {
	s := harness.New(t)
	ann, token := s.Register("ann")
	other := s.SignIn("ann", "correct horse battery")
	k, theirs := s.Dial(ann), s.Dial(other.AccessToken)
	k.Expect("connection_ack")
	theirs.Expect("connection_ack")
	latest := token
	for range 300 {
		p, a := s.Refresh(latest, "")
		if len(a.Errors) > 0 {
			t.Fatal(a.Body)
		}
		latest = p.RefreshToken
	}
	s.WantCode(ann, "") // the first access token is good until it runs out
	if _, a := s.Refresh(token, ""); a.Code() != "SESSION_REVOKED" || harness.WordOf(a, "reason") != "TOKEN_REUSED" {
		t.Errorf("the first of the chain: %s", a.Body)
	}
	k.WantClose(4401)
	s.WantCode(ann, "SESSION_REVOKED")
	if _, a := s.Refresh(latest, ""); a.Code() != "SESSION_REVOKED" {
		t.Errorf("the last of the chain: %s", a.Body)
	}
	theirs.Write(harness.Message{Type: "ping"})
	theirs.Expect("pong")
	s.WantCode(other.AccessToken, "")
}
