// Package rounds is for tests of what chance decides: how often they repeat it. ROUNDS in the environment chooses, so
// that make test has a few rounds of each, make nightly all of them.
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

// Seeds runs a model once for each seed, so many as Of says, in a bubble of virtual time, until one fails. With MODEL_SEED
// in the environment it runs that one alone.
func Seeds(t *testing.T, few, all int, model func(t *testing.T, seed uint64)) {
	t.Helper()
	run := func(seed uint64) {
		synctest.Test(t, func(t *testing.T) {
			if model(t, seed); t.Failed() {
				t.Errorf("seed %d", seed)
			}
		})
	}
	if one, err := strconv.ParseUint(os.Getenv("MODEL_SEED"), 10, 64); err == nil {
		run(one)
		return
	}
	for seed := range uint64(Of(t, few, all)) {
		if run(seed); t.Failed() {
			return
		}
	}
}
