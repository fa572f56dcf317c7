package auth

import (
	"fmt"
	"sync"
	"time"
)

// Rate is so many calls in so much time. The zero Rate is none at all: everything passes.
type Rate struct {
	Calls int
	Per   time.Duration
}

// RateError says that somebody was too fast, and when the same call will pass.
type RateError struct{ RetryAfter time.Duration }

func (e *RateError) Error() string { return fmt.Sprintf("too fast; again in %v", e.RetryAfter) }

func (r Rate) check(setting string) error {
	if r.Calls < 0 || r.Per < 0 || r.Calls > 0 && r.Per < time.Millisecond {
		return fmt.Errorf("%s: want so many calls in at least 1ms, such as 10/15m; 0 switches it off", setting)
	}
	return nil
}

// times is the rate of a bucket with n times as many places.
func (r Rate) times(n int) Rate { return Rate{Calls: r.Calls * n, Per: r.Per} }

// step is how long one place takes to come back: whole milliseconds, because rows know nothing finer.
func (r Rate) step() time.Duration {
	return max(time.Millisecond, (r.Per / time.Duration(r.Calls)).Truncate(time.Millisecond))
}

// take takes a place of a bucket that is full again at that moment. It answers when it is full
// after that; or how long to wait for a place, when there is none.
func (r Rate) take(full, now time.Time) (next time.Time, wait time.Duration) {
	if full.Before(now) {
		full = now
	}
	next = full.Add(r.step())
	return next, max(0, next.Sub(now)-r.step()*time.Duration(r.Calls))
}

// limiter counts calls by key, in memory. A full bucket is as good as none, so the map is swept of
// those whenever it has doubled.
type limiter struct {
	rate Rate
	now  func() time.Time

	mu      sync.Mutex
	full    map[string]time.Time
	sweepAt int
}

const smallestSweep = 1024

func newLimiter(r Rate, now func() time.Time) *limiter {
	return &limiter{rate: r, now: now, full: map[string]time.Time{}, sweepAt: smallestSweep}
}

// take counts one call, or answers a *RateError with the time after which it would pass.
func (l *limiter) take(key string) error {
	if l.rate.Calls == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	next, wait := l.rate.take(l.full[key], now)
	if wait > 0 {
		return &RateError{RetryAfter: wait}
	}
	if len(l.full) >= l.sweepAt {
		l.sweep(now)
	}
	l.full[key] = next
	return nil
}

func (l *limiter) sweep(now time.Time) {
	for key, full := range l.full {
		if !full.After(now) {
			delete(l.full, key)
		}
	}
	l.sweepAt = max(smallestSweep, 2*len(l.full))
}
