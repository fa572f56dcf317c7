package limit

import (
	"sync"
	"time"
)

// Table holds a bucket for each key, in memory. A full bucket is as good as none, so the table is swept of those
// whenever it has doubled. Safe for concurrent use.
type Table[K comparable] struct {
	bucket Bucket

	mu      sync.Mutex
	full    map[K]time.Time
	sweepAt int
}

const smallestSweep = 1024

// NewTable is a table whose buckets are like that one.
func NewTable[K comparable](b Bucket) *Table[K] {
	return &Table[K]{bucket: b, full: map[K]time.Time{}, sweepAt: smallestSweep}
}

// Take takes a token of a key. wait > 0: there is none for so long, and none was taken.
func (t *Table[K]) Take(key K, now time.Time) (wait time.Duration) { return t.ask(key, now, true) }

// Look returns what Take would, and takes nothing.
func (t *Table[K]) Look(key K, now time.Time) (wait time.Duration) { return t.ask(key, now, false) }

// GiveBack returns a token that Take took.
func (t *Table[K]) GiveBack(key K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if full, ok := t.full[key]; ok {
		t.full[key] = full.Add(-t.bucket.Step)
	}
}

func (t *Table[K]) ask(key K, now time.Time, take bool) (wait time.Duration) {
	if t.bucket.Size == 0 {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	full, known := t.full[key]
	next, wait := t.bucket.Take(full, now)
	switch {
	case wait > 0:
		t.full[key] = next
	case take:
		if !known {
			t.sweep(now)
		}
		t.full[key] = next
	}
	return wait
}

func (t *Table[K]) sweep(now time.Time) {
	if len(t.full) < t.sweepAt {
		return
	}
	for key, full := range t.full {
		if !full.After(now) {
			delete(t.full, key)
		}
	}
	t.sweepAt = max(smallestSweep, 2*len(t.full))
}
