// Package meter counts what goes on, in atomics and without a library. Packages keep meters and return what
// they show as plain values; only server knows who asks for them.
package meter

import (
	"slices"
	"sync/atomic"
	"time"
)

// Other is the name under which a Tally counts what it has no name for.
const Other = "other"

// A Tally counts by name. Its names are given when it is made, so there are never more, whatever is counted.
// Safe for concurrent use.
type Tally struct{ counts map[string]*atomic.Uint64 }

// NewTally makes one with these names, and Other.
func NewTally(names ...string) *Tally {
	t := &Tally{counts: make(map[string]*atomic.Uint64, len(names)+1)}
	for _, name := range append(slices.Clip(names), Other) {
		t.counts[name] = &atomic.Uint64{}
	}
	return t
}

// Add counts n more of a name.
func (t *Tally) Add(name string, n int) {
	count := t.counts[name]
	if count == nil {
		count = t.counts[Other]
	}
	count.Add(uint64(n))
}

// Counts returns how many there were of each name. Other is left out while there were none.
func (t *Tally) Counts() map[string]uint64 {
	counts := make(map[string]uint64, len(t.counts))
	for name, count := range t.counts {
		if n := count.Load(); n > 0 || name != Other {
			counts[name] = n
		}
	}
	return counts
}

// A Histogram counts values by their size. Safe for concurrent use.
type Histogram struct {
	bounds []int64
	counts []atomic.Uint64 // one more than bounds
	sum    atomic.Int64
}

// NewHistogram makes one whose classes end at these bounds, which ascend and belong to the class below.
func NewHistogram(bounds ...int64) *Histogram {
	return &Histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

// NewTimes makes one of durations, in nanoseconds, from half a millisecond to 10 s.
func NewTimes() *Histogram {
	const ms = int64(time.Millisecond)
	return NewHistogram(ms/2, ms, 5*ms/2, 5*ms, 10*ms, 25*ms, 50*ms, 100*ms, 250*ms, 500*ms, 1000*ms, 2500*ms, 5000*ms, 10_000*ms)
}

// Observe counts a value.
func (h *Histogram) Observe(value int64) {
	class, _ := slices.BinarySearch(h.bounds, value)
	h.counts[class].Add(1)
	h.sum.Add(value)
}

// A Distribution is what a Histogram shows. Counts has one more than Bounds: what lies above the last.
type Distribution struct {
	Bounds []int64
	Counts []uint64
	Sum    int64
}

// Distribution returns what was counted.
func (h *Histogram) Distribution() Distribution {
	d := Distribution{Bounds: h.bounds, Counts: make([]uint64, len(h.counts)), Sum: h.sum.Load()}
	for i := range h.counts {
		d.Counts[i] = h.counts[i].Load()
	}
	return d
}
