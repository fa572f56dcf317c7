package chat

import (
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/time/rate"
)

// A Rate is so many calls in so much time. The zero Rate is none at all: everything passes.
type Rate struct {
	Calls int
	Per   time.Duration
}

// limiter counts calls by key, in memory. A key at rest is as good as none, so the map is swept of
// those whenever it has doubled.
type limiter struct {
	rate  Rate
	burst int
	now   func() time.Time

	mu      sync.Mutex
	buckets map[uuid.UUID]*rate.Limiter
	sweepAt int
}

const smallestSweep = 1024

func newLimiter(r Rate, times int, now func() time.Time) *limiter {
	return &limiter{rate: r, burst: r.Calls * times, now: now, buckets: map[uuid.UUID]*rate.Limiter{}, sweepAt: smallestSweep}
}

// take counts one call, or returns a *RateError with the time after which it would pass.
func (l *limiter) take(key uuid.UUID) error {
	if l.rate.Calls == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b := l.buckets[key]
	if b == nil {
		l.sweep(now)
		b = rate.NewLimiter(rate.Limit(float64(l.rate.Calls)/l.rate.Per.Seconds()), l.burst)
		l.buckets[key] = b
	}
	r := b.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return &RateError{RetryAfter: wait}
	}
	return nil
}

func (l *limiter) sweep(now time.Time) {
	if len(l.buckets) < l.sweepAt {
		return
	}
	for key, b := range l.buckets {
		if b.TokensAt(now) >= float64(l.burst) {
			delete(l.buckets, key)
		}
	}
	l.sweepAt = max(smallestSweep, 2*len(l.buckets))
}
