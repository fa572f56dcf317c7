// Package readers says where those who follow rooms begin, whether they may read on, and what they are told last. It rests
// on one idea: where a log ends is read by the statement that judges its reader, so a reader is judged again only when
// somebody's reading has ended behind that place. It knows people by their ids, and no names of rooms.
//
//	Locate: rooms that were found and judged ─┐
//	Open:   all rooms that somebody is in ────┴→ follow.Start → Follow
//	                 ↑ Set.Read: once more, when the list has changed
//	Judge:  behind what has ended somebody's reading
package readers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/follow"
	"parley/chat/roomlog"
	"parley/db"
	"parley/ent"
	"parley/meter"
)

// Options of Readers. All are needed.
type Options struct {
	MaxRooms int              // that one reader follows who is a person; a bot follows twice as many
	Interval time.Duration    // between two comparisons of people's lists of rooms with the database
	Now      func() time.Time // the clock of what is stored
	OnError  func(error)      // told what went wrong in the background work of Run, which is tried again
}

// Readers are those of a node. They are safe for concurrent use.
type Readers struct {
	store    *db.Store
	o        Options
	verdicts *meter.Tally

	opening chan struct{} // has an entry for each Open that reads

	mu      sync.Mutex
	watched map[uuid.UUID]map[*watch]struct{} // by person
}

// New makes Readers. Lost notifications of people are noticed only while Run runs.
func New(store *db.Store, o Options) *Readers {
	return &Readers{
		store: store, o: o, verdicts: newTally(), opening: make(chan struct{}, openedAtOnce),
		watched: map[uuid.UUID]map[*watch]struct{}{},
	}
}

// openedAtOnce is how many lists of rooms are opened at once. When many come back together, those that have begun are done
// soon and the others wait in order; all at once they would keep each other waiting for the database, and some until it is
// too late.
const openedAtOnce = 4

// Never is a place in a list of rooms that nobody has joined after.
const Never = math.MaxInt64

// Locate says where a reader of rooms begins: behind its cursor; where it has none, behind their joining if they have
// joined after a place in their list of rooms; else now. It takes one query, and none if no room has moved since.
// *roomlog.DivergedError.
func Locate(ctx context.Context, db *ent.Client, rooms []access.Room, cursors map[uuid.UUID]roomlog.Position, listed int64) ([]follow.Start, error) {
	starts, places := make([]follow.Start, len(rooms)), map[uuid.UUID]int64{}
	for i, r := range rooms {
		head := roomlog.HeadOf(r.Room)
		starts[i] = follow.Start{Room: roomlog.RoomOf(r.Room), At: head, Head: head}
		cursor, given := cursors[r.ID]
		switch {
		case given && cursor != head:
			places[r.ID] = cursor.Place
		case !given && r.As.Member != nil && r.As.Member.JoinedVersion > listed:
			places[r.ID] = r.As.Member.JoinedPlace
		}
	}
	there, err := roomlog.PositionsAt(ctx, db, places)
	if err != nil {
		return nil, err
	}
	var diverged []uuid.UUID
	for i, r := range rooms {
		if _, asked := places[r.ID]; !asked {
			continue
		}
		at, found := there[r.ID]
		if cursor, given := cursors[r.ID]; !found || given && at != cursor {
			diverged = append(diverged, r.ID)
		}
		starts[i].At = at
	}
	if diverged != nil {
		return nil, &roomlog.DivergedError{Rooms: diverged}
	}
	return starts, nil
}

// A Verdict says whether somebody may read a room.
type Verdict struct {
	Head roomlog.Position // where the log ended when that was so
	Why  error            // they may not: access.ErrNoRoom, *access.ForbiddenError; nil: they may
	Last *roomlog.Event   // if they may not: the last that they are given
}

// Judge says whether somebody may read a room, as one of its members or as anybody.
func (x *Readers) Judge(ctx context.Context, person, room uuid.UUID, asMember bool) (v Verdict, err error) {
	defer func() { x.verdicts.Add(v.outcome(err), 1) }()
	err = x.store.View(ctx, func(db *ent.Client) error {
		rooms, err := access.Load(ctx, byID(db, room), person, x.o.Now())
		switch {
		case err != nil:
			return err
		case len(rooms) == 0:
			v.Why = access.ErrNoRoom
		default:
			v.Head, v.Why = roomlog.HeadOf(rooms[0].Room), mayRead(rooms[0], asMember)
		}
		if v.Why == nil {
			return nil
		}
		v.Last, err = x.last(ctx, db, person, room, rooms, asMember)
		return err
	})
	if err != nil {
		return Verdict{}, fmt.Errorf("judge a reader: %w", err)
	}
	return v, nil
}

// mayRead is about somebody who has read the room until now: that it is there is no secret to them.
func mayRead(r access.Room, asMember bool) error {
	err := r.May(access.Read)
	if r.DeletedAt == nil && (errors.Is(err, access.ErrNoRoom) || err == nil && asMember && r.As.Member == nil) {
		return &access.ForbiddenError{}
	}
	return err
}
