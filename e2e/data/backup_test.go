package data

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/writers"
)

// backUp runs the command and returns what it says.
func backUp(dir, file string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = harness.RunProgram([]string{"backup", "--data", dir, file}, nil, &out, &err)
	return status, out.String(), err.String()
}

// A backup taken while others write holds every chat that was answered before it began, and opens.
func TestBackupUnderConstantWrites(t *testing.T) {
	dbtest.SkipOnPostgres(t, "parley backup copies the file of SQLite; Postgres has tools of its own")
	dir := harness.DataDir(t)
	p := harness.StartProcess(t, dir, "--send-rate", "0", "--room-send-rate", "0")
	ann, _ := p.Register("ann")
	p.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k := writers.Start(&p.Server, ann, 4)
	for range 20 {
		before := k.AnsweredSoFar()
		into := t.TempDir()
		status, stdout, stderr := backUp(dir, filepath.Join(into, "parley.db"))
		if status != 0 || stderr != "" {
			t.Fatalf("status %d, %s", status, stderr)
		}
		stored := writers.StoredIn(t, into)
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
	k.Stop()
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	writers.WantStored(t, k, writers.StoredIn(t, dir))
}

func TestBackupRefusesInOneLine(t *testing.T) {
	dbtest.SkipOnPostgres(t, "parley backup copies the file of SQLite; Postgres has tools of its own")
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir))
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
	if status, _, stderr := backUp(harness.DataDir(t), filepath.Join(t.TempDir(), "x")); status != 1 || !strings.Contains(stderr, "no such file") {
		t.Errorf("no database: %d, %q", status, stderr)
	}
	if status := harness.RunProgram([]string{"backup"}, nil, new(bytes.Buffer), new(bytes.Buffer)); status != 2 {
		t.Errorf("no file named: %d", status)
	}
	if response, _ := s.Get("/readyz"); response.StatusCode != 200 {
		t.Errorf("the server is not ready any more: %s", response.Status)
	}
}
