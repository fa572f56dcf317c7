// Package rounds is for tests of what chance decides: how often they repeat it. ROUNDS in the environment chooses, so
// that make test has a few rounds of each, make nightly all of them. It knows no test.
package rounds

import (
	"os"
	"strconv"
	"testing"
)

// Of returns how often a test repeats what chance decides: a few times, or a tenth of them, but at least once, with
// -short; all, if ROUNDS is "all"; as often as ROUNDS says, if it is a number.
func Of(t testing.TB, few, all int) int {
	t.Helper()
	switch text := os.Getenv("ROUNDS"); {
	case text == "" && testing.Short():
		return max(1, few/10)
	case text == "":
		return few
	case text == "all":
		return all
	default:
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("ROUNDS: %v", err)
		}
		return n
	}
}
