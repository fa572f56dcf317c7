// Package purge takes away what deleted rooms leave: any number of chats, reactions, events and members, a few in a transaction, because
// others' writes wait for it. It rests on one idea: which rooms have rows left stands in the database, so a purge that was
// interrupted goes on after a restart or on another node. It knows rows and no callers.
package purge

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/chat/background"
	"parley/db"
	"parley/ent"
	"parley/ent/room"
)

// A Purger clears deleted rooms. Two nodes at once do no harm: the later one finds nothing.
type Purger struct {
	*background.Job // Wake it when a room was deleted
	store           *db.Store
}

const (
	interval   = time.Minute // how often rooms are looked for that another node left, or an error
	targetTime = 5 * time.Millisecond
	fewest     = 16  // rows in a transaction
	most       = 128 // of up to 40 KiB each: 50 ms on a busy machine, at most once where long texts follow short ones
	restFactor = 3   // times as long as a transaction took nothing is purged
)

// New makes a Purger. fail is told what went wrong in Run, which is tried again.
func New(store *db.Store, fail func(error)) *Purger {
	p := &Purger{store: store}
	p.Job = background.New("purge deleted rooms", interval, p.purge, fail)
	return p
}

// purge clears one room after the other. Their ids are read by the index of those rooms alone, and without an order, which would
// have others looked at.
func (p *Purger) purge(ctx context.Context) error {
	rooms, err := p.store.Read.Room.Query().Where(room.Purging(true)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("find rooms: %w", err)
	}
	return background.Each(ctx, rooms, func(id uuid.UUID) error { return p.clear(ctx, id) })
}

// clear removes what a deleted room held but its last event.
func (p *Purger) clear(ctx context.Context, id uuid.UUID) error {
	row, err := p.store.Read.Room.Get(ctx, id)
	if err != nil {
		return fmt.Errorf("read room: %w", err)
	}
	for _, some := range []part{chatsOf(row), eventsOf(row), membersOf(row), bansOf(row), invitesOf(row)} {
		if err := p.remove(ctx, some); err != nil {
			return err
		}
	}
	return p.store.Write(ctx, func(tx *ent.Tx) error {
		return tx.Room.UpdateOneID(row.ID).ClearPurging().SetMemberCount(0).Exec(ctx)
	})
}

// remove removes rows in parts. A transaction takes more of them than the one before while that was quick, and fewer when it
// was slow: the texts are long, or the disk is busy.
func (p *Purger) remove(ctx context.Context, some part) error {
	rest := time.NewTimer(0)
	defer rest.Stop()
	for done, size, more := 0, fewest, true; more; {
		select {
		case <-rest.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		var began time.Time // behind the wait for the writes of others
		next := done
		err := p.store.Write(ctx, func(tx *ent.Tx) (err error) {
			began = time.Now()
			next, more, err = some(ctx, tx, done, size)
			return err
		})
		if err != nil {
			return err
		}
		done = next
		switch took := time.Since(began); {
		case took > targetTime:
			size = max(fewest, size/2)
		case took < targetTime/2:
			size = min(most, size*2)
		}
		rest.Reset(restFactor * time.Since(began))
	}
	return nil
}
