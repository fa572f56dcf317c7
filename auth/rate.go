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
// after that and, when there is no place, how long to wait for one. The moment never lies further ahead
// than all places take to come back, unless the clock was wrong: far ahead it says nothing, and a little
// ahead it counts as that of a bucket without places, and next says so.
func (r Rate) take(full, now time.Time) (next time.Time, wait time.Duration) {
	all := now.Add(r.step() * time.Duration(r.Calls))
	switch {
	case full.Before(now), full.After(all.Add(clocksDiffer)):
		full = now
	case full.After(all):
		full = all
	}
	next = full.Add(r.step())
	if wait = next.Sub(all); wait > 0 {
		return full, wait
	}
	return next, 0
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
func (l *limiter) take(key string) error { return l.ask(key, true) }

// look answers what take would, and counts nothing.
func (l *limiter) look(key string) error { return l.ask(key, false) }

// giveBack undoes a call that take counted.
func (l *limiter) giveBack(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if full, ok := l.full[key]; ok {
		l.full[key] = full.Add(-l.rate.step())
	}
}

func (l *limiter) ask(key string, count bool) error {
	if l.rate.Calls == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	next, wait := l.rate.take(l.full[key], now)
	switch {
	case wait > 0:
		l.full[key] = next
		return &RateError{RetryAfter: wait}
	case !count:
		return nil
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
