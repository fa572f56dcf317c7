package cluster

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"

	"parley/auth/keys"
	"parley/children"
	"parley/db/dbtest"
	"parley/db/dbtest/lossyproxy"
	"parley/e2e/harness"
)

// Of six that start together one migrates, and all serve.
func TestManyNodesMigratePostgresOnce(t *testing.T) {
	s := newBadPostgres(t)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			p, addr := harness.TryProcess(t, harness.Environment{}, withKeys(t), "--database-url", s.URL("postgres"))
			if addr == "" {
				t.Errorf("a node ended: %s", p.Log)
			}
		})
	}
	wg.Wait()
	wantMigrated(t, s)
}

func withKeys(t *testing.T) string {
	t.Helper()
	dir := harness.MakeDir(t, harness.DataDir(t))
	if _, err := keys.Add(dir); err != nil {
		t.Error(err)
	}
	return dir
}

// wantMigrated wants each version to be there once.
func wantMigrated(t *testing.T, s *dbtest.Server) {
	t.Helper()
	got, err := s.Ask(t.Context(), "postgres", "SELECT count(*) = count(DISTINCT version_id), count(*) FROM goose_db_version")
	files, _ := os.ReadDir("../../db/migrations/postgres")
	if want := fmt.Sprintf("t|%d", len(files)); err != nil || got != want { // version 0, and all but atlas.sum
		t.Errorf("versions: %s, %v; want %s", got, err, want)
	}
}

// A node is killed in the middle of each migration. The next start goes on, as soon as the server has done with it.
func TestKilledMigrationIsFinishedByTheNext(t *testing.T) {
	s := newBadPostgres(t)
	for _, marker := range []string{"CREATE TABLE goose_db_version", `CREATE TABLE "users"`, `CREATE TABLE "login_limits"`, `"edited_at"`} {
		proxy, err := lossyproxy.New(s)
		if err != nil {
			t.Fatal(err)
		}
		cmd := serverOn(t, proxy.URL("parley", "postgres"), "migrate")
		seen, started := false, make(chan struct{})
		proxy.Asked = func(b []byte) lossyproxy.Then {
			if bytes.Contains(b, []byte(marker)) {
				seen = true
				<-started
				_ = cmd.Process.Signal(syscall.SIGKILL)
			}
			return lossyproxy.Pass
		}
		proxy.Serve()
		wait, err := children.Start(cmd, syscall.SIGKILL)
		if err != nil {
			t.Fatal(err)
		}
		close(started)
		if err := wait(); err == nil {
			t.Errorf("%s: it was not killed", marker)
		}
		proxy.Close()
		if !seen {
			t.Errorf("%s: it was not migrated", marker)
		}
	}
	if out, err := serverOn(t, s.URL("postgres"), "migrate").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	wantMigrated(t, s)
}

// A start waits while another migrates.
func TestStartWaitsForTheMigrationOfAnother(t *testing.T) {
	s := newBadPostgres(t)
	pool, err := sql.Open("pgx", s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	other, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.ExecContext(t.Context(), "SELECT pg_advisory_lock($1)", 0x7061726c6579); err != nil {
		t.Fatal(err)
	}
	cmd := serverOn(t, s.URL("postgres"), "migrate")
	wait, err := children.Start(cmd, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "the second waits", func() bool {
		waiting, err := s.Ask(t.Context(), "postgres", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
		return err == nil && waiting == "1"
	})
	if tables, err := s.Ask(t.Context(), "postgres", "SELECT count(*) FROM pg_tables WHERE tablename = 'users'"); err != nil || tables != "0" {
		t.Errorf("it did not wait: %s tables of users, %v", tables, err)
	}
	if err := other.Close(); err != nil { // the session goes back to its pool, and ends with it
		t.Fatal(err)
	}
	_ = pool.Close()
	if err := wait(); err != nil {
		t.Error(err)
	}
	wantMigrated(t, s)
}

// While the database is gone a node says that it cannot serve, and says so no longer when it is back.
func TestHealthFollowsPostgres(t *testing.T) {
	s := newBadPostgres(t)
	p, addr := harness.TryProcess(t, harness.Environment{}, withKeys(t), "--database-url", s.URL("postgres"))
	if addr == "" {
		t.Fatal(p.Log)
	}
	p.Addr = addr
	healthcheck := func() int {
		cmd := exec.CommandContext(context.Background(), os.Args[0], "healthcheck", "--addr", addr)
		cmd.Env = append(os.Environ(), harness.RunAsServer+"=1")
		_ = cmd.Run() // its status is looked at
		return cmd.ProcessState.ExitCode()
	}
	want := func(code, status int) {
		t.Helper()
		if response, _ := p.Get("/readyz"); response.StatusCode != code {
			t.Errorf("got %s, want %d", response.Status, code)
		}
		if got := healthcheck(); got != status {
			t.Errorf("healthcheck ends with %d, want %d", got, status)
		}
	}
	want(http.StatusOK, 0)
	s.Kill()
	want(http.StatusServiceUnavailable, 1)
	if response, _ := p.Get("/healthz"); response.StatusCode != http.StatusOK {
		t.Errorf("alive: %s", response.Status)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(http.StatusOK, 0)
}

// Whatever has become of the connections, a server that is told to stop ends well.
func TestStopAfterPostgresWentAway(t *testing.T) {
	s := newBadPostgres(t)
	proxy, err := lossyproxy.New(s)
	if err != nil {
		t.Fatal(err)
	}
	proxy.Serve()
	t.Cleanup(proxy.Close)
	p, addr := harness.TryProcess(t, harness.Environment{}, withKeys(t), "--database-url", proxy.URL("parley", "postgres"))
	if p.Addr = addr; addr == "" {
		t.Fatalf("the server ended: %s", p.Log)
	}
	p.Register("ann")
	proxy.Close()
	p.Interrupt()
}
