package limit

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var start = time.Date(2030, 1, 2, 3, 4, 5, 678_900_000, time.UTC)

func TestTable(t *testing.T) {
	now := start
	table := NewTable[string](Rate{Calls: 2, Per: time.Minute}.Bucket(1))
	want := func(what string, got, want time.Duration) {
		t.Helper()
		if got != want {
			t.Fatalf("%s: %v, want %v", what, got, want)
		}
	}
	for range 3 {
		want("first", table.Take("a", now), 0)
		want("second", table.Take("a", now), 0)
		want("third", table.Take("a", now), 30*time.Second)
		want("another key", table.Take("b", now), 0)
		now = now.Add(20 * time.Second)
		want("still too early", table.Take("a", now), 10*time.Second) // and what is refused costs nothing
		now = now.Add(10 * time.Second)
		want("one is back", table.Take("a", now), 0)
		want("only one", table.Take("a", now), 30*time.Second)
		now = now.Add(time.Minute)
	}
	want("full again", table.Take("a", now), 0)
	want("a look", table.Look("a", now), 0)
	want("a look takes nothing", table.Look("a", now), 0)
	want("the last one", table.Take("a", now), 0)
	want("a look at none", table.Look("a", now), 30*time.Second)
	table.GiveBack("a")
	want("given back", table.Take("a", now), 0)
	want("once", table.Take("a", now), 30*time.Second)
}

func TestTableWithoutRate(t *testing.T) {
	table := NewTable[string](Rate{}.Bucket(1))
	for range 1000 {
		if wait := table.Take("a", start); wait != 0 {
			t.Fatalf("told to wait %v", wait)
		}
	}
	if len(table.known) != 0 {
		t.Error("a rate that is off keeps keys")
	}
}

func TestTableIsExactAtOnce(t *testing.T) {
	table := NewTable[string](Rate{Calls: 20, Per: time.Minute}.Bucket(1))
	var all sync.WaitGroup
	var passed atomic.Int64
	for range 100 {
		all.Go(func() {
			if table.Take("a", start) == 0 {
				passed.Add(1)
			}
		})
	}
	all.Wait()
	if passed.Load() != 20 {
		t.Errorf("%d passed", passed.Load())
	}
}

// Who calls with ever new keys fills the table; what is full again leaves it.
func TestTableForgets(t *testing.T) {
	now := start
	table := NewTable[int](Rate{Calls: 1, Per: time.Minute}.Bucket(1))
	take := func(from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			if wait := table.Take(i, now); wait != 0 {
				t.Fatalf("%d: told to wait %v", i, wait)
			}
		}
	}
	take(0, smallestSweep)
	now = now.Add(time.Minute - time.Millisecond)
	take(smallestSweep, smallestSweep+1) // sweeps, and each key is still needed
	if len(table.known) != smallestSweep+1 {
		t.Errorf("%d keys", len(table.known))
	}
	if wait := table.Take(7, now); wait != time.Millisecond {
		t.Errorf("told to wait %v", wait)
	}
	now = now.Add(time.Millisecond)
	take(smallestSweep+1, 2*smallestSweep)
	if len(table.known) != 2*smallestSweep {
		t.Errorf("%d keys: it sweeps before it has doubled", len(table.known))
	}
	take(0, 1) // a full one; it fits
	take(2*smallestSweep, 2*smallestSweep+1)
	if len(table.known) != smallestSweep+2 {
		t.Errorf("%d keys are left", len(table.known))
	}
}

// A hundred thousand keys that are asked for once leave no more behind than were busy at one time. One that is too
// fast stays counted among them.
func TestBusyKeysStay(t *testing.T) {
	now := start
	table := NewTable[int](Rate{Calls: 50, Per: time.Second}.Bucket(4))
	most := 0
	for i := range 100_000 {
		now = now.Add(100 * time.Microsecond) // a bucket is full again after 20 ms
		if wait := table.Take(i, now); wait > 0 {
			t.Fatalf("the first call of a key: %v", wait)
		}
		table.Take(-1, now)
		most = max(most, len(table.known))
	}
	if most > smallestSweep+1 {
		t.Errorf("%d buckets", most)
	}
	if wait := table.Take(-1, now); wait <= 0 || wait > 20*time.Millisecond {
		t.Errorf("the fast one waits %v", wait)
	}
}
