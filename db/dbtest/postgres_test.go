package dbtest

import (
	"database/sql"
	"testing"
	"time"
)

// A server that is killed while its connections compute starts again at once: none of them lives on and
// holds its memory.
func TestKilledServerStartsAgain(t *testing.T) {
	s, err := NewServer(t.Context(), InMemory)
	Started(t, err)
	defer s.Remove()
	pool, err := sql.Open("pgx", s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	const busy = 8
	for range busy {
		go func() { _, _ = pool.Exec("SELECT count(*) FROM generate_series(1, 1000000000)") }()
	}
	for n := 0; n < busy; time.Sleep(time.Millisecond) {
		if err := pool.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 1%' AND pid <> pg_backend_pid()").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	s.Kill()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var one int
	if err := pool.QueryRow("SELECT 1").Scan(&one); err != nil {
		t.Error(err)
	}
}
