package streams

import (
	"testing"
	"time"

	"parley/e2e/harness"
)

// Whatever ends a session on one node: within two seconds the other refuses its token, by no other code, and
// has closed its socket and its event stream. A chat that is sent then reaches neither.
func TestEveryEndActsOnTheOtherNode(t *testing.T) {
	nodes := harness.StartNodes(t, 2, "--refresh-reuse-window", "0s")
	for how, end := range map[string]func(here *harness.Server, own, in harness.Tokens){
		"logout": func(here *harness.Server, _, in harness.Tokens) {
			here.Must(nil, in.AccessToken, `mutation { logout }`)
		},
		"others": func(here *harness.Server, own, _ harness.Tokens) {
			here.Must(nil, own.AccessToken, `mutation { logout(scope: OTHERS) }`)
		},
		"endSession": func(here *harness.Server, own, in harness.Tokens) {
			_, id := here.SessionsOf(in.AccessToken)
			here.Must(nil, own.AccessToken, `mutation($s: ID!) { endSession(session: $s) }`, map[string]any{"s": id})
		},
		"changePassword": func(here *harness.Server, own, _ harness.Tokens) {
			here.Must(nil, own.AccessToken, `mutation { changePassword(currentPassword: "correct horse battery", newPassword: "a new horse battery") { id } }`)
		},
		"deleteAccount": func(here *harness.Server, own, _ harness.Tokens) {
			here.Must(nil, own.AccessToken, `mutation { deleteAccount(password: "correct horse battery") }`)
		},
		"theft": func(here *harness.Server, _, in harness.Tokens) {
			here.Refresh(in.RefreshToken, "")
			if _, a := here.Refresh(in.RefreshToken, ""); harness.WordOf(a, "reason") != "TOKEN_REUSED" {
				here.T.Errorf("got %s", a.Body)
			}
		},
	} {
		t.Run(how, func(t *testing.T) {
			here, there := *nodes[0], *nodes[1]
			here.T, there.T = t, t
			speaker, _ := here.Register("speaker-" + how)
			here.Must(nil, speaker, `mutation($n: String!) { createRoom(name: $n) { id } }`, map[string]any{"n": how})
			here.Register(how)
			own, in := here.SignIn(how, "correct horse battery"), there.SignIn(how, "correct horse battery")
			streams := followBothWays(&there, in.AccessToken, subscription{text: `subscription($r: ID!) { chatSent(room: $r) { number } }`, variables: map[string]any{"r": how}})
			say := func() int {
				var data struct{ SendChat struct{ Number int } }
				there.Must(&data, speaker, `mutation($r: ID!) { sendChat(room: $r, text: "x") { number } }`, map[string]any{"r": how})
				return data.SendChat.Number
			}
			harness.Eventually(t, "both streams", func() bool { say(); return len(streams[0].heard()) > 0 && len(streams[1].heard()) > 0 })
			end(&here, own, in)
			wantEnded(&there, in.AccessToken, streams)
			revoked(&there, streams, say(), "4401")
		})
	}
}

// wantEnded asks until a token is refused and its streams are over. How soon: auth/sessions.
func wantEnded(s *harness.Server, token string, streams []*streamReader) {
	s.T.Helper()
	for late := time.Now().Add(harness.Timeout); ; {
		_, socket := streams[0].howItEnded()
		_, events := streams[1].howItEnded()
		a := s.AskThrough(token, `{ rooms { nodes { id } } }`)
		switch code := a.Code(); {
		case code == "SESSION_REVOKED" && socket && events:
			return
		case code != "SESSION_REVOKED" && len(a.Errors) > 0:
			s.T.Fatalf("got %s", a.Body)
		case time.Now().After(late):
			s.T.Fatalf("the token is told %q, socket over %v, events over %v", code, socket, events)
		}
	}
}
