package sessions

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/auth"
)

const (
	trust      = 2 * time.Second  // how long a read of a session is believed, from its start
	endedStays = 60 * time.Second // how long an end is remembered: longer than any read can take
	maxCached  = 100_000
	usedAfter  = 5 * time.Minute // a last_used_at older than this is written anew
)

// state is what is known of a session: a user when it is live, a reason when it has ended.
type state struct {
	user   *auth.User
	reason string
}

func (s state) known() bool { return s.user != nil || s.reason != "" }

// cache remembers what sessions were like a moment ago. What was read and what was ended are kept
// apart: a read may have begun before the commit that ended the session, so it never overwrites an
// end, whichever comes in first. Reads are bounded by limit; ends by how many sessions can end in a
// minute, because one that is forgotten too early could be read as live.
type cache struct {
	mu    sync.Mutex
	reads map[uuid.UUID]seen
	ends  map[uuid.UUID]end
	used  map[uuid.UUID]struct{} // sessions whose last_used_at is to be written
	limit int
}

type seen struct {
	state
	at time.Time // the start of the read
}

type end struct {
	reason string
	until  time.Time // zero: until it is in the database
}

func (e end) holds(now time.Time) bool { return e.until.IsZero() || now.Before(e.until) }

func newCache() *cache {
	return &cache{
		reads: map[uuid.UUID]seen{},
		ends:  map[uuid.UUID]end{},
		used:  map[uuid.UUID]struct{}{},
		limit: maxCached,
	}
}

// look returns what is known of a session at that moment; not known: it must be read.
func (c *cache) look(sid uuid.UUID, now time.Time) state {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.ends[sid]; ok && e.holds(now) {
		return state{reason: e.reason}
	}
	if r, ok := c.reads[sid]; ok && now.Sub(r.at) < trust {
		return r.state
	}
	return state{}
}

// read keeps what a read that started at that moment found, and returns what holds: the end, when
// the session was ended meanwhile.
func (c *cache) read(sid uuid.UUID, found state, at time.Time) state {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.ends[sid]; ok {
		return state{reason: e.reason}
	}
	if _, ok := c.reads[sid]; !ok && len(c.reads) >= c.limit {
		for other := range c.reads { // any: it costs that session one read
			delete(c.reads, other)
			break
		}
	}
	c.reads[sid] = seen{state: found, at: at}
	return found
}

// end marks sessions as ended and returns those that were not marked before.
func (c *cache) end(ids []uuid.UUID, reason string, now time.Time) (fresh []uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		if _, ok := c.ends[id]; !ok {
			fresh = append(fresh, id)
		}
		c.ends[id] = end{reason: reason, until: now.Add(endedStays)}
		delete(c.reads, id)
	}
	return fresh
}

// hold marks sessions as ended that are not in the database, and returns those that were not marked
// before. They stay until end says that they are there now.
func (c *cache) hold(ids []uuid.UUID, reason string) (fresh []uuid.UUID) {
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

// held says why a session was marked by hold; empty: it is not.
func (c *cache) held(sid uuid.UUID) (reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.ends[sid]; e.until.IsZero() {
		return e.reason
	}
	return ""
}

// allHeld are the sessions that are marked by hold, by reason.
func (c *cache) allHeld() map[string][]uuid.UUID {
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

func (c *cache) heldCount() (n int) {
	for _, ids := range c.allHeld() {
		n += len(ids)
	}
	return n
}

// use notes that a session was used and that its row does not say so.
func (c *cache) use(sid uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.used) < c.limit {
		c.used[sid] = struct{}{}
	}
}

// takeUsed returns the sessions noted since the last call.
func (c *cache) takeUsed() []uuid.UUID {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := make([]uuid.UUID, 0, len(c.used))
	for id := range c.used {
		ids = append(ids, id)
	}
	clear(c.used)
	return ids
}

// prune forgets what nobody believes any more.
func (c *cache) prune(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, e := range c.ends {
		if !e.holds(now) {
			delete(c.ends, id)
		}
	}
	for id, r := range c.reads {
		if now.Sub(r.at) >= trust {
			delete(c.reads, id)
		}
	}
}
