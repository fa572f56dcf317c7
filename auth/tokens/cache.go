package tokens

import (
	"crypto/sha256"
	"sync"
	"time"
)

// claimsCache remembers what good access tokens say, because a client sends the same one with each request:
// looking it up costs a hash, parsing it a signature and JSON besides. It keeps no token, only its
// SHA-256, and checks the times anew at each look. It belongs to a ring, which never changes, so a
// signature that was right stays right; and nothing gets in without one.
type claimsCache struct {
	mu    sync.RWMutex
	known map[[sha256.Size]byte]Claims
	limit int
}

const maxKnown = 10_000 // 2 MB

func newClaimsCache() *claimsCache {
	return &claimsCache{known: map[[sha256.Size]byte]Claims{}, limit: maxKnown}
}

// get returns what a token says, by parsing it unless its claims are known and good at that moment.
func (c *claimsCache) get(text string, now time.Time, leeway time.Duration, parse func() (Claims, error)) (Claims, error) {
	if len(text) > maxBytes {
		return parse()
	}
	digest := sha256.Sum256([]byte(text))
	c.mu.RLock()
	t, ok := c.known[digest]
	c.mu.RUnlock()
	if ok && t.goodAt(now, leeway) {
		return t, nil
	}
	t, err := parse()
	if err == nil {
		c.put(digest, t)
	}
	return t, err
}

func (c *claimsCache) put(digest [sha256.Size]byte, t Claims) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= c.limit {
		clear(c.known) // which only costs that they are parsed again
	}
	c.known[digest] = t
}

// goodAt says whether claims are valid yet and have not run out. What else may be wrong with a token does
// not change with time.
func (t Claims) goodAt(now time.Time, leeway time.Duration) bool {
	return !now.Before(t.NotBefore.Add(-leeway)) && now.Before(t.ExpiresAt.Add(leeway))
}
