package chat

import (
	"strings"
	"sync"

	"github.com/google/uuid"
)

// grants remember who was found to be allowed to send where, so that a busy room is not looked up for each send. They may be
// out of date and give no access: the writer compares the version with that of the room it has locked, and else judges again.
// Refusals are not remembered. They are in two generations: what nobody has used while the younger one grew full is forgotten.
type grants struct {
	mu           sync.RWMutex
	young, older map[grantKey]grant
}

type grantKey struct {
	person uuid.UUID
	room   string // its name or id, as it was given
}

type grant struct {
	room    uuid.UUID
	called  string // as queue.Send.Called
	version int64  // of the room's access; queue.Unjudged: they are no member, and are judged each time
}

// maxGrants is how many a generation has: of 1,000 people in 50 rooms each, in some 20 MB.
const maxGrants = 50_000

func (g *grants) get(k grantKey) (known grant, ok bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if known, ok = g.young[k]; !ok {
		known, ok = g.older[k]
	}
	return known, ok
}

// put remembers what has just been used.
func (g *grants) put(k grantKey, found grant) {
	g.mu.RLock()
	known, ok := g.young[k]
	g.mu.RUnlock()
	if ok && known == found {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.young == nil || len(g.young) >= maxGrants {
		g.young, g.older = map[grantKey]grant{}, g.young
	}
	k.room = strings.Clone(k.room) // it is part of its request
	g.young[k] = found
}

func (g *grants) forget(k grantKey) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.young, k)
	delete(g.older, k)
}
