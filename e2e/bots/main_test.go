// Package bots runs the bots of examples as processes, which are killed and refused as it comes, on a server that is
// killed too: each answers every question exactly once.
package bots

import (
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
