package auth

import (
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/forge"
)

// What the files of deploy/ set in the first release, of what says who may register: the containers listen everywhere, and the
// service on loopback, alone or behind a proxy that is declared.
var firstReleaseSettings = map[string]struct {
	flags []string
	want  string
}{
	"Dockerfile, compose.yaml":           {[]string{"--addr", "0.0.0.0:0"}, "INVITE"},
	"compose.nodes.yaml":                 {[]string{"--addr", "0.0.0.0:0", harness.BehindProxy}, "INVITE"},
	"parley.service behind nginx, Caddy": {[]string{harness.BehindProxy}, "INVITE"},
	"parley.service alone":               {nil, "OPEN"},
}

// A server of the first release is upgraded and nothing else is changed: it starts, its people sign in, and strangers are let in only
// where they were meant to be.
func TestUpgradeLetsNoStrangersIn(t *testing.T) {
	for file, c := range firstReleaseSettings {
		t.Run(file, func(t *testing.T) {
			dir := harness.MakeDir(t, harness.DataDir(t))
			dbtest.Release(t, dir)
			flags := append([]string{"--registration=", "--signing-key", forge.ExampleSecret}, c.flags...)
			s := harness.Start(t, harness.Config(t, dir, flags...))
			var data struct {
				Server struct{ Registration string }
				Me     *struct{ Username, ServerRole string }
			}
			ann := s.SignIn("Ann", "correct horse battery").AccessToken
			if s.Must(&data, ann, `{ server { registration } me { username serverRole } }`); data.Server.Registration != c.want {
				t.Errorf("%s may register, want %s", data.Server.Registration, c.want)
			}
			if data.Me == nil || data.Me.Username != "Ann" || data.Me.ServerRole != "MEMBER" {
				t.Errorf("she is %+v", data.Me)
			}
			if a := registerWith(s, "stranger", nil); c.want == "OPEN" {
				wantReason(t, a, "", "")
			} else {
				wantClosed(t, a)
			}
		})
	}
}
