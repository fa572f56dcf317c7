package harness

import (
	"os"
	"strconv"
	"testing"
)

// Rounds is how often a test repeats what chance decides: a few times, or as often as make nightly has it, when ROUNDS
// in the environment is "all". A number there is how often.
func Rounds(t testing.TB, few, all int) int {
	t.Helper()
	switch text := os.Getenv("ROUNDS"); text {
	case "":
		return few
	case "all":
		return all
	default:
		rounds, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("ROUNDS: %v", err)
		}
		return rounds
	}
}
