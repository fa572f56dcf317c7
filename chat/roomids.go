package chat

import (
	"strings"
	"sync"

	"github.com/google/uuid"
)

// roomIDs remembers which room was found by a name or an id, so that a busy room is not looked up for
// each send. It may be wrong and gives no access: the writer asks for access under the room's lock.
type roomIDs struct {
	mu    sync.RWMutex
	rooms map[string]uuid.UUID
}

// maxRoomIDs bounds what is remembered; beyond it everything is forgotten, which only costs look-ups.
const maxRoomIDs = 10_000

func (r *roomIDs) get(nameOrID string) (room uuid.UUID, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	room, ok = r.rooms[nameOrID]
	return room, ok
}

func (r *roomIDs) put(nameOrID string, room uuid.UUID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rooms == nil || len(r.rooms) >= maxRoomIDs {
		r.rooms = map[string]uuid.UUID{}
	}
	r.rooms[strings.Clone(nameOrID)] = room // it may be a piece of a large request
}

func (r *roomIDs) forget(nameOrID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.rooms, nameOrID)
}
