package limit

import (
	"testing"
	"time"
)

func TestBucketGivesTokens(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	after := func(d time.Duration) time.Time { return now.Add(d) }
	const min15 = 15 * time.Minute
	for _, c := range []struct {
		rate       Rate
		full, want time.Time
		wait       time.Duration
	}{
		{Rate{10, min15}, time.Time{}, after(90 * time.Second), 0},                    // never used
		{Rate{10, min15}, after(-time.Hour), after(90 * time.Second), 0},              // full for long
		{Rate{10, min15}, after(time.Second), after(91 * time.Second), 0},             // one is coming back
		{Rate{10, min15}, after(min15 - 90*time.Second), after(min15), 0},             // the last one
		{Rate{10, min15}, after(min15 - 89*time.Second), time.Time{}, time.Second},    // a second too early
		{Rate{10, min15}, after(min15), time.Time{}, 90 * time.Second},                // none
		{Rate{10, min15}, after(min15 + time.Minute), time.Time{}, 90 * time.Second},  // a clock that was a little ahead
		{Rate{10, min15}, after(min15 + time.Minute + 1), after(90 * time.Second), 0}, // far ahead
		{Rate{10, min15}, after(10 * 365 * 24 * time.Hour), after(90 * time.Second), 0},
		{Rate{1, time.Second}, now, after(time.Second), 0},
		{Rate{1, time.Second}, after(time.Millisecond), time.Time{}, time.Millisecond},
		{Rate{5000, time.Second}, now, after(200 * time.Microsecond), 0},
		{Rate{1_000_000, time.Millisecond}, now, after(1), 0},
		{Rate{}, now, now, 0},
	} {
		next, wait := c.rate.Bucket(1).Take(c.full, now)
		if wait != c.wait || wait == 0 && !next.Equal(c.want) {
			t.Errorf("%v, full after %v: %v, %v", c.rate, c.full.Sub(now), next.Sub(now), wait)
		}
	}
}

// A burst makes a bucket larger and brings tokens back no faster.
func TestBurst(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	b, full := Rate{2, time.Second}.Bucket(4), time.Time{}
	for range 8 {
		next, wait := b.Take(full, now)
		if wait != 0 {
			t.Fatalf("within the burst: %v", wait)
		}
		full = next
	}
	_, wait := b.Take(full, now)
	_, early := b.Take(full, now.Add(wait-time.Millisecond))
	_, due := b.Take(full, now.Add(wait))
	if wait != 500*time.Millisecond || early == 0 || due != 0 {
		t.Errorf("told to wait %v; a millisecond before that %v, then %v", wait, early, due)
	}
}

func TestRatesThatCannotBe(t *testing.T) {
	for rate, good := range map[Rate]bool{
		{}:                      true,
		{0, time.Minute}:        true,
		{1, time.Millisecond}:   true,
		{1, time.Microsecond}:   false,
		{1, 0}:                  false,
		{-1, time.Minute}:       false,
		{10, -15 * time.Minute}: false,
	} {
		if err := rate.Check(); (err == nil) != good {
			t.Errorf("%v: %v", rate, err)
		}
	}
}
