package server

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keysCommandOf runs `parley keys …` on a data directory.
func keysCommandOf(dir string, args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = start(append(append([]string{"keys"}, args...), "--data", dir), os.Environ(), &out, &err)
	return status, out.String(), err.String()
}

func mustKeys(t *testing.T, dir string, args ...string) string {
	t.Helper()
	status, stdout, stderr := keysCommandOf(dir, args...)
	if status != exitOK || stderr != "" {
		t.Fatalf("keys %v: status %d, %q", args, status, stderr)
	}
	return stdout
}

// kidOf is the key that a token names.
func kidOf(t *testing.T, token string) string {
	t.Helper()
	var header struct{ Kid string }
	if err := json.Unmarshal([]byte(headerOf(t, token)), &header); err != nil || header.Kid == "" {
		t.Fatalf("%s: %v", headerOf(t, token), err)
	}
	return header.Kid
}

// A new key signs from the next start on, and what the old one has signed stays good; until the old
// one is retired and the server started once more.
func TestKeysAreReplaced(t *testing.T) {
	dir := dataDir(t)
	p := startProcess(t, dir)
	ann, refresh := p.register("ann")
	old := kidOf(t, ann)
	fields := strings.Fields(mustKeys(t, dir, "add"))
	if len(fields) == 0 || fields[0] == old {
		t.Fatalf("keys add: %v", fields)
	}
	added := fields[0]
	if kid := kidOf(t, p.signIn("ann", "correct horse battery").AccessToken); kid != old {
		t.Errorf("the running server signs with %s, want %s", kid, old)
	}
	p.interrupt()
	p = startProcess(t, dir)
	p.wantCode(ann, "")
	fresh, a := p.refresh(refresh, "")
	if len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	for _, token := range []string{fresh.AccessToken, fresh.RefreshToken, p.signIn("ann", "correct horse battery").AccessToken} {
		if kid := kidOf(t, token); kid != added {
			t.Errorf("signed with %s, want %s", kid, added)
		}
	}
	other := p.signIn("ann", "correct horse battery").AccessToken
	if got := mustKeys(t, dir, "retire", old); !strings.HasPrefix(got, old+" is refused") {
		t.Errorf("keys retire: %s", got)
	}
	p.wantCode(ann, "") // until it starts again
	p.interrupt()
	p = startProcess(t, dir)
	p.wantCode(ann, "UNAUTHENTICATED")
	p.dial(ann).wantClose(4403)
	if _, a := p.refresh(refresh, ""); a.code() != "UNAUTHENTICATED" || wordOf(a, "reason") != "INVALID_TOKEN" {
		t.Errorf("a refresh token of the retired key: %s", a.Body)
	}
	p.wantCode(fresh.AccessToken, "")
	p.wantCode(other, "")
	if _, a := p.refresh(fresh.RefreshToken, ""); len(a.Errors) > 0 {
		t.Error(a.Body)
	}
}

func TestKeysAreListed(t *testing.T) {
	dir := dataDir(t)
	if status, _, stderr := keysCommandOf(dir, "list"); status != exitFailure || !strings.Contains(stderr, filepath.Join(dir, "keys.json")) {
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
		if status != exitFailure || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, %q, %q", args, status, stdout, stderr)
		}
		said += stderr
	}
	if status, _, stderr := keysCommandOf(dir, "retire"); status != exitUsage || strings.Count(stderr, "\n") != 1 {
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
	dir := dataDir(t)
	kid := strings.Fields(mustKeys(t, dir, "add"))[0]
	mustKeys(t, dir, "add")
	list := mustKeys(t, dir, "list")
	t.Setenv("PARLEY_SIGNING_KEY", exampleSecret)
	for _, args := range [][]string{{"add"}, {"retire", kid}} {
		status, stdout, stderr := keysCommandOf(dir, args...)
		if status != exitFailure || stdout != "" || !strings.Contains(stderr, "PARLEY_SIGNING_KEY") || strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, exampleSecret) {
			t.Errorf("keys %v: status %d, %q, %q", args, status, stdout, stderr)
		}
	}
	if got := mustKeys(t, dir, "list"); got != list {
		t.Errorf("keys are\n%s, were\n%s", got, list)
	}
	p := startProcess(t, dir)
	ann, _ := p.register("ann")
	if kid := kidOf(t, ann); kid != "917222f4dd55d843" {
		t.Errorf("signed with %s", kid)
	}
	p.interrupt()
	if log := p.log.String(); strings.Contains(log, exampleSecret) || strings.Contains(log, "process list") {
		t.Errorf("the log is %s", log)
	}
}

// The first of several keys signs and all verify, so that a key is replaced without anybody signing in
// again: old,new; then new,old; then new.
func TestSeveralKeysOfTheEnvironment(t *testing.T) {
	dir := dataDir(t)
	next := base64.StdEncoding.EncodeToString([]byte("another secret of the 32 bytes +"))
	s := startServer(t, config(t, dir, "--signing-key", exampleSecret+","+next))
	ann, refresh := s.register("ann")
	again := func(keys string) {
		t.Helper()
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
		s = startServer(t, config(t, dir, "--signing-key", keys))
	}
	again(next + "," + exampleSecret)
	s.wantCode(ann, "")
	fresh, a := s.refresh(refresh, "")
	if len(a.Errors) > 0 || kidOf(t, ann) != "917222f4dd55d843" || kidOf(t, fresh.RefreshToken) == kidOf(t, ann) {
		t.Errorf("%s after %s: %s", fresh.RefreshToken, ann, a.Body)
	}
	again(next)
	s.wantCode(ann, "UNAUTHENTICATED")
	s.wantCode(fresh.AccessToken, "")
	if log := s.log.String(); !strings.Contains(log, "PARLEY_SIGNING_KEY is given as a flag") || strings.Contains(log, next) {
		t.Errorf("the log is %s", log)
	}
}
