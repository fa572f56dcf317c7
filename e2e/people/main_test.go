// Package people tests what people have read, say and do, as clients see it: read positions, mentions, replies, reactions,
// signals and blocks.
package people

import (
	"os"
	"testing"

	"parley/e2e/harness"
)

func TestMain(m *testing.M) {
	if os.Getenv(runAsTypist) != "" {
		typeUntilKilled()
	}
	harness.Main(m)
}
