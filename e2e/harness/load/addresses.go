package load

import (
	"context"
	"math/rand/v2"
	"sync"
)

// Addresses are where the servers are just now; none: they are down.
type Addresses struct {
	mu      sync.Mutex
	at      []string
	changed chan struct{} // closed when they change; made by who waits
}

// Set says where servers are; nothing: they are down.
func (a *Addresses) Set(at ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = at
	if a.changed != nil {
		close(a.changed)
		a.changed = nil
	}
}

// get waits for a server and returns one of them at random; false: ctx ended before.
func (a *Addresses) get(ctx context.Context) (at string, ok bool) {
	for ctx.Err() == nil {
		a.mu.Lock()
		if n := len(a.at); n > 0 {
			at = a.at[rand.IntN(n)]
		} else if a.changed == nil {
			a.changed = make(chan struct{})
		}
		changed := a.changed
		a.mu.Unlock()
		if at != "" {
			return at, true
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return "", false
}
