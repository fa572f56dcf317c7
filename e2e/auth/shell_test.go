package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// shell runs a command of the program on the database of a data directory, which servers may have open; stdin is what it reads.
func shell(t *testing.T, dir, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stdin")
	if err := os.WriteFile(path, []byte(stdin), 0o600); err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func(before *os.File) { os.Stdin = before; _ = from.Close() }(os.Stdin)
	os.Stdin = from
	return harness.Command(append(append([]string{"--data", dir}, harness.DatabaseFlags(t, dir)...), args...)...)
}

// mustShell runs one that succeeds, and returns what it shows.
func mustShell(t *testing.T, dir, stdin string, args ...string) string {
	t.Helper()
	status, stdout, stderr := shell(t, dir, stdin, args...)
	if status != harness.ExitOK {
		t.Fatalf("%q: status %d, %q", args, status, stderr)
	}
	return stdout
}

// newAdmin makes an account, whoever may register, of a server admin, and returns a token. No node has read what its session was before.
func newAdmin(t *testing.T, s *harness.Server, name string) (token string) {
	t.Helper()
	mustShell(t, s.Dir, "correct horse battery\n", "user", "add", name)
	mustShell(t, s.Dir, "", "admin", "add", name)
	return s.SignIn(name, "correct horse battery").AccessToken
}

// shellInvite makes an invite to the server and returns its code.
func shellInvite(t *testing.T, s *harness.Server, flags ...string) (code string) {
	t.Helper()
	return strings.TrimSuffix(mustShell(t, s.Dir, "", append([]string{"invite"}, flags...)...), "\n")
}

// peopleOf are the usernames of all accounts.
func peopleOf(t *testing.T, s *harness.Server) (names []string) {
	t.Helper()
	for line := range strings.Lines(mustShell(t, s.Dir, "", "user", "list")) {
		name, _, _ := strings.Cut(line, " ")
		names = append(names, name)
	}
	return names
}

// wantSignedOut wants both tokens of a session to be refused, and to be told why it has ended.
func wantSignedOut(s *harness.Server, access, refresh, reason string) {
	s.T.Helper()
	wantReason(s.T, s.AskThrough(access, `{ rooms { nodes { id } } }`), "SESSION_REVOKED", reason)
	_, a := s.Refresh(refresh, "")
	wantReason(s.T, a, "SESSION_REVOKED", reason)
}

// Whoever runs the server makes accounts while it runs and nobody may register. A password that was made is shown; one that was given,
// which is the first line whatever stands in it, is not.
func TestShellAddsPeople(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t), "--registration", "closed").Server
	said, password, _ := strings.Cut(mustShell(t, s.Dir, "", "user", "add", "Ann"), "\npassword: ")
	if said != "Ann may sign in" {
		t.Errorf("it said %q", said)
	}
	s.WantCode(s.SignIn("ann", strings.TrimSpace(password)).AccessToken, "")
	status, stdout, stderr := shell(t, s.Dir, " entirely new  battery \r\nand no more\n", "user", "add", "bob")
	if status != harness.ExitOK || stdout != "bob may sign in, with the password from stdin\n" || strings.Contains(stderr, "battery") {
		t.Errorf("status %d, %q, %q", status, stdout, stderr)
	}
	if strings.Count(stderr, `"account_added"`) != 1 || strings.Contains(stderr, "bob") { // the audit holds no names
		t.Errorf("the audit is %q", stderr)
	}
	s.WantCode(s.SignIn("bob", " entirely new  battery ").AccessToken, "")
	if people := peopleOf(t, s); strings.Join(people, " ") != "Ann bob" {
		t.Errorf("the accounts are %v", people)
	}
}

