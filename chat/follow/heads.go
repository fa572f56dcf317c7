package follow

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"parley/chat/background"
	"parley/chat/roomlog"
)

// Run compares the heads of all followed rooms with the log until ctx ends, so that a notification that was lost, here or
// between nodes, costs no more than the interval.
func (x *Caches) Run(ctx context.Context) {
	background.New("compare heads", x.o.HeadsInterval, x.round, x.o.OnError).Run(ctx)
}

// round is one comparison. What it cannot find out the next one does.
func (x *Caches) round(ctx context.Context) error {
	x.emptyQuiet()
	x.compareHeads(ctx)
	return nil
}

// headsAtOnce is how many rooms one query asks for; SQLite takes at most 32,766 parameters.
const headsAtOnce = 10_000

func (x *Caches) compareHeads(ctx context.Context) {
	ends := x.reached()
	for some := range slices.Chunk(slices.Collect(maps.Keys(ends)), headsAtOnce) {
		heads, err := x.log.Heads(ctx, some)
		x.reads.heads.Add(1)
		if err != nil {
			x.reads.headsFailed.Add(1)
			x.Wake() // the next round asks again; whoever cannot read finds that out
			return
		}
		for id, head := range heads {
			if ends[id] != head {
				x.reads.headsMismatch.Add(1)
				x.Wake(id)
			}
		}
	}
}

// Compare wakes those who follow rooms that have grown since they were opened, by few queries; if that cannot be found out,
// all of them.
func (x *Caches) Compare(ctx context.Context, opened []Start) {
	for some := range slices.Chunk(opened, headsAtOnce) {
		ids := make([]uuid.UUID, len(some))
		for i, from := range some {
			ids[i] = from.Room.ID
		}
		heads, err := x.log.Heads(ctx, ids)
		x.reads.heads.Add(1)
		if err != nil {
			x.reads.headsFailed.Add(1)
		}
		for _, from := range some {
			if err != nil || heads[from.Room.ID] != from.Head {
				x.look(from.Room.ID)
			}
		}
	}
}

// look wakes those who follow a room, whatever this node is telling of it itself: some may have come meanwhile.
func (x *Caches) look(room uuid.UUID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if c := x.rooms[room]; c != nil {
		c.waker.look()
	}
}

// reached returns how far the window of each followed room goes.
func (x *Caches) reached() map[uuid.UUID]roomlog.Position {
	x.mu.Lock()
	defer x.mu.Unlock()
	ends := make(map[uuid.UUID]roomlog.Position, len(x.rooms))
	for id, c := range x.rooms {
		ends[id] = c.waker.end()
	}
	return ends
}
