package server

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"parley/db/dbtest"
)

// backUp runs the command and answers what it says.
func backUp(dir, file string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = start([]string{"backup", "--data", dir, file}, nil, &out, &err)
	return status, out.String(), err.String()
}

// A backup taken while others write holds every chat that was answered before it began, and opens.
func TestBackupUnderConstantWrites(t *testing.T) {
	dbtest.SkipOnPostgres(t, "parley backup copies the file of SQLite; Postgres has tools of its own")
	dir := dataDir(t)
	p := startProcess(t, dir, "--send-rate", "0", "--room-send-rate", "0")
	ann, _ := p.register("ann")
	p.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k := p.talk(ann, 4)
	for range 20 {
		before := k.soFar()
		into := t.TempDir()
		status, stdout, stderr := backUp(dir, filepath.Join(into, "parley.db"))
		if status != 0 || stderr != "" {
			t.Fatalf("status %d, %s", status, stderr)
		}
		stored := storedIn(t, into)
		for id, number := range before {
			if stored[id] != number {
				t.Fatalf("chat %d was answered before the backup began and is not in it", number)
			}
		}
		says := fmt.Sprintf(`^%s: \d+\.\d MiB, 1 rooms, %d chats\n$`, regexp.QuoteMeta(filepath.Join(into, "parley.db")), len(stored))
		if !regexp.MustCompile(says).MatchString(stdout) {
			t.Errorf("it says %q, want %s", stdout, says)
		}
	}
	k.stop()
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	wantTruth(t, k, storedIn(t, dir))
}

func TestBackupRefusesInOneLine(t *testing.T) {
	dbtest.SkipOnPostgres(t, "parley backup copies the file of SQLite; Postgres has tools of its own")
	dir := dataDir(t)
	s := startServer(t, config(t, dir))
	taken := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		taken:                           "is there already",
		filepath.Join(taken, "x"):       "not a directory",
		filepath.Join(dir, "no", "x"):   "no such file",
		filepath.Join(dir, "parley.db"): "is there already",
	} {
		status, stdout, stderr := backUp(dir, file)
		if status != 1 || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, %q, %q; want one line with %q", file, status, stdout, stderr, want)
		}
	}
	if text, err := os.ReadFile(taken); err != nil || string(text) != "mine" {
		t.Errorf("the file that was there: %q, %v", text, err)
	}
	if status, _, stderr := backUp(dataDir(t), filepath.Join(t.TempDir(), "x")); status != 1 || !strings.Contains(stderr, "no such file") {
		t.Errorf("no database: %d, %q", status, stderr)
	}
	if status := start([]string{"backup"}, nil, new(bytes.Buffer), new(bytes.Buffer)); status != 2 {
		t.Errorf("no file named: %d", status)
	}
	if response, _ := s.get("/readyz"); response.StatusCode != 200 {
		t.Errorf("the server is not ready any more: %s", response.Status)
	}
}
