// Package data tests what is kept: backup, export and import, migrations, full disks, files and what is in them.
package data

import (
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
