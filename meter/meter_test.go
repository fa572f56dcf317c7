package meter_test

import (
	"maps"
	"slices"
	"sync"
	"testing"

	"parley/meter"
)

// A bound belongs to the class below it, and what lies above the last has a class too.
func TestHistogramClasses(t *testing.T) {
	h := meter.NewHistogram(1, 10)
	for _, value := range []int64{0, 1, 2, 10, 11, 1000} {
		h.Observe(value)
	}
	if d := h.Distribution(); !slices.Equal(d.Counts, []uint64{2, 2, 2}) || d.Sum != 1024 || !slices.Equal(d.Bounds, []int64{1, 10}) {
		t.Errorf("got %+v", d)
	}
}

// What a tally has no name for makes no new name: names become labels, and their number must not grow.
func TestTallyHasNoMoreNames(t *testing.T) {
	tally := meter.NewTally("a", "b")
	if got := tally.Counts(); !maps.Equal(got, map[string]uint64{"a": 0, "b": 0}) {
		t.Errorf("before anything is counted: %v", got)
	}
	tally.Add("a", 1)
	tally.Add("hunter2", 2)
	tally.Add("hunter3", 1)
	if got := tally.Counts(); !maps.Equal(got, map[string]uint64{"a": 1, "b": 0, meter.Other: 3}) {
		t.Errorf("got %v", got)
	}
}

// Nothing is lost when many count at once and somebody looks meanwhile.
func TestManyCountAtOnce(t *testing.T) {
	const goroutines, each = 8, 1000
	tally, h := meter.NewTally("a"), meter.NewTimes()
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for i := range each {
				tally.Add("a", 1)
				h.Observe(int64(i) * 1e6)
				if i%100 == 0 {
					_, _ = tally.Counts(), h.Distribution()
				}
			}
		})
	}
	all.Wait()
	total := uint64(0)
	for _, n := range h.Distribution().Counts {
		total += n
	}
	if total != goroutines*each || tally.Counts()["a"] != goroutines*each {
		t.Errorf("%d values and %d names, want %d of each", total, tally.Counts()["a"], goroutines*each)
	}
}
