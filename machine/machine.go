// Package machine is for tests that need of a machine what not every one has: a program, the rights of root, Linux. With MISSING=fail in
// the environment, as make test has it, a test that cannot run fails, so that none is left out unseen. It knows no test.
package machine

import (
	"os"
	"testing"
)

// Lacks ends a test for which this machine lacks something: it is skipped, or with MISSING=fail it fails.
func Lacks(t testing.TB, what any) {
	t.Helper()
	if os.Getenv("MISSING") == "fail" {
		t.Fatalf("%v; make deps installs programs, and with MISSING=skip this is left out", what)
	}
	t.Skip(what)
}
