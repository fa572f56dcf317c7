// Package faults kills the server, fails its disk and leaves nobody to read its log, and checks what its clients saw.
package faults

import (
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
