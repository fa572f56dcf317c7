package attempts

import (
	"context"
	"fmt"
	"sync"
	"time"

	"parley/auth"
)

// inFlight knows which passwords are being hashed in this process. A right one gives its tokens
// back, so who finds no token while others hold some may still get one, and waits to see. Only
// buckets with attempts at work are in the map.
type inFlight struct {
	maxWait time.Duration // for tokens that others may give back

	mu sync.Mutex
	at map[string]*holders // by bucket
}

// holders are the attempts on one bucket.
type holders struct {
	members  int           // that look at this entry
	holding  int           // that hold a token, or are about to
	returned int           // how many tokens were given back
	changed  chan struct{} // closed when one of the two above changes
}

func newInFlight(maxWait time.Duration) *inFlight {
	return &inFlight{maxWait: maxWait, at: map[string]*holders{}}
}

func (f *inFlight) join(buckets []bucket) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range buckets {
		h := f.at[b.id]
		if h == nil {
			h = &holders{changed: make(chan struct{})}
			f.at[b.id] = h
		}
		h.members++
	}
}

func (f *inFlight) leave(buckets []bucket) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range buckets {
		if f.at[b.id].members--; f.at[b.id].members == 0 {
			delete(f.at, b.id)
		}
	}
}

// seen says how many tokens of each bucket were given back so far.
func (f *inFlight) seen(buckets []bucket) map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	returned := map[string]int{}
	for _, b := range buckets {
		returned[b.id] = f.at[b.id].returned
	}
	return returned
}

// hold says that somebody holds a token of each bucket, or is about to take one.
func (f *inFlight) hold(buckets []bucket) { f.change(buckets, 1, 0) }

// release takes hold back: with what is given back, or without.
func (f *inFlight) release(buckets []bucket, givenBack bool) {
	if givenBack {
		f.change(buckets, -1, 1)
	} else {
		f.change(buckets, -1, 0)
	}
}

func (f *inFlight) change(buckets []bucket, holding, returned int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range buckets {
		h := f.at[b.id]
		h.holding += holding
		h.returned += returned
		close(h.changed)
		h.changed = make(chan struct{})
	}
}

// await says whether it is worth while to ask for a token of a bucket again: one was given back
// since seen. It waits while somebody holds one. auth.ErrBusy: for too long.
func (f *inFlight) await(ctx context.Context, id string, seen int) (again bool, err error) {
	late := time.NewTimer(f.maxWait)
	defer late.Stop()
	for {
		f.mu.Lock()
		h := f.at[id]
		given, nobody, changed := h.returned != seen, h.holding == 0, h.changed
		f.mu.Unlock()
		if given || nobody {
			return given, nil
		}
		select {
		case <-changed:
		case <-late.C:
			return false, fmt.Errorf("%w: waited %v for others on the account", auth.ErrBusy, f.maxWait)
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}
