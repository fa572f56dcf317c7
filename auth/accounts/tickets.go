package accounts

import (
	"crypto/sha256"
	"sync"
	"time"
)

// tickets remembers what good access tokens say, because a client sends the same one with each request:
// looking it up costs a hash, reading it a signature and JSON besides. It keeps no token, only its
// SHA-256, and judges the times anew at each look. It belongs to a keyring, which never changes, so a
// signature that was right stays right; and nothing gets in without one.
type tickets struct {
	mu    sync.RWMutex
	known map[[sha256.Size]byte]ticket
	limit int
}

const maxTickets = 10_000 // 2 MB

func newTickets() *tickets {
	return &tickets{known: map[[sha256.Size]byte]ticket{}, limit: maxTickets}
}

// read answers what a token says, by asking judge unless its ticket is known and good at that moment.
func (c *tickets) read(text string, now time.Time, leeway time.Duration, judge func() (ticket, error)) (ticket, error) {
	if len(text) > maxToken {
		return judge()
	}
	digest := sha256.Sum256([]byte(text))
	c.mu.RLock()
	t, ok := c.known[digest]
	c.mu.RUnlock()
	if ok && t.goodAt(now, leeway) {
		return t, nil
	}
	t, err := judge()
	if err == nil {
		c.put(digest, t)
	}
	return t, err
}

func (c *tickets) put(digest [sha256.Size]byte, t ticket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= c.limit {
		clear(c.known) // which only costs that they are read again
	}
	c.known[digest] = t
}

// goodAt says whether a ticket is valid yet and has not run out. What else may be wrong with a token does
// not change with time.
func (t ticket) goodAt(now time.Time, leeway time.Duration) bool {
	return !now.Before(t.notBefore.Add(-leeway)) && now.Before(t.expiresAt.Add(leeway))
}
