package faults

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/writers"
)

// faulty is a library that makes one call of the database to the disk fail; see testdata/faulty.c.
type faulty struct{ library, armed string }

func newFaulty(t *testing.T) faulty {
	t.Helper()
	f := faulty{filepath.Join(t.TempDir(), "faulty.so"), filepath.Join(t.TempDir(), "armed")}
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-o", f.library, "testdata/faulty.c", "-ldl").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return f
}

// env makes the n-th call after arm fail.
func (f faulty) env(call, file string, n int) []string {
	_ = os.Remove(f.armed) // it may not be there
	return []string{"LD_PRELOAD=" + f.library, "FAIL_CALL=" + call, "FAIL_FILE=" + file, fmt.Sprint("FAIL_AT=", n), "FAIL_ARMED=" + f.armed}
}

func (f faulty) arm(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(f.armed, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantFailed wants the call to have failed by now.
func (f faulty) wantFailed(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(f.armed); err == nil {
		t.Error("no call was made to fail")
	}
}

// A write or an fsync of the log fails once: nobody is answered, the process ends with one line, and
// at the next start everything is there that was answered before.
func TestDiskThatFailsOnceEndsTheServer(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the calls that fail are SQLite's, to a file of ours")
	f := newFaulty(t)
	dir := harness.DataDir(t)
	p := harness.StartProcess(t, dir, harness.NoSendRates...)
	ann, _ := p.Register("ann")
	p.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	_ = p.Stop()
	for _, call := range []string{"fsync", "write"} {
		for _, n := range []int{1, 2, 3, 5, 13, 30, 77} {
			p := harness.StartProcessIn(t, harness.Environment{Env: f.env(call, "parley.db-wal", n)}, dir, harness.NoSendRates...)
			k := writers.Start(&p.Server, ann, 4)
			f.arm(t)
			if status := p.Exit(); status != 1 {
				t.Fatalf("%s %d: exit status %d: %s", call, n, status, p.Log)
			}
			k.Stop()
			if len(k.Codes) > 0 {
				t.Errorf("%s %d: somebody was answered %v", call, n, k.Codes)
			}
			if log := p.Log.String(); strings.Count(log, "\nparley: the disk of the database failed") != 1 || !strings.Contains(log, "the server stops") {
				t.Errorf("%s %d: it says %s", call, n, log)
			}
			writers.WantStored(t, k, writers.StoredIn(t, dir))
		}
	}
}

// The driver does not hear of a checkpoint that fails after a commit. Nothing is lost by it: the log
// is kept until a checkpoint has succeeded.
func TestFailedCheckpointLosesNothing(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the calls that fail are SQLite's, to a file of ours")
	f := newFaulty(t)
	dir := harness.DataDir(t)
	for _, call := range []string{"fsync", "write"} {
		for _, n := range []int{1, 2} {
			p := harness.StartProcessIn(t, harness.Environment{Env: f.env(call, "parley.db", n)}, dir, append([]string{"--write-batch", "1"}, harness.NoSendRates...)...)
			ann, _ := p.Register(fmt.Sprint("ann", call, n))
			p.Ask(ann, `mutation { createRoom(name: "general") { id } }`)
			f.arm(t)
			k := writers.Start(&p.Server, ann, 4)
			harness.Eventually(t, "four checkpoints", func() bool { return len(k.AnsweredSoFar()) > 600 })
			_ = p.Stop()
			k.Stop()
			f.wantFailed(t)
			writers.WantStored(t, k, writers.StoredIn(t, dir))
		}
	}
}

// The checkpoint at the end is told: the process does not end as if all were well.
func TestDiskThatFailsAtTheEnd(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the calls that fail are SQLite's, to a file of ours")
	f := newFaulty(t)
	dir := harness.DataDir(t)
	p := harness.StartProcessIn(t, harness.Environment{Env: f.env("fsync", "parley.db", 1)}, dir, harness.NoSendRates...)
	ann, _ := p.Register("ann")
	p.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k := writers.Start(&p.Server, ann, 1)
	harness.Eventually(t, "some chats", func() bool { return len(k.AnsweredSoFar()) > 5 })
	k.Stop()
	f.arm(t)
	if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := p.Exit(); status != 1 || !strings.Contains(p.Log.String(), "\nparley: the disk of the database failed") {
		t.Errorf("exit status %d: %s", status, p.Log)
	}
	writers.WantStored(t, k, writers.StoredIn(t, dir))
}

// A page of the database is broken: who reads it is told so and the server lives, who writes it ends it.
func TestCorruptDatabaseEndsTheServerAtTheFirstWrite(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the calls that fail are SQLite's, to a file of ours")
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir))
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	s.Must(nil, ann, `mutation { sendChat(room: "general", text: "x") { id } }`)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	breakIndex(t, filepath.Join(dir, "parley.db"), "chat_room_id_number")
	p := harness.StartProcess(t, dir)
	if code := p.Ask(ann, `{ chats(room: "general") { nodes { text } } }`).Code(); code != "SERVER_BUSY" {
		t.Errorf("a read of a broken page: %s", code)
	}
	if response, _ := p.Get("/readyz"); response.StatusCode != http.StatusOK {
		t.Errorf("after a read that failed: %s", response.Status)
	}
	k := writers.Start(&p.Server, ann, 1)
	if status := p.Exit(); status != 1 || !strings.Contains(p.Log.String(), "\nparley: the disk of the database failed") {
		t.Errorf("exit status %d: %s", status, p.Log)
	}
	if k.Stop(); len(k.Answered)+len(k.Refused) > 0 {
		t.Errorf("a write into a broken page was answered: %v", k.Codes)
	}
}

// breakIndex overwrites the first page of an index.
func breakIndex(t *testing.T, file, index string) {
	t.Helper()
	pool, err := sql.Open("sqlite3", file)
	if err != nil {
		t.Fatal(err)
	}
	var page, size int64
	if err := pool.QueryRow("SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = ?", index).Scan(&page, &size); err != nil {
		t.Fatal(err)
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(strings.Repeat("\xff", 64)), (page-1)*size); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// The disk is too full for a larger index of the WAL, which shows after the rows are in it: they are
// not there, and would be after a crash. So it is said that nobody knows, and the server goes on.
func TestNoSpaceForTheIndexOfTheWAL(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the calls that fail are SQLite's, to a file of ours")
	f := newFaulty(t)
	dir := harness.DataDir(t)
	p := harness.StartProcessIn(t, harness.Environment{Env: f.env("write", "parley.db-shm", 1)}, dir, harness.NoSendRates...)
	ann, _ := p.Register("ann")
	p.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	reader, err := sql.Open("sqlite3", filepath.Join(dir, "parley.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	rows, err := reader.Query("SELECT id FROM rooms UNION ALL SELECT id FROM users") // open: so the WAL grows
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	f.arm(t)
	k := writers.Start(&p.Server, ann, 4)
	harness.Eventually(t, "an index that cannot grow", func() bool { return k.CountOf("UNKNOWN_OUTCOME") > 0 })
	before := len(k.AnsweredSoFar())
	harness.Eventually(t, "an answer afterwards", func() bool { return len(k.AnsweredSoFar()) > before+20 })
	_ = errors.Join(rows.Err(), rows.Close()) // it was only held
	_ = p.Stop()
	k.Stop()
	f.wantFailed(t)
	writers.WantStored(t, k, writers.StoredIn(t, dir))
}