// Another password, given by the shell, ends all sessions on a server that runs, with their sockets and streams, and no others.
func TestShellSetsAPassword(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t)).Server
	ann, refresh := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k, e := s.Dial(ann), s.Follow(ann, harness.FollowDocument, s.End(ann))
	k.Expect("connection_ack")
	if said := mustShell(t, s.Dir, "entirely new battery\n", "user", "set-password", "ANN"); said != "ann has a new password and is signed out everywhere, with the password from stdin\n" {
		t.Errorf("it said %q", said)
	}
	k.WantClose(4401)
	e.WantCut()
	wantSignedOut(s, ann, refresh, "PASSWORD_CHANGED")
	_, a := s.Login("ann", "correct horse battery")
	wantReason(t, a, "INVALID_CREDENTIALS", "")
	s.WantCode(s.SignIn("ann", "entirely new battery").AccessToken, "")
	_, password, _ := strings.Cut(mustShell(t, s.Dir, "", "user", "set-password", "ann"), "\npassword: ")
	_, a = s.Login("ann", "entirely new battery")
	wantReason(t, a, "INVALID_CREDENTIALS", "")
	s.WantCode(s.SignIn("ann", strings.TrimSpace(password)).AccessToken, "")
	s.WantCode(bob, "")
}

// Whom the shell disables is signed out of a server that runs, and comes in nowhere until the shell lets them. Why is told to whoever
// knows the password alone.
func TestShellDisables(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t)).Server
	ann, refresh := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k, e := s.Dial(ann), s.Follow(ann, harness.FollowDocument, s.End(ann))
	k.Expect("connection_ack")
	for _, records := range []int{1, 0} { // the second time it is so already
		status, stdout, stderr := shell(t, s.Dir, "", "user", "disable", "Ann")
		if status != harness.ExitOK || stdout != "ann is disabled\n" || strings.Count(stderr, `"account_disabled"`) != records {
			t.Errorf("status %d, %q, %q, want %d records", status, stdout, stderr, records)
		}
	}
	k.WantClose(4401)
	e.WantCut()
	wantSignedOut(s, ann, refresh, "DISABLED")
	_, a := s.Login("ann", "correct horse battery")
	wantReason(t, a, "FORBIDDEN", "DISABLED")
	_, a = s.Login("ann", "wrong horse battery")
	wantReason(t, a, "INVALID_CREDENTIALS", "")
	s.WantCode(bob, "")
	for range 2 {
		if said := mustShell(t, s.Dir, "", "user", "enable", "ann"); said != "ann may sign in\n" {
			t.Errorf("it said %q", said)
		}
	}
	s.WantCode(s.SignIn("ann", "correct horse battery").AccessToken, "")
	wantSignedOut(s, ann, refresh, "DISABLED") // for ever
}

// Whom the shell makes a server admin is one on a server that runs, without signing in again, until the shell takes it away, which it
// does to the last one too.
func TestShellMakesAdmins(t *testing.T) {
	s := &harness.StartProcess(t, harness.DataDir(t), harness.NoLimits()...).Server
	ann, _ := s.Register("ann")
	const list, create = `{ invites { id } }`, `mutation { createInvite { id } }`
	wantMember := func() {
		t.Helper()
		if role := serverRoleOf(s, ann); role != "MEMBER" {
			t.Errorf("they are %s", role)
		}
		wantReason(t, s.AskThrough(ann, list), "FORBIDDEN", "")
		wantReason(t, s.AskThrough(ann, create), "FORBIDDEN", "")
	}
	wantMember()
	for range 2 { // the second time it is so already
		if said := mustShell(t, s.Dir, "", "admin", "add", "Ann"); said != "ann is a server admin\n" {
			t.Errorf("it said %q", said)
		}
	}
	if role := serverRoleOf(s, ann); role != "ADMIN" {
		t.Errorf("they are %s", role)
	}
	s.Must(nil, ann, list)
	harness.Eventually(t, "what a server admin may", func() bool { return len(s.AskThrough(ann, create).Errors) == 0 })
	if admins := mustShell(t, s.Dir, "", "admin", "list"); !strings.HasPrefix(admins, "ann  ") || strings.Count(admins, "\n") != 1 {
		t.Errorf("the server admins are %q", admins)
	}
	for range 2 {
		if said := mustShell(t, s.Dir, "", "admin", "remove", "ann"); said != "ann is no server admin\n" {
			t.Errorf("it said %q", said)
		}
	}
	wantMember() // at once
	if admins := mustShell(t, s.Dir, "", "admin", "list"); admins != "" {
		t.Errorf("the server admins are %q", admins)
	}
}

// serverRoleOf is what somebody is on the server.
func serverRoleOf(s *harness.Server, token string) string {
	s.T.Helper()
	var data struct{ Me struct{ ServerRole string } }
	s.Must(&data, token, `{ me { serverRole } }`)
	return data.Me.ServerRole
}
