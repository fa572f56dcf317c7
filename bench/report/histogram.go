package report

import (
	"math/bits"
	"time"
)

const (
	grain   = 6  // durations are counted in units of 64 ns
	detail  = 6  // 64 buckets for each doubling: a bucket is at most 1.6 % wide
	octaves = 25 // up to 68 s; longer ones count as that
)

// A Histogram counts durations. Recording allocates nothing and takes a few nanoseconds. It
// belongs to one goroutine; merge brings several together.
type Histogram struct {
	counts  [octaves << detail]uint32
	N       int
	longest time.Duration
}

// Record counts a duration; a negative one counts as 0.
func (h *Histogram) Record(d time.Duration) {
	if d < 0 {
		d = 0
	}
	h.counts[bucket(d)]++
	h.N++
	h.longest = max(h.longest, d)
}

// Merge adds what another histogram has counted.
func (h *Histogram) Merge(other *Histogram) {
	for i, c := range other.counts {
		h.counts[i] += c
	}
	h.N += other.N
	h.longest = max(h.longest, other.longest)
}

// Quantile is the duration that the share q (0 to 1) of all records does not exceed, to within 0.8 %;
// 0 without records.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.N == 0 {
		return 0
	}
	rank := max(1, int(q*float64(h.N)+0.5))
	for i, c := range h.counts {
		if rank -= int(c); rank <= 0 {
			return min(middle(i), h.longest)
		}
	}
	return h.longest
}

func bucket(d time.Duration) int {
	v := uint64(d) >> grain
	shift := max(0, bits.Len64(v)-detail-1)
	return min(shift<<detail+int(v>>shift), octaves<<detail-1)
}

// middle is the duration in the middle of bucket i.
func middle(i int) time.Duration {
	shift := max(0, i>>detail-1)
	low := uint64(i-shift<<detail) << shift
	return time.Duration((low<<1 + 1<<shift) << grain / 2)
}
