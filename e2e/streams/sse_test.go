package streams

import (
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/forge"
)

// sessionEnds are the ways to end a session out of another one of the same person.
var sessionEnds = map[string]func(s *harness.Server, own, other harness.Tokens){
	"logout": func(s *harness.Server, own, _ harness.Tokens) { s.Must(nil, own.AccessToken, `mutation { logout }`) },
	"logout by refresh token": func(s *harness.Server, own, _ harness.Tokens) {
		s.Must(nil, "", `mutation($t: String) { logout(refreshToken: $t) }`, map[string]any{"t": own.RefreshToken})
	},
	"logout of others": func(s *harness.Server, _, other harness.Tokens) {
		s.Must(nil, other.AccessToken, `mutation { logout(scope: OTHERS) }`)
	},
	"logout of all": func(s *harness.Server, _, other harness.Tokens) {
		s.Must(nil, other.AccessToken, `mutation { logout(scope: ALL) }`)
	},
	"endSession": func(s *harness.Server, own, other harness.Tokens) {
		_, id := s.SessionsOf(own.AccessToken)
		s.Must(nil, other.AccessToken, `mutation($s: ID!) { endSession(session: $s) }`, map[string]any{"s": id})
	},
	"changePassword": func(s *harness.Server, _, other harness.Tokens) {
		s.Must(nil, other.AccessToken, `mutation { changePassword(currentPassword: "correct horse battery", newPassword: "a new horse battery") { id } }`)
	},
	"deleteAccount": func(s *harness.Server, _, other harness.Tokens) {
		s.Must(nil, other.AccessToken, `mutation { deleteAccount(password: "correct horse battery") }`)
	},
	"a token used again": func(s *harness.Server, own, _ harness.Tokens) {
		for range 2 {
			s.Refresh(own.RefreshToken, "")
		}
	},
}

// However a session ends, its streams end with it, and no chat that was sent after the answer is in them;
// not in good order, or the client would not come back.
func TestStreamsEndWithTheirSession(t *testing.T) {
	s := harness.New(t, "--send-rate", "0", "--mutation-rate", "0", "--register-rate", "0", "--refresh-reuse-window", "0s")
	bob, _ := s.Register("bob")
	s.Must(nil, bob, `mutation { createRoom(name: "general") { id } }`)
	for name, end := range sessionEnds {
		t.Run(name, func(t *testing.T) {
			s, user := &harness.Server{T: t, Addr: s.Addr}, strings.ReplaceAll(name, " ", "_")
			s.Register(user)
			own, other := s.SignIn(user, "correct horse battery"), s.SignIn(user, "correct horse battery")
			start := s.End(bob)
			e, k := s.Follow(own.AccessToken, harness.FollowDocument, start), s.Dial(own.AccessToken)
			k.Expect("connection_ack")
			k.Subscribe("1", harness.FollowDocument, start)
			s.SendChat(bob, "before")
			e.Want("before")
			if m := k.Expect("next"); !strings.Contains(string(m.Payload), "before") {
				t.Errorf("got %s", m.Payload)
			}
			end(s, own, other)
			s.SendChat(bob, "after")
			if read := e.WantCut(); strings.Contains(read, "after") {
				t.Errorf("the event stream went on with %s", read)
			}
			k.WantEnded("after")
			s.WantCode(own.AccessToken, "SESSION_REVOKED")
		})
	}
}

// An event stream is cut when its token runs out, even if the session is refreshed meanwhile; the next
// one begins where it was.
func TestEventStreamEndsWithItsToken(t *testing.T) {
	s := harness.New(t, "--signing-key", forge.ExampleSecret, "--leeway", "0s")
	ann, refresh := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	start := s.End(ann)
	s.SendChat(ann, "before")
	expires := forge.Expiring(t, ann)
	e := s.Follow(expires, harness.FollowDocument, start)
	e.Want("before")
	p, a := s.Refresh(refresh, "")
	if len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	if read := e.WantCut(); read != "" {
		t.Errorf("got %s", read)
	}
	s.WantCode(expires, "TOKEN_EXPIRED")
	if p, a = s.Refresh(p.RefreshToken, ""); len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	s.SendChat(p.AccessToken, "after")
	e = s.Follow(p.AccessToken, harness.FollowDocument, start)
	e.Want("before")
	e.Want("after")
}
