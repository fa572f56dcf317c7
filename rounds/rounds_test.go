package rounds

import (
	"slices"
	"testing"
)

func TestRounds(t *testing.T) {
	few := 30
	if testing.Short() {
		few = 3
	}
	for text, want := range map[string]int{"": few, "all": 1000, "7": 7} {
		t.Setenv("ROUNDS", text)
		if got := Of(t, 30, 1000); got != want {
			t.Errorf("ROUNDS=%q: %d, want %d", text, got, want)
		}
	}
	t.Setenv("ROUNDS", "")
	if got := Of(t, 1, 1); got != 1 {
		t.Errorf("%d of one round", got)
	}
}

func TestSeeds(t *testing.T) {
	run := func() (seeds []uint64) {
		Seeds(t, 3, 10, func(_ *testing.T, seed uint64) { seeds = append(seeds, seed) })
		return seeds
	}
	t.Setenv("ROUNDS", "3")
	if got := run(); !slices.Equal(got, []uint64{0, 1, 2}) {
		t.Errorf("got %v", got)
	}
	t.Setenv("MODEL_SEED", "41")
	if got := run(); !slices.Equal(got, []uint64{41}) {
		t.Errorf("with a seed of its own: %v", got)
	}
}
