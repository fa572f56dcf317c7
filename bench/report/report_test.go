package report

import (
	"slices"
	"strings"
	"testing"
)

// TestTargets checks medians, not single rounds.
func TestTargets(t *testing.T) {
	for _, c := range []struct {
		target
		want string
	}{
		{target{bound: atLeast, limit: 5, rounds: []float64{1, 5, 9}}, "PASS"},
		{target{bound: atLeast, limit: 5, rounds: []float64{4, 4.9, 9}}, "MISS"},
		{target{bound: atMost, limit: 3, rounds: []float64{2, 9}}, "MISS"},
		{target{bound: atMost, limit: 3, rounds: []float64{2, 4}}, "PASS"},
		{target{bound: atMost, limit: 3}, "MISS"},
		{target{rounds: []float64{2}}, ""},
	} {
		if got := c.verdict(); got != c.want {
			t.Errorf("%v %s: %q, want %q", c.rounds, c.wanted(), got, c.want)
		}
	}
	if got := Over([]float64{6, 8, 1}, []float64{3, 2, 0}); !slices.Equal(got, []float64{2, 4}) {
		t.Errorf("ratios %v", got)
	}
}

// TestStrict makes a missed target a failure, and only then.
func TestStrict(t *testing.T) {
	r := Report{targets: []target{{name: "speed", bound: atLeast, limit: 2, rounds: []float64{1}}}}
	if err := r.Wrong(); err != nil {
		t.Error(err)
	}
	r.Strict = true
	if err := r.Wrong(); err == nil || !strings.Contains(err.Error(), "missed: speed") {
		t.Errorf("got %v", err)
	}
}

// TestProblemsAreBounded keeps the first lines and counts the rest.
func TestProblemsAreBounded(t *testing.T) {
	var p Problems
	for i := range maxProblems + 5 {
		p.Add("problem %d", i)
	}
	if lines := p.Lines(); len(lines) != maxProblems+1 || lines[maxProblems] != "… and 5 more" {
		t.Errorf("got %q", lines)
	}
}
