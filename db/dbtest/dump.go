package dbtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Dump is all that Postgres keeps of the database of a data directory, as SQL, and all that its server
// has said.
func Dump(t testing.TB, dir string) (database, log string) {
	t.Helper()
	URL(t, dir) // makes it
	s := shared.server
	out, err := s.command(context.Background(), "pg_dump", "-h", s.dir, "-U", "parley", databaseOf(dir)).Output()
	if err != nil {
		t.Fatalf("pg_dump: %v", err)
	}
	said, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(out), string(said)
}

// Restore puts the database of a data directory back to what was dumped.
func Restore(t testing.TB, dir, dump string) {
	t.Helper()
	s, name := shared.server, databaseOf(dir)
	if err := s.SQL(context.Background(), "postgres", fmt.Sprintf(`DROP DATABASE %q WITH (FORCE)`, name)); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(context.Background(), name, ""); err != nil {
		t.Fatal(err)
	}
	load := s.command(context.Background(), "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", s.dir, "-U", "parley", name)
	load.Stdin = strings.NewReader(dump)
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("psql: %v: %s", err, out)
	}
}
