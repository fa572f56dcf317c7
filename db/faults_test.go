package db

import (
	"errors"
	"testing"

	"github.com/mattn/go-sqlite3"

	"parley/ent"
)

// The connection was free for others before the fault was told: they wrote behind it, and their writes were acknowledged.
func TestNobodyWritesBehindAFault(t *testing.T) {
	met, end, told := make(chan struct{}), make(chan struct{}), 0
	s, err := Open(t.Context(), Options{URL: "sqlite:parley.db", Dir: t.TempDir(), OnFault: func(error) {
		told++
		close(met)
		<-end
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }() // it has failed
	writes := make(chan error, 2)
	go func() {
		writes <- s.Write(t.Context(), func(*ent.Tx) error { return sqlite3.Error{Code: sqlite3.ErrIoErr} })
	}()
	<-met
	go func() { writes <- add(t.Context(), s) }()
	close(end)
	for range 2 {
		if err := <-writes; !errors.Is(err, ErrDown) {
			t.Errorf("got %v, want ErrDown", err)
		}
	}
	if err := s.WriteUrgent(t.Context(), func(*ent.Tx) error { t.Error("it runs"); return nil }); !errors.Is(err, ErrDown) {
		t.Errorf("an urgent one later: %v", err)
	}
	if n, err := s.Read.User.Query().Count(t.Context()); err != nil || n != 0 {
		t.Errorf("%d users, %v", n, err)
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}
