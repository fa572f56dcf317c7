// Package follow is how logs of rooms are read on by those who follow them. It rests on one idea: a reader is a position,
// and what follows it is read once for all who follow a room, or not at all if it was stored on this node. It knows neither
// the database nor who may read.
//
//	Follow → Tail.Next: from the window of the room, or from the log
//	              ↑ woken by Wake, which may be missed: heads are compared
//	Committed ————┘ on this node: handed over where it continues what has been read
//
// Locks, in the order in which they are taken: Caches.mu, cache.sem, then waker.mu or changes.mu. Nobody waits for cache.sem,
// which is held over a read, with another lock in hand.
package follow

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"parley/chat/roomlog"
)

// A Source is where logs are read from: a roomlog.Log, or in a test a model of it.
type Source interface {
	// Since returns a page of what follows a position, in order and without a hole, and whether there is
	// more. ErrDiverged: the log has another event at that position, or none.
	Since(ctx context.Context, room *roomlog.Room, at roomlog.Position) (page []*roomlog.Event, more bool, err error)
	// At returns a room as its log leaves it, with its newest chat, if the log ends at that position. ErrMoved: it does not.
	At(ctx context.Context, room *roomlog.Room, at roomlog.Position) (*roomlog.Room, error)
	// Heads returns the last position of each of these rooms.
	Heads(ctx context.Context, rooms []uuid.UUID) (map[uuid.UUID]roomlog.Position, error)
}

// Options of Caches.
type Options struct {
	WindowBytes   int64         // of events that are kept for those who follow rooms, in all
	HeadsInterval time.Duration // between two comparisons of followed rooms with the log
	OnError       func(error)   // told what went wrong in the background work of Run, which is tried again

	// Notify is called by Committed with the rooms whose logs have grown, and with the people whose lists of rooms have
	// changed: other nodes look again. Wake may be called for them here as well.
	Notify func(ids ...uuid.UUID)
}

// Caches are those of all rooms that somebody follows. They are safe for concurrent use.
type Caches struct {
	log   Source
	o     Options
	held  atomic.Int64 // bytes that all windows hold
	reads reads

	mu    sync.Mutex
	rooms map[uuid.UUID]*cache
}

// New makes Caches. Lost notifications are noticed only while Run runs.
func New(log Source, o Options) *Caches {
	return &Caches{log: log, o: o, rooms: map[uuid.UUID]*cache{}}
}

// A cache of a room's log is what those who follow the room share: what wakes them, and a window of the
// newest events, so that an event is read from the log once for all of them, or not at all if it was stored here. It is
// never the truth: emptying the window changes nothing but cost.
type cache struct {
	room   *roomlog.Room
	waker  waker
	recent changes
	caches *Caches

	sem    chan struct{}    // holds one while somebody reads the log or the window
	start  roomlog.Position // what the window follows
	window []*roomlog.Event // may be empty
	bytes  int64            // of the window
	grown  bool             // since quiet windows were given up last
	left   atomic.Bool      // by the last who followed
}

func (x *Caches) join(from Start, t *Tail, wake func()) *cache {
	x.mu.Lock()
	defer x.mu.Unlock()
	c := x.rooms[from.Room.ID]
	if c == nil { // whoever is behind its head reads the log alone
		c = &cache{room: from.Room, caches: x, sem: make(chan struct{}, 1), start: from.Head}
		c.waker = waker{tails: map[*Tail]func(){}, due: unread, reached: from.Head}
		x.rooms[from.Room.ID] = c
	}
	c.waker.join(t, wake)
	return c
}

func (x *Caches) leave(c *cache, t *Tail) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if c.waker.leave(t) == 0 && x.rooms[c.room.ID] == c {
		delete(x.rooms, c.room.ID)
		c.left.Store(true)
		c.tryEmpty(false)
	}
}
