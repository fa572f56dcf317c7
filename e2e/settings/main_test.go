// Package settings tests the program from outside: commands, settings, addresses, and what README.md says.
package settings

import (
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
