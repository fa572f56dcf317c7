// Package streams tests subscriptions: nothing is lost or doubled, slow readers, and how a stream ends.
package streams

import (
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
