// Package members tests rooms for some: who may see and do what, and that what is hidden looks like nothing.
package members

import (
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
