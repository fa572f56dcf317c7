package accounts

import (
	"context"
	"fmt"
	"sync"
	"time"

	"parley/auth"
)

// attempts knows which passwords are being hashed in this process. A right one gives its place
// back, so who finds no place while others hold some may still get one, and waits to see. Only
// those at work are in the map.
type attempts struct {
	mu sync.Mutex
	at map[string]*crowd // by bucket
}

// crowd are the attempts on one bucket.
type crowd struct {
	present  int           // that look at this crowd
	holding  int           // that hold a place, or are about to
	returned int           // how many places were given back
	changed  chan struct{} // closed when one of the two above changes
}

// patience is how long a caller waits for what others are given back.
const patience = 2 * time.Second

func newAttempts() *attempts { return &attempts{at: map[string]*crowd{}} }

func (a *attempts) join(buckets []bucket) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, b := range buckets {
		c := a.at[b.id]
		if c == nil {
			c = &crowd{changed: make(chan struct{})}
			a.at[b.id] = c
		}
		c.present++
	}
}

func (a *attempts) leave(buckets []bucket) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, b := range buckets {
		if a.at[b.id].present--; a.at[b.id].present == 0 {
			delete(a.at, b.id)
		}
	}
}

// seen says how many places of each bucket were given back so far.
func (a *attempts) seen(buckets []bucket) map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	returned := map[string]int{}
	for _, b := range buckets {
		returned[b.id] = a.at[b.id].returned
	}
	return returned
}

// hold says that somebody holds a place of each bucket, or is about to take one.
func (a *attempts) hold(buckets []bucket) { a.change(buckets, 1, 0) }

// release takes hold back: with what is given back, or without.
func (a *attempts) release(buckets []bucket, givenBack bool) {
	if givenBack {
		a.change(buckets, -1, 1)
	} else {
		a.change(buckets, -1, 0)
	}
}

func (a *attempts) change(buckets []bucket, holding, returned int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, b := range buckets {
		c := a.at[b.id]
		c.holding += holding
		c.returned += returned
		close(c.changed)
		c.changed = make(chan struct{})
	}
}

// await says whether it is worth while to ask for a place of a bucket again: one was given back
// since seen. It waits while somebody holds one. ErrBusy: for too long.
func (a *attempts) await(ctx context.Context, id string, seen int) (again bool, err error) {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		a.mu.Lock()
		c := a.at[id]
		given, nobody, changed := c.returned != seen, c.holding == 0, c.changed
		a.mu.Unlock()
		if given || nobody {
			return given, nil
		}
		select {
		case <-changed:
		case <-late.C:
			return false, fmt.Errorf("%w: waited %v for others on the account", auth.ErrBusy, patience)
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}
