// Package passwords tests what depends on the cost of a password hash: many sign-ins at once, floods of them, and
// which passwords there are. Its hashes are those of a real server.
package passwords

import (
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) { harness.MainWithRealHashes(m) }
