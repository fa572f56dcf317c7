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
	known   map[K]memory
	sweepAt int
}

const smallestSweep = 1024

// NewTable is a table whose buckets are like that one.
func NewTable[K comparable](b Bucket) *Table[K] {
	return &Table[K]{bucket: b, known: map[K]memory{}, sweepAt: smallestSweep}
}

// Take takes a token of a key. wait > 0: there is none for so long, and none was taken.
func (t *Table[K]) Take(key K, now time.Time) (wait time.Duration) { return t.ask(key, now, true) }

// Look returns what Take would, and takes nothing.
func (t *Table[K]) Look(key K, now time.Time) (wait time.Duration) { return t.ask(key, now, false) }

// GiveBack returns a token that Take took.
func (t *Table[K]) GiveBack(key K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if m, ok := t.known[key]; ok {
		m.full = m.full.Add(-t.bucket.Step)
		t.known[key] = m
	}
}

func (t *Table[K]) ask(key K, now time.Time, take bool) (wait time.Duration) {
	if t.bucket.Size == 0 {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	m, known := t.known[key]
	next, wait := m.take(t.bucket, now)
	switch {
	case wait > 0:
		t.known[key] = next
	case take:
		if !known {
			t.sweep(now)
		}
		t.known[key] = next
	}
	return wait
}

func (t *Table[K]) sweep(now time.Time) {
	if len(t.known) < t.sweepAt {
		return
	}
	for key, m := range t.known {
		if !m.full.After(now) {
			delete(t.known, key)
		}
	}
	t.sweepAt = max(smallestSweep, 2*len(t.known))
}
