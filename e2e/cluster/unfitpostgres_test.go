package cluster

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/children"
	"parley/db/dbtest"
	"parley/db/dbtest/lossyproxy"
	"parley/e2e/harness"
)

// newBadPostgres starts a server that a test may break.
func newBadPostgres(t *testing.T, flags ...string) *dbtest.Server {
	t.Helper()
	dbtest.SkipTwice(t)
	s, err := dbtest.NewServer(t.Context(), dbtest.InMemory, flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Remove)
	return s
}

func mustSQL(t *testing.T, s *dbtest.Server, database, statements string) {
	t.Helper()
	if err := s.SQL(t.Context(), database, statements); err != nil {
		t.Fatal(err)
	}
}

// serverOn is a process on a Postgres, with keys of its own.
func serverOn(t *testing.T, url string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], append(args, "--data", withKeys(t), "--addr", "127.0.0.1:0", "--database-url", url)...)
	cmd.Env = append(os.Environ(), harness.RunAsServer+"=1")
	return cmd
}

// wantRefused wants both the server and `parley migrate` to end with status 1 and one line that says why,
// but no password.
func wantRefused(t *testing.T, url, says string) {
	t.Helper()
	var both sync.WaitGroup
	defer both.Wait()
	for _, args := range [][]string{nil, {"migrate"}} {
		both.Go(func() { wantRefusal(t, serverOn(t, url, args...), says) })
	}
}

func wantRefusal(t *testing.T, cmd *exec.Cmd, says string) {
	var stderr harness.Log
	cmd.Stderr = &stderr
	began := time.Now()
	wait, err := children.Start(cmd, syscall.SIGKILL)
	if err != nil {
		t.Error(err)
		return
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = wait() }() // its status is looked at
	for late := time.After(harness.Timeout); ; {
		select {
		case <-ended:
		case <-late:
			_ = cmd.Process.Kill()
			<-ended
		case <-time.After(20 * time.Millisecond):
			if strings.Contains(stderr.String(), "listening on ") { // it should not
				_ = cmd.Process.Kill()
			}
			continue
		}
		break
	}
	lines := slices.DeleteFunc(strings.SplitAfter(stderr.String(), "\n"), func(line string) bool { return strings.Contains(line, "the start waits") })
	said, ok := strings.CutPrefix(strings.Join(lines, ""), "parley: PARLEY_DATABASE_URL: ")
	if status := cmd.ProcessState.ExitCode(); status != 1 || !ok || strings.Count(said, "\n") != 1 || !strings.Contains(said, says) {
		t.Errorf("%v: status %d, %q; want one line that says %q", cmd.Args[1:2], status, stderr.String(), says)
	}
	if strings.Contains(said, "hunter2") {
		t.Errorf("it tells the password: %s", said)
	}
	if took := time.Since(began); took > harness.Timeout/2 && !strings.Contains(stderr.String(), "Postgres at 127.0.0.1:") {
		t.Errorf("after %v it has not said what it waits for: %s", took, stderr.String())
	}
}

