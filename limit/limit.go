// Package limit says how often something may happen, and counts it. It rests on one idea: a bucket of tokens that
// come back one by one is fully told by the moment at which it is full again, so a bucket is a time, in memory as in
// a row. It does not know what is limited, nor whose the keys are.
package limit

import (
	"errors"
	"time"
)

// Rate is so many calls in so much time. A Rate without Calls is none at all: everything passes.
type Rate struct {
	Calls int
	Per   time.Duration
}

var errRate = errors.New("want so many calls in at least 1ms, such as 10/15m; 0 switches it off")

// Check returns an error that says what a rate may be when r cannot be one.
func (r Rate) Check() error {
	if r.Calls < 0 || r.Per < 0 || r.Calls > 0 && r.Per < time.Millisecond {
		return errRate
	}
	return nil
}

// Times is the rate of n times as many calls in the same time.
func (r Rate) Times(n int) Rate { return Rate{Calls: r.Calls * n, Per: r.Per} }

// Bucket is the bucket of a rate: it holds as many tokens as there are calls, times burst.
func (r Rate) Bucket(burst int) Bucket {
	if r.Calls == 0 {
		return Bucket{}
	}
	return Bucket{Size: r.Calls * burst, Step: max(1, r.Per/time.Duration(r.Calls))}
}

// ClocksDiffer is how far the clocks of nodes may be apart. A moment further ahead was told by a clock that
// was wrong, and must not hold until it comes.
const ClocksDiffer = time.Minute

// Bucket holds at most Size tokens. A token that was taken comes back after Step, one behind the other. A Bucket of
// no size gives any number.
type Bucket struct {
	Size int
	Step time.Duration
}

// Take takes a token of a bucket that is full again at that moment; the zero time: it is full. next is when it is
// full after that. When there is no token, wait is how long it takes for one to come back.
//
// The moment never lies further ahead than all tokens take to come back, unless the clock was wrong: more than
// ClocksDiffer ahead it says nothing, and less ahead it counts as that of an empty bucket, and next says so.
func (b Bucket) Take(full, now time.Time) (next time.Time, wait time.Duration) {
	if b.Size == 0 {
		return full, 0
	}
	all := now.Add(b.Step * time.Duration(b.Size))
	switch {
	case full.Before(now), full.After(all.Add(ClocksDiffer)):
		full = now
	case full.After(all):
		full = all
	}
	next = full.Add(b.Step)
	if wait = next.Sub(all); wait > 0 {
		return full, wait
	}
	return next, 0
}

// memory is what a process knows of a bucket: when it is full, and when it was last taken from, by one clock.
type memory struct{ full, asked time.Time }

// take is Bucket.Take by the clock of a process. When that was set back, what was taken comes back as if it had been
// taken now.
func (m memory) take(b Bucket, now time.Time) (next memory, wait time.Duration) {
	if back := m.asked.Sub(now); back > 0 {
		m.full = m.full.Add(-back)
	}
	m.full, wait = b.Take(m.full, now)
	return memory{full: m.full, asked: now}, wait
}
