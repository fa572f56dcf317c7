// Package enrol makes members of those who have sent to rooms that are older than members: any number of people, a few in a
// transaction, because others' writes wait for it. It rests on one idea: which rooms are not done stands in the database, and whoever
// is in a room already is passed over, so that it goes on after a restart or on another node. It knows rows and no callers.
//
// In the database: the room, then people in order of their ids, then the rest.
package enrol

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"parley/chat/background"
	"parley/db"
	"parley/ent"
	"parley/ent/room"
)

// An Enroller goes through such rooms. Two nodes at once do no harm: the later one finds nothing.
type Enroller struct {
	store *db.Store
	tell  func(left int)
	fail  func(error)
	left  atomic.Int64
}

const (
	interval   = time.Minute // until it is tried again after an error
	stretch    = 2000        // chats that are looked at together
	most       = 128         // people in a transaction, each of two rows
	restFactor = 3           // times as long as a part took nothing is done
)

// New makes an Enroller. tell is told how many rooms wait when Run goes through some, and 0 when none is left; fail what went
// wrong in Run, which is tried again.
func New(store *db.Store, tell func(left int), fail func(error)) *Enroller {
	return &Enroller{store: store, tell: tell, fail: fail}
}

// Left is how many rooms wait, as far as this node knows.
func (e *Enroller) Left() int { return int(e.left.Load()) }

// Run returns when all rooms are done, or ctx ends: a room that is made today has members from its start.
func (e *Enroller) Run(ctx context.Context) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		err := background.Recovered(func() error { return e.round(ctx) })
		if err == nil || ctx.Err() != nil {
			return
		}
		e.fail(fmt.Errorf("enrol who has sent: %w", err))
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// round goes through all rooms that wait now.
func (e *Enroller) round(ctx context.Context) error {
	rooms, err := e.store.Read.Room.Query().Where(room.Enrolling(true)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("find rooms: %w", err)
	}
	if len(rooms) == 0 {
		return nil
	}
	e.left.Store(int64(len(rooms)))
	e.tell(len(rooms))
	if err := background.Each(ctx, rooms, func(id uuid.UUID) error { return e.room(ctx, id) }); err != nil {
		return err
	}
	e.left.Store(0) // another node may have done some
	e.tell(0)
	return nil
}

// room enrols all who have sent to a room, up to the chat that is the newest now: whoever sends from now on joins by that.
func (e *Enroller) room(ctx context.Context, id uuid.UUID) error {
	row, err := e.store.Read.Room.Get(ctx, id)
	if err != nil {
		return fmt.Errorf("read room: %w", err)
	}
	rest := time.NewTimer(0)
	defer rest.Stop()
	for from, live := 0, row.DeletedAt == nil; live && from < row.LastNumber; {
		select {
		case <-rest.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		began := time.Now()
		people, next, err := find(ctx, e.store.Read, id, from)
		if err == nil && len(people) > 0 {
			began = time.Now() // the read made nobody wait
			live, err = e.enter(ctx, id, from)
		}
		if err != nil {
			return err
		}
		from = next
		rest.Reset(restFactor * time.Since(began))
	}
	err = e.store.Write(ctx, func(tx *ent.Tx) error { return tx.Room.UpdateOneID(id).ClearEnrolling().Exec(ctx) })
	if err == nil {
		e.left.Add(-1)
	}
	return err
}
