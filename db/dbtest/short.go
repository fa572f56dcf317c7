package dbtest

import (
	"errors"
	"testing"
)

// errShort is of a server that short tests asked for.
var errShort = errors.New("short tests start no Postgres")

// short says whether these are short tests.
func short() bool { return testing.Testing() && testing.Short() }

// Started ends a test whose Postgres has not started. A short test is skipped.
func Started(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errShort) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
