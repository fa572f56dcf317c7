package limit

import (
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	now := start
	l := NewLimiter(Rate{Calls: 2, Per: time.Second}.Bucket(2))
	for left := 4; left > 0; left-- {
		if got := l.Left(now); got != left {
			t.Errorf("%d are left, want %d", got, left)
		}
		if wait := l.Take(now); wait != 0 {
			t.Errorf("told to wait %v", wait)
		}
	}
	if wait := l.Take(now); wait != 500*time.Millisecond || l.Left(now) != 0 {
		t.Errorf("told to wait %v, with %d left", wait, l.Left(now))
	}
	for after, left := range map[time.Duration]int{1: 1, 499 * time.Millisecond: 1, 501 * time.Millisecond: 2, time.Hour: 4} {
		if got := l.Left(now.Add(after)); got != left {
			t.Errorf("after %v %d are left, want %d", after, got, left)
		}
	}
	full := NewLimiter(Rate{Calls: 1, Per: time.Second}.Bucket(1))
	full.Take(now.Add(1000 * time.Hour))
	if wait := full.Take(now); wait != time.Second {
		t.Errorf("told to wait %v for what a clock that was ahead has taken", wait)
	}
	if none := NewLimiter(Bucket{}); none.Take(now) != 0 {
		t.Error("no rate is a rate")
	}
}
