package roomlog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/ent/room"
)

// watchHeads compares the heads of all followed rooms with the log, so that a notification that was lost,
// here or between nodes, costs no more than the interval.
func (x *caches) watchHeads(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			x.round(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// round is one comparison. A panic is an error of that round: it must not take the server down.
func (x *caches) round(ctx context.Context) {
	defer func() {
		if p := recover(); p != nil {
			x.fail(fmt.Errorf("compare heads: panic: %v", p))
		}
	}()
	x.emptyQuiet()
	x.compareHeads(ctx)
}

// headsAtOnce is how many rooms one query asks for; SQLite takes at most 32,766 parameters.
const headsAtOnce = 10_000

func (x *caches) compareHeads(ctx context.Context) {
	ends := x.reached()
	for some := range slices.Chunk(slices.Collect(maps.Keys(ends)), headsAtOnce) {
		heads, err := x.log.heads(ctx, some)
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
func (x *caches) Compare(ctx context.Context, opened []Start) {
	for some := range slices.Chunk(opened, headsAtOnce) {
		ids := make([]uuid.UUID, len(some))
		for i, from := range some {
			ids[i] = from.Room.ID
		}
		heads, err := x.log.heads(ctx, ids)
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
func (x *caches) look(room uuid.UUID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if c := x.rooms[room]; c != nil {
		c.signal.look()
	}
}

// reached returns how far the window of each followed room goes.
func (x *caches) reached() map[uuid.UUID]Position {
	x.mu.Lock()
	defer x.mu.Unlock()
	ends := make(map[uuid.UUID]Position, len(x.rooms))
	for id, c := range x.rooms {
		ends[id] = c.signal.end()
	}
	return ends
}

// heads returns the head of each room's log.
func (l *Log) heads(ctx context.Context, rooms []uuid.UUID) (map[uuid.UUID]Position, error) {
	rows, err := l.store.Read.Room.Query().Where(room.IDIn(rooms...)).
		Select(room.FieldID, room.FieldLastPlace, room.FieldLastTag).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read heads: %w", err)
	}
	heads := make(map[uuid.UUID]Position, len(rows))
	for _, row := range rows {
		heads[row.ID] = HeadOf(row)
	}
	return heads, nil
}
