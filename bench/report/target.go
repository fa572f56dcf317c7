package report

import (
	"encoding/json"
	"slices"
)

// A target is a quantity measured once a round, and the bound its median should keep. What is
// shown only for comparison has no bound.
type target struct {
	name   string
	bound  bound
	limit  float64
	rounds []float64
}

// A bound says on which side of its limit a median is good.
type bound int

const (
	unbound bound = iota
	atLeast
	atMost
)

func (t target) median() float64 { return Median(t.rounds) }

func (t target) spread() (lowest, highest float64) {
	if len(t.rounds) == 0 {
		return 0, 0
	}
	return slices.Min(t.rounds), slices.Max(t.rounds)
}

func (t target) verdict() string {
	switch {
	case t.bound == unbound:
		return ""
	case len(t.rounds) == 0:
		return "MISS"
	case t.bound == atLeast && t.median() >= t.limit, t.bound == atMost && t.median() <= t.limit:
		return "PASS"
	}
	return "MISS"
}

func (t target) wanted() string {
	switch t.bound {
	case atLeast:
		return "≥ " + show(t.limit)
	case atMost:
		return "≤ " + show(t.limit)
	}
	return ""
}

// MarshalJSON writes what the table shows, and the rounds behind it.
func (t target) MarshalJSON() ([]byte, error) {
	low, high := t.spread()
	return json.Marshal(struct {
		Name    string    `json:"name"`
		Median  float64   `json:"median"`
		Lowest  float64   `json:"lowest"`
		Highest float64   `json:"highest"`
		Wanted  string    `json:"wanted,omitempty"`
		Verdict string    `json:"verdict,omitempty"`
		Rounds  []float64 `json:"rounds"`
	}{t.name, t.median(), low, high, t.wanted(), t.verdict(), t.rounds})
}

// Median is the middle value, or the mean of the two middle ones; 0 for none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// Over divides round by round.
func Over(a, b []float64) []float64 {
	ratios := make([]float64, 0, len(a))
	for i := range min(len(a), len(b)) {
		if b[i] > 0 {
			ratios = append(ratios, a[i]/b[i])
		}
	}
	return ratios
}
