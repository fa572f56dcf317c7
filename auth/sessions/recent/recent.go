// Package recent remembers what sessions were like a moment ago. It rests on one idea: what was read and what was ended are kept
// apart, so that a read that began before the end of a session never revives it. It knows no database.
package recent

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/auth"
)

const (
	// Trust is how long a read of a session is believed, from its start.
	Trust = 2 * time.Second
	// EndedStays is how long an end is remembered: longer than any read can take.
	EndedStays = 60 * time.Second

	maxReads = 100_000
)

// State is what is known of a session: a user when it is live, a reason when it has ended.
type State struct {
	User   *auth.User
	Reason string
}

// Known says whether anything is.
func (s State) Known() bool { return s.User != nil || s.Reason != "" }

// Cache remembers what sessions were like a moment ago. What was read and what was ended are kept
// apart: a read may have begun before the commit that ended the session, so it never overwrites an
// end, whichever comes in first. Reads are bounded by limit; ends by how many sessions can end in a
// minute, because one that is forgotten too early could be read as live.
type Cache struct {
	mu    sync.Mutex
	reads map[uuid.UUID]seen
	ends  map[uuid.UUID]end
	used  map[uuid.UUID]struct{} // sessions whose last_used_at is to be written
	limit int
}

type seen struct {
	State
	at time.Time // the start of the read
}

type end struct {
	reason string
	until  time.Time // zero: until it is in the database
}

func (e end) holds(now time.Time) bool { return e.until.IsZero() || now.Before(e.until) }

// New returns one that knows nothing. It is safe for concurrent use.
func New() *Cache {
	return &Cache{
		reads: map[uuid.UUID]seen{},
		ends:  map[uuid.UUID]end{},
		used:  map[uuid.UUID]struct{}{},
		limit: maxReads,
	}
}

// Look returns what is known of a session at that moment; not known: it must be read.
func (c *Cache) Look(sid uuid.UUID, now time.Time) State {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.ends[sid]; ok && e.holds(now) {
		return State{Reason: e.reason}
	}
	if r, ok := c.reads[sid]; ok && now.Sub(r.at) < Trust {
		return r.State
	}
	return State{}
}

// Read keeps what a read that started at that moment found, and returns what holds: the end, when
// the session was ended meanwhile.
func (c *Cache) Read(sid uuid.UUID, found State, at time.Time) State {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.ends[sid]; ok {
		return State{Reason: e.reason}
	}
	if _, ok := c.reads[sid]; !ok && len(c.reads) >= c.limit {
		for other := range c.reads { // any: it costs that session one read
			delete(c.reads, other)
			break
		}
	}
	c.reads[sid] = seen{State: found, at: at}
	return found
}

// End marks sessions as ended and returns those that were not marked before.
func (c *Cache) End(ids []uuid.UUID, reason string, now time.Time) (fresh []uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if _, ok := c.ends[id]; !ok {
			fresh = append(fresh, id)
		}
		c.ends[id] = end{reason: reason, until: now.Add(EndedStays)}
		delete(c.reads, id)
	}
	return fresh
}

// Hold marks sessions as ended that are not in the database, and returns those that were not marked
// before. They stay until End says that they are there now.
func (c *Cache) Hold(ids []uuid.UUID, reason string) (fresh []uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if _, ok := c.ends[id]; !ok {
			fresh = append(fresh, id)
			c.ends[id] = end{reason: reason}
			delete(c.reads, id)
		}
	}
	return fresh
}

// Held says why a session was marked by Hold; empty: it is not.
func (c *Cache) Held(sid uuid.UUID) (reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.ends[sid]; e.until.IsZero() {
		return e.reason
	}
	return ""
}

// AllHeld are the sessions that are marked by Hold, by reason.
func (c *Cache) AllHeld() map[string][]uuid.UUID {
	c.mu.Lock()
	defer c.mu.Unlock()
	byReason := map[string][]uuid.UUID{}
	for id, e := range c.ends {
		if e.until.IsZero() {
			byReason[e.reason] = append(byReason[e.reason], id)
		}
	}
	return byReason
}

// HeldCount is how many sessions are marked by Hold.
func (c *Cache) HeldCount() (n int) {
	for _, ids := range c.AllHeld() {
		n += len(ids)
	}
	return n
}

// Use notes that a session was used and that its row does not say so.
func (c *Cache) Use(sid uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.used) < c.limit {
		c.used[sid] = struct{}{}
	}
}

// TakeUsed returns the sessions noted since the last call.
func (c *Cache) TakeUsed() []uuid.UUID {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := make([]uuid.UUID, 0, len(c.used))
	for id := range c.used {
		ids = append(ids, id)
	}
	clear(c.used)
	return ids
}

// Prune forgets what nobody believes any more.
func (c *Cache) Prune(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, e := range c.ends {
		if !e.holds(now) {
			delete(c.ends, id)
		}
	}
	for id, r := range c.reads {
		if now.Sub(r.at) >= Trust {
			delete(c.reads, id)
		}
	}
}

// Ends is how many ends are remembered.
func (c *Cache) Ends() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ends)
}
