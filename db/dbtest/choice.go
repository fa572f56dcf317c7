package dbtest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "github.com/mattn/go-sqlite3"    // the driver "sqlite3"

	"parley/children"
)

// choice is the variable of the environment that says on which database the suites run: "postgres", or
// else SQLite.
const choice = "TEST_DATABASE"

// OnPostgres says whether the suites run on Postgres.
func OnPostgres() bool { return os.Getenv(choice) == "postgres" }

// Patience is how long is waited for what must happen, and that of stores of tests (db.Options), which are not about it: a busy
// machine is slow, and nobody calls again.
const Patience = 5 * time.Minute

// shared is the server of this process's tests.
var shared struct {
	sync.Mutex
	server *Server
	made   map[string]bool
	fill   func(url, dir string) error // what Template was given
	filled []byte                      // a file of SQLite
}

// Template has the databases of this process begin as copies of one that fill has filled, once: the one with a URL, and,
// if it is a file, in a folder. That is faster than to migrate each of them.
func Template(fill func(url, dir string) error) { shared.fill = fill }

// template is its name on Postgres, file that of each database of SQLite.
const (
	template = "filled"
	file     = "parley.db"
)

// copyFile begins the database of a data directory that has none, on SQLite.
func copyFile(dir string) error {
	shared.Lock()
	defer shared.Unlock()
	if shared.filled == nil {
		from, err := os.MkdirTemp("", template)
		if err != nil {
			return err
		}
		if err = shared.fill("sqlite:"+file, from); err != nil {
			return err
		}
		if shared.filled, err = os.ReadFile(filepath.Join(from, file)); err != nil {
			return err
		}
	}
	to, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = to.Write(shared.filled)
	return errors.Join(err, to.Close())
}

// begin starts the shared server and fills the template.
func begin() (*Server, error) {
	server, err := NewServer(context.Background(), InMemory, "max_connections=500")
	if err != nil || shared.fill == nil {
		return server, err
	}
	if err = server.Create(context.Background(), template, ""); err == nil {
		err = shared.fill(server.URL(template), os.TempDir())
	}
	if err != nil {
		server.Remove()
	}
	return server, err
}

// Main runs the tests of a package and ends the server that they used: os.Exit(dbtest.Main(m)). What they leave in the
// folder for temporary files goes when the process goes, however it ends.
func Main(m *testing.M) int {
	if err := children.HoldTemp(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		shared.Lock()
		defer shared.Unlock()
		if shared.server != nil {
			shared.server.Remove()
		}
	}()
	return m.Run()
}

// URL is the database that belongs to a data directory: a file in it, or a database of the shared server
// of Postgres. The same directory is always the same database.
func URL(t testing.TB, dir string) string {
	t.Helper()
	return url(t, dir, false)
}

// Empty is URL of a database that has nothing of Template, if it is made here.
func Empty(t testing.TB, dir string) string {
	t.Helper()
	return url(t, dir, true)
}

func url(t testing.TB, dir string, empty bool) string {
	t.Helper()
	if !OnPostgres() {
		if shared.fill != nil && !empty {
			if err := copyFile(dir); err != nil {
				t.Fatal(err)
			}
		}
		return "sqlite:" + file
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		server, err := begin()
		if err != nil {
			t.Fatal(err)
		}
		shared.server, shared.made = server, map[string]bool{}
	}
	name := databaseOf(dir)
	if !shared.made[name] {
		options := ""
		if shared.fill != nil && !empty {
			options = "TEMPLATE " + template
		}
		if err := shared.server.Create(context.Background(), name, options); err != nil {
			t.Fatal(err)
		}
		shared.made[name] = true
	}
	return shared.server.URL(name)
}

// databaseOf is the name of the database of a data directory.
func databaseOf(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return "t" + hex.EncodeToString(sum[:8])
}

// Pool opens the database of a data directory behind the server's back, until the test is over.
func Pool(t testing.TB, dir string) *sql.DB {
	t.Helper()
	pool, done := Open(t, dir)
	t.Cleanup(done)
	return pool
}

// Open does the same until done is called.
func Open(t testing.TB, dir string) (pool *sql.DB, done func()) {
	t.Helper()
	driver, url := "sqlite3", "file:"+filepath.Join(dir, file)+"?_busy_timeout=5000"
	if OnPostgres() {
		driver, url = "pgx", URL(t, dir)
	}
	pool, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	return pool, func() { _ = pool.Close() }
}

// SkipOnPostgres skips a test of something that only SQLite has.
func SkipOnPostgres(t testing.TB, why string) {
	t.Helper()
	if OnPostgres() {
		t.Skip("only on SQLite: " + why)
	}
}

// SkipTwice skips a test that starts a Postgres of its own, when the suites run on Postgres: it runs when they
// run on SQLite, and would do the same.
func SkipTwice(t testing.TB) {
	t.Helper()
	if OnPostgres() {
		t.Skip("has a Postgres of its own, and runs beside the suites on SQLite")
	}
}
