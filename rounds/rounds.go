// Package rounds is for tests of what chance decides: how often they repeat it. ROUNDS in the environment chooses, so
// that make test has a few rounds of each, make nightly all of them. It knows no test.
package rounds

import (
	"os"
	"strconv"
	"testing"
	"testing/synctest"
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

// Seeds runs a model with as many seeds as Of returns, in virtual time, until one fails, and says which. MODEL_SEED in the
// environment has one run alone.
func Seeds(t *testing.T, few, all int, run func(t *testing.T, seed uint64)) {
	t.Helper()
	first, n := uint64(0), uint64(Of(t, few, all))
	if one, err := strconv.ParseUint(os.Getenv("MODEL_SEED"), 10, 64); err == nil {
		first, n = one, 1
	}
	for seed := first; seed < first+n; seed++ {
		synctest.Test(t, func(t *testing.T) { // which ends t when it has failed
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			run(t, seed)
		})
	}
}
