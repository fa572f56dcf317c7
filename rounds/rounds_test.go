package rounds

import "testing"

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
