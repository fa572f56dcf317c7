package chat

import (
	"strings"
	"sync"

	"github.com/google/uuid"
)

// grants remember who was found to be allowed to send where, so that a busy room is not looked up for each send. They may be
// out of date and give no access: the writer compares the version with that of the room it has locked, and else judges again.
// Refusals are not remembered.
type grants struct {
	mu    sync.RWMutex
	known map[grantKey]grant
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

// maxGrants bounds what is remembered; beyond it everything is forgotten, which only costs look-ups.
const maxGrants = 10_000

func (g *grants) get(k grantKey) (known grant, ok bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	known, ok = g.known[k]
	return known, ok
}

func (g *grants) put(k grantKey, found grant) {
	if known, ok := g.get(k); ok && known == found {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known == nil || len(g.known) >= maxGrants {
		g.known = map[grantKey]grant{}
	}
	k.room = strings.Clone(k.room) // it is part of its request
	g.known[k] = found
}

func (g *grants) forget(k grantKey) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.known, k)
}
