package data

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/machine"
	"parley/server"
)

// withoutSyscall is the command that runs a server where a kind of system calls is missing; see testdata/withoutSyscall.c.
func withoutSyscall(t *testing.T, kind string) harness.Environment {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lesser")
	if out, err := exec.Command("gcc", "-o", path, "testdata/lesser.c").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := exec.Command(path, kind, "/bin/true").CombinedOutput(); err != nil {
		machine.Lacks(t, fmt.Sprintf("this machine filters no system calls: %v: %s", err, out))
	}
	return harness.Environment{Before: []string{path, kind}}
}

// Without locks SQLite says "busy" for ever, or nothing at all. It took 20 minutes, or did not end.
func TestFileSystemWithoutLocksEndsTheStart(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the locks are SQLite's")
	for _, kind := range []string{"nolocks", "deaflocks"} {
		for _, dir := range []string{harness.DataDir(t), used(t)} {
			t.Run(kind, func(t *testing.T) {
				t.Parallel()
				p, addr := harness.TryProcess(t, withoutSyscall(t, kind), dir)
				if status := p.Exit(); addr != "" || status != 1 || strings.Count(p.Log.String(), "parley: PARLEY_") != 1 || !strings.Contains(p.Log.String(), "without working locks") {
					t.Errorf("status %d: %s", status, p.Log)
				}
				if left, err := filepath.Glob(filepath.Join(dir, ".parley-locks-*")); kind == "nolocks" && (err != nil || len(left) > 0) {
					t.Errorf("left behind: %v, %v", left, err)
				}
			})
		}
	}
}

// used is a data directory after a first start.
func used(t *testing.T) string {
	t.Helper()
	dir := harness.DataDir(t)
	if err := harness.Start(t, harness.Config(t, dir)).Stop(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFirstStartWithoutHardLinks(t *testing.T) {
	dbtest.SkipOnPostgres(t, "no key is made at the start")
	dir := harness.DataDir(t)
	p := harness.StartProcessIn(t, withoutSyscall(t, "nolinks"), dir)
	ann, _ := p.Register("ann")
	p.Interrupt()
	if left, err := filepath.Glob(filepath.Join(dir, ".keys-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	p = harness.StartProcess(t, dir)
	p.Must(nil, ann, `{ me { id } }`)
}

// A start that waits says for what, and goes on when that is over.
func TestStartSaysWhatItWaitsFor(t *testing.T) {
	holds := map[string]func(t *testing.T, dir string) (release func() error){
		"the keys in": func(t *testing.T, dir string) func() error {
			d, err := os.Open(dir)
			if err == nil {
				err = syscall.Flock(int(d.Fd()), syscall.LOCK_EX)
			}
			if err != nil {
				t.Fatal(err)
			}
			return d.Close
		},
		"another process that migrates": func(t *testing.T, dir string) func() error {
			return held(t, openFile(t, filepath.Join(dir, "parley.db-migrate")), "BEGIN EXCLUSIVE")
		},
	}
	if dbtest.OnPostgres() {
		holds = map[string]func(t *testing.T, dir string) func() error{
			"another node that migrates": func(t *testing.T, dir string) func() error {
				return held(t, dbtest.Pool(t, dir), fmt.Sprint("SELECT pg_advisory_lock(", 0x7061726c6579, ")"))
			},
		}
	}
	for what, hold := range holds {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := harness.DataDir(t)
			dbtest.Empty(t, dir)
			c := harness.Config(t, dir)
			release := hold(t, harness.MakeDir(t, dir))
			log, ready, ended := &harness.Log{}, make(chan net.Addr, 1), make(chan error, 1)
			ctx, stop := context.WithCancel(t.Context())
			go func() { ended <- server.Run(ctx, c, log, func(addr net.Addr) { ready <- addr }) }()
			harness.Eventually(t, "a word", func() bool { return strings.Contains(log.String(), what) })
			if err := release(); err != nil {
				t.Error(err)
			}
			select {
			case <-ready:
			case err := <-ended:
				t.Fatalf("it ended: %v: %s", err, log)
			case <-time.After(harness.Timeout):
				t.Fatalf("it does not go on: %s", log)
			}
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// What another process keeps for itself ends the start with one line that says so.
func TestLockedDatabaseEndsTheStart(t *testing.T) {
	dbtest.SkipOnPostgres(t, "the locks are SQLite's")
	dir := harness.MakeDir(t, harness.DataDir(t))
	release := held(t, openFile(t, filepath.Join(dir, "parley.db")), "BEGIN EXCLUSIVE")
	defer func() { _ = release() }()
	stderr := &harness.Log{}
	status := harness.RunProgram([]string{"--data", dir, "--addr", "127.0.0.1:0"}, nil, io.Discard, stderr)
	if said := stderr.String(); status != 1 || strings.Count(said, "parley: ") != 1 || !strings.Contains(said, "another process has locked it") || !strings.Contains(said, "the locks of") {
		t.Errorf("status %d: %s", status, said)
	}
}

func openFile(t *testing.T, path string) *sql.DB {
	t.Helper()
	pool, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// held keeps what a statement has locked until release.
func held(t *testing.T, pool *sql.DB, lock string) (release func() error) {
	t.Helper()
	conn, err := pool.Conn(t.Context())
	if err == nil {
		_, err = conn.ExecContext(t.Context(), lock)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() error { // the end of the connection is the end of the lock
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		return pool.Close()
	}
}
