package report

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestQuantile compares with a sorted list: 0.8 % off at most.
func TestQuantile(t *testing.T) {
	var one, two Histogram
	all := make([]time.Duration, 10_000)
	for i := range all {
		all[i] = time.Duration(float64(time.Microsecond) * (1 + rand.ExpFloat64()*float64(i)))
		if i%2 == 0 {
			one.Record(all[i])
		} else {
			two.Record(all[i])
		}
	}
	one.Merge(&two)
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.25, 0.5, 0.9, 0.99, 0.999} {
		got, want := float64(one.Quantile(q)), float64(all[int(q*float64(len(all)))-1])
		if got < want*0.991-64 || got > want*1.009+64 {
			t.Errorf("quantile %v: %v, want %v", q, time.Duration(got), time.Duration(want))
		}
	}
	if got, want := one.Quantile(1), all[len(all)-1]; float64(got) < float64(want)*0.99 || got > want {
		t.Errorf("quantile 1: %v, want %v", got, want)
	}
	if one.longest != all[len(all)-1] {
		t.Errorf("longest: %v, want %v", one.longest, all[len(all)-1])
	}
}

// TestQuantileOfFew has exact answers at the edges.
func TestQuantileOfFew(t *testing.T) {
	var h Histogram
	if h.Quantile(0.5) != 0 {
		t.Error("no records: not 0")
	}
	h.Record(-time.Second)
	if h.Quantile(0.5) != 0 {
		t.Error("a negative duration does not count as 0")
	}
	h = Histogram{}
	h.Record(10 * time.Hour)
	if h.Quantile(0.5) == 0 || h.longest != 10*time.Hour {
		t.Error("a duration beyond the range is lost")
	}
}

// TestBucketsMeet holds each bucket against its middle: none is skipped, none overlaps.
func TestBucketsMeet(t *testing.T) {
	for i := range octaves << detail {
		if got := bucket(middle(i)); got != i {
			t.Fatalf("the middle of bucket %d, %v, lies in bucket %d", i, middle(i), got)
		}
	}
}

// TestRecordingAllocatesNothing keeps a measurement cheaper than what it measures.
func TestRecordingAllocatesNothing(t *testing.T) {
	h := &Histogram{}
	if n := testing.AllocsPerRun(100, func() { h.Record(time.Millisecond) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