// wantUntouched wants a database to be the same after f, to the letter.
func wantUntouched(t *testing.T, s *dbtest.Server, database string, f func()) {
	t.Helper()
	before, err := s.Dump(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	f()
	if after, err := s.Dump(t.Context(), database); err != nil || after != before {
		t.Errorf("the database was changed (%v): %s\n---\n%s", err, before, after)
	}
}

// blackHole takes connections and never says a word.
func blackHole(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

func refusedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func TestUnreachablePostgresIsRefused(t *testing.T) {
	for url, says := range map[string]string{
		"postgres://ann:hunter2@h:port/x":                                                  "want postgres://",
		"postgres://ann:hunter2%zz@127.0.0.1/x":                                            "want postgres://",
		"postgres://ann:hunter2@127.0.0.1/x?sslmode=maybe":                                 "sslmode is invalid",
		"postgres://ann@127.0.0.1/x?password=hunter2&connect_timeout=soon":                 `"soon"`,
		"postgres://ann:hunter2@nowhere.invalid/x":                                         "nowhere.invalid",
		"postgres://ann:hunter2@" + refusedPort(t) + "/x":                                  "refused",
		"postgres://ann:hunter2@" + blackHole(t) + "/x":                                    "reach Postgres",
		"postgres://ann:hunter2@" + blackHole(t) + "/x?sslmode=disable":                    "reach Postgres",
		"postgres://ann:hunter2@" + blackHole(t) + "/x?sslmode=disable&connect_timeout=60": "reach Postgres",
		"mysql://ann:hunter2@127.0.0.1/x":                                                  "want sqlite:FILE or postgres://",
	} {
		t.Run(says, func(t *testing.T) { t.Parallel(); wantRefused(t, url, says) })
	}
}

// What a database is like decides whether Parley touches it.
func TestUnfitDatabaseIsRefusedUntouched(t *testing.T) {
	s := newBadPostgres(t)
	mustSQL(t, s, "postgres", "CREATE USER locked PASSWORD 'secret'; CREATE USER guest; CREATE USER fast; ALTER ROLE fast SET synchronous_commit = off")
	proxy, err := lossyproxy.New(s)
	if err != nil {
		t.Fatal(err)
	}
	proxy.Serve()
	defer proxy.Close()
	tables := "CREATE TABLE users (id int); INSERT INTO users VALUES (1)"
	newer := "CREATE TABLE goose_db_version (id serial, version_id bigint, is_applied bool, tstamp timestamp default now()); INSERT INTO goose_db_version (version_id, is_applied) VALUES (99990101000000, true)"
	for name, c := range map[string]struct{ options, prepare, url, says string }{
		"password":    {url: proxy.URL("locked:hunter2", "password"), says: "password authentication failed"},
		"noDatabase":  {url: proxy.URL("parley", "nothing"), says: `database "nothing" does not exist`},
		"guests":      {url: proxy.URL("guest", "guests"), says: `permission denied for schema "public"`},
		"tls":         {url: strings.Replace(proxy.URL("parley", "tls"), "sslmode=disable", "sslmode=require", 1), says: "refused TLS"},
		"readonly":    {prepare: "ALTER DATABASE readonly SET default_transaction_read_only = on", says: "default_transaction_read_only=on"},
		"async":       {prepare: "ALTER DATABASE async SET synchronous_commit = off", says: "synchronous_commit=off"},
		"asynclocal":  {prepare: "ALTER DATABASE asynclocal SET synchronous_commit = local", says: "synchronous_commit=local"},
		"asyncrole":   {url: proxy.URL("fast", "asyncrole"), says: "synchronous_commit=off"},
		"asyncurl":    {url: proxy.URL("parley", "asyncurl") + "&synchronous_commit=off", says: "synchronous_commit=off"},
		"asyncoption": {url: proxy.URL("parley", "asyncoption") + "&options=-csynchronous_commit%3Doff", says: "synchronous_commit=off"},
		"ascii":       {options: "ENCODING SQL_ASCII LOCALE 'C' TEMPLATE template0", says: "server_encoding=SQL_ASCII"},
		"latin":       {options: "ENCODING LATIN1 LOCALE 'C' TEMPLATE template0", says: "server_encoding=LATIN1"},
		"newer":       {prepare: newer, says: "later version"},
		"foreign":     {prepare: tables, says: "table users that is not Parley's"},
		"path":        {prepare: "CREATE SCHEMA own; ALTER DATABASE path SET search_path = own", url: proxy.URL("guest", "path"), says: `permission denied for schema ""`},
		"standby":     {url: proxy.URL("parley", "standby") + "&target_session_attrs=standby", says: "ValidateConnect"},
	} {
		if err := s.Create(t.Context(), strings.ToLower(name), c.options); err != nil {
			t.Fatal(err)
		}
		if c.prepare != "" {
			mustSQL(t, s, name, c.prepare)
		}
		if c.url == "" {
			c.url = proxy.URL("parley", name)
		}
		t.Run(name, func(t *testing.T) {
			wantUntouched(t, s, strings.ToLower(name), func() { wantRefused(t, c.url, c.says) })
		})
	}
	// Beside what is not Parley's there is room, as long as the names differ.
	if err := s.Create(t.Context(), "shared", ""); err != nil {
		t.Fatal(err)
	}
	mustSQL(t, s, "shared", "CREATE TABLE others (id int)")
	if out, err := serverOn(t, proxy.URL("parley", "shared"), "migrate").CombinedOutput(); err != nil || string(out) != "the database is up to date\n" {
		t.Errorf("%v: %s", err, out)
	}
	var said bytes.Buffer
	backup := serverOn(t, proxy.URL("parley", "shared"), "backup", t.TempDir()+"/copy")
	backup.Stderr = &said
	if err := backup.Run(); err == nil || strings.Count(said.String(), "\n") != 1 || !strings.Contains(said.String(), "pg_dump") {
		t.Errorf("backup: %v: %s", err, &said)
	}
}

// A server that would lose answered chats, or is too old, or follows another, is refused.
func TestUnfitServerIsRefusedUntouched(t *testing.T) {
	s := newBadPostgres(t)
	for _, setting := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			s := newBadPostgres(t, setting+"=off")
			wantUntouched(t, s, "postgres", func() { wantRefused(t, s.URL("postgres"), setting+"=off") })
		})
	}
	t.Run("replica", func(t *testing.T) {
		t.Parallel()
		r, err := s.Replica(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Remove)
		wantUntouched(t, r, "postgres", func() { wantRefused(t, r.URL("postgres"), "is a replica") })
	})
	t.Run("old", func(t *testing.T) {
		t.Parallel()
		proxy, err := lossyproxy.New(s)
		if err != nil {
			t.Fatal(err)
		}
		number, err := s.Ask(t.Context(), "postgres", "SHOW server_version_num")
		if err != nil {
			t.Fatal(err)
		}
		proxy.Answered = func(b []byte) {
			if i := bytes.Index(b, []byte(number)); i >= 0 {
				copy(b[i:], "1499")
			}
		}
		proxy.Serve()
		defer proxy.Close()
		wantUntouched(t, s, "postgres", func() { wantRefused(t, proxy.URL("parley", "postgres"), "needs version 15 or newer") })
	})
	t.Run("pooler that drops settings", func(t *testing.T) {
		t.Parallel()
		proxy, err := lossyproxy.New(s)
		if err != nil {
			t.Fatal(err)
		}
		proxy.Asked = func(b []byte) lossyproxy.Then { // a name of the same length, which sets nothing
			if i := bytes.Index(b, []byte("lock_timeout\x002s\x00")); i >= 0 {
				copy(b[i:], "own.settings")
			}
			return lossyproxy.Pass
		}
		proxy.Serve()
		defer proxy.Close()
		if err := s.Create(t.Context(), "pooled", ""); err != nil { // others want theirs untouched meanwhile
			t.Fatal(err)
		}
		wantRefused(t, proxy.URL("parley", "pooled"), "lock_timeout=0 although Parley asks for 2s")
	})
}
