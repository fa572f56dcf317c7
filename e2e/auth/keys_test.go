package auth

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/forge"
)

// keysCommandOf runs `parley keys …` on a data directory.
func keysCommandOf(dir string, args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = harness.RunProgram(append(append([]string{"keys"}, args...), "--data", dir), os.Environ(), &out, &err)
	return status, out.String(), err.String()
}

func mustKeys(t *testing.T, dir string, args ...string) string {
	t.Helper()
	status, stdout, stderr := keysCommandOf(dir, args...)
	if status != harness.ExitOK || stderr != "" {
		t.Fatalf("keys %v: status %d, %q", args, status, stderr)
	}
	return stdout
}

// A new key signs from the next start on, and what the old one has signed stays good; until the old
// one is retired and the server started once more.
func TestKeysAreReplaced(t *testing.T) {
	dir := harness.DataDir(t)
	p := harness.StartProcess(t, dir)
	ann, refresh := p.Register("ann")
	old := forge.KidOf(t, ann)
	fields := strings.Fields(mustKeys(t, dir, "add"))
	if len(fields) == 0 || fields[0] == old {
		t.Fatalf("keys add: %v", fields)
	}
	added := fields[0]
	if kid := forge.KidOf(t, p.SignIn("ann", "correct horse battery").AccessToken); kid != old {
		t.Errorf("the running server signs with %s, want %s", kid, old)
	}
	p.Interrupt()
	p = harness.StartProcess(t, dir)
	p.WantCode(ann, "")
	fresh, a := p.Refresh(refresh, "")
	if len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	for _, token := range []string{fresh.AccessToken, fresh.RefreshToken, p.SignIn("ann", "correct horse battery").AccessToken} {
		if kid := forge.KidOf(t, token); kid != added {
			t.Errorf("signed with %s, want %s", kid, added)
		}
	}
	other := p.SignIn("ann", "correct horse battery").AccessToken
	if got := mustKeys(t, dir, "retire", old); !strings.HasPrefix(got, old+" is refused") {
		t.Errorf("keys retire: %s", got)
	}
	p.WantCode(ann, "") // until it starts again
	p.Interrupt()
	p = harness.StartProcess(t, dir)
	p.WantCode(ann, "UNAUTHENTICATED")
	p.Dial(ann).WantClose(4403)
	if _, a := p.Refresh(refresh, ""); a.Code() != "UNAUTHENTICATED" || harness.WordOf(a, "reason") != "INVALID_TOKEN" {
		t.Errorf("a refresh token of the retired key: %s", a.Body)
	}
	p.WantCode(fresh.AccessToken, "")
	p.WantCode(other, "")
	if _, a := p.Refresh(fresh.RefreshToken, ""); len(a.Errors) > 0 {
		t.Error(a.Body)
	}
}

func TestKeysAreListed(t *testing.T) {
	dir := harness.DataDir(t)
	if status, _, stderr := keysCommandOf(dir, "list"); status != harness.ExitFailure || !strings.Contains(stderr, filepath.Join(dir, "keys.json")) {
		t.Errorf("no keys yet: status %d, %q", status, stderr)
	}
	added := mustKeys(t, dir, "add") + mustKeys(t, dir, "add") + mustKeys(t, dir, "add")
	var kids []string
	for line := range strings.Lines(added) {
		kids = append(kids, strings.Fields(line)[0])
	}
	said := added + mustKeys(t, dir, "retire", kids[0])
	list := mustKeys(t, dir, "list")
	lines := strings.Split(strings.TrimSpace(list), "\n")
	for i, want := range []struct{ kid, state string }{{kids[2], "signs"}, {kids[1], "verifies"}, {kids[0], "retired"}} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want.kid+" ") || !strings.Contains(lines[i], want.state) {
			t.Errorf("the list is\n%s, want %s %s in line %d", list, want.kid, want.state, i+1)
		}
	}
	for _, args := range [][]string{{"retire", kids[0]}, {"retire", kids[2]}, {"retire", "0123456789abcdef"}} {
		status, stdout, stderr := keysCommandOf(dir, args...)
		if status != harness.ExitFailure || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, %q, %q", args, status, stdout, stderr)
		}
		said += stderr
	}
	if status, _, stderr := keysCommandOf(dir, "retire"); status != harness.ExitUsage || strings.Count(stderr, "\n") != 1 {
		t.Errorf("retire without a key: status %d, %q", status, stderr)
	}
	if got := mustKeys(t, dir, "list"); got != list {
		t.Errorf("the refused changed the list to\n%s", got)
	}
	for _, secret := range secretsOf(t, dir) {
		if strings.Contains(said+list, secret) {
			t.Errorf("a secret was shown: %s", said+list)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "keys.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("keys.json: %v, %v", info.Mode(), err)
	}
}

// Where the keys come from the environment, nobody reads the file, so it is not changed.
func TestKeysOfTheEnvironment(t *testing.T) {
	dir := harness.DataDir(t)
	kid := strings.Fields(mustKeys(t, dir, "add"))[0]
	mustKeys(t, dir, "add")
	list := mustKeys(t, dir, "list")
	t.Setenv("PARLEY_SIGNING_KEY", forge.ExampleSecret)
	for _, args := range [][]string{{"add"}, {"retire", kid}} {
		status, stdout, stderr := keysCommandOf(dir, args...)
		if status != harness.ExitFailure || stdout != "" || !strings.Contains(stderr, "PARLEY_SIGNING_KEY") || strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, forge.ExampleSecret) {
			t.Errorf("keys %v: status %d, %q, %q", args, status, stdout, stderr)
		}
	}
	if got := mustKeys(t, dir, "list"); got != list {
		t.Errorf("keys are\n%s, were\n%s", got, list)
	}
	p := harness.StartProcess(t, dir)
	ann, _ := p.Register("ann")
	if kid := forge.KidOf(t, ann); kid != "917222f4dd55d843" {
		t.Errorf("signed with %s", kid)
	}
	p.Interrupt()
	if log := p.Log.String(); strings.Contains(log, forge.ExampleSecret) || strings.Contains(log, "process list") {
		t.Errorf("the log is %s", log)
	}
}

// The first of several keys signs and all verify, so that a key is replaced without anybody signing in
// again: old,new; then new,old; then new.
func TestSeveralKeysOfTheEnvironment(t *testing.T) {
	dir := harness.DataDir(t)
	next := base64.StdEncoding.EncodeToString([]byte("another secret of the 32 bytes +"))
	s := harness.Start(t, harness.Config(t, dir, "--signing-key", forge.ExampleSecret+","+next))
	ann, refresh := s.Register("ann")
	again := func(keys string) {
		t.Helper()
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		s = harness.Start(t, harness.Config(t, dir, "--signing-key", keys))
	}
	again(next + "," + forge.ExampleSecret)
	s.WantCode(ann, "")
	fresh, a := s.Refresh(refresh, "")
	if len(a.Errors) > 0 || forge.KidOf(t, ann) != "917222f4dd55d843" || forge.KidOf(t, fresh.RefreshToken) == forge.KidOf(t, ann) {
		t.Errorf("%s after %s: %s", fresh.RefreshToken, ann, a.Body)
	}
	again(next)
	s.WantCode(ann, "UNAUTHENTICATED")
	s.WantCode(fresh.AccessToken, "")
	if log := s.Log.String(); !strings.Contains(log, "PARLEY_SIGNING_KEY is given as a flag") || strings.Contains(log, next) {
		t.Errorf("the log is %s", log)
	}
}
