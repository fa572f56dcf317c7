package dbtest

import (
	"errors"
	"testing"
)

// Started ends a test whose Postgres has not started. Where none is installed, a short test is skipped.
func Started(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrNoPostgres) && testing.Short() {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
