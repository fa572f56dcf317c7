// Package follow is how logs of rooms are read on by those who follow them. It rests on one idea: a reader is a position,
// and what follows it is read once for all who follow a room, or not at all if it was stored on this node. It knows neither
// the database nor who may read.
//
//	Follow → Tail.Next: from the window of the room, or from the log
//	              ↑ woken by Wake, which may be missed: heads are compared
//	Committed ————┘ on this node: handed over where it continues what has been read
//
// Locks, in the order in which they are taken: Caches.mu, cache.sem, then signal.mu or changes.mu. Nobody waits for cache.sem,
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

// A cache of a room's log is what those who follow the room share: the signal that wakes them, and a window of the
// newest events, so that an event is read from the log once for all of them, or not at all if it was stored here. It is
// never the truth: emptying the window changes nothing but cost.
type cache struct {
	room   *roomlog.Room
	signal signal
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
		c.signal = signal{tails: map[*Tail]func(){}, due: true, reached: from.Head}
		x.rooms[from.Room.ID] = c
	}
	c.signal.join(t, wake)
	return c
}

func (x *Caches) leave(c *cache, t *Tail) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if c.signal.leave(t) == 0 && x.rooms[c.room.ID] == c {
		delete(x.rooms, c.room.ID)
		c.left.Store(true)
		c.tryEmpty(false)
	}
}

func (c *cache) end() roomlog.Position {
	if n := len(c.window); n > 0 {
		return c.window[n-1].Position()
	}
	return c.start
}

// next returns what follows a position: from the window, after reading on where that has been
// handed out, or from the log alone for whoever is behind the window. None: wait to be woken.
func (c *cache) next(ctx context.Context, log Source, at roomlog.Position) ([]*roomlog.Event, error) {
	select {
	case c.sem <- struct{}{}: // whoever else comes now wants the same events
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	events, behind, err := c.read(ctx, log, at)
	<-c.sem
	if c.left.Load() { // meanwhile, and nobody else empties it
		c.tryEmpty(false)
	}
	if behind {
		events, _, err = log.Since(ctx, c.room, at)
		c.note(&c.caches.reads.catchUp, err)
	}
	return events, err
}

func (c *cache) note(kind *atomic.Uint64, err error) { c.caches.reads.note(kind, err) }

// read is next for who holds sem; behind: the position lies before the window. It reads on to the end of the log also for
// a reader who is not at the end of the window yet: a chat that lies there may have been changed since, and once that has
// been answered nobody is given the old text.
func (c *cache) read(ctx context.Context, log Source, at roomlog.Position) (events []*roomlog.Event, behind bool, err error) {
	if at.Place < c.start.Place {
		return nil, true, nil
	}
	for {
		due := c.signal.takeDue()
		if !due && at.Place <= c.end().Place {
			break
		}
		end := c.end()
		next, err := c.readOn(ctx, log, at, due)
		if err != nil {
			return nil, false, err
		}
		if at == end && len(next) > 0 {
			return next, false, nil // the window may not have kept it
		}
		if at.Place < c.start.Place {
			return nil, true, nil
		}
	}
	events, err = c.after(at)
	return events, false, err
}

// readOn reads what follows the window and adds it. due: there was a notification, so all have been woken.
func (c *cache) readOn(ctx context.Context, log Source, at roomlog.Position, due bool) ([]*roomlog.Event, error) {
	next, more, err := log.Since(ctx, c.room, c.end())
	c.note(&c.caches.reads.live, err)
	if err != nil {
		c.signal.read(c.end(), due) // not more: who reads on without one wakes the others, once it succeeds
		return nil, err
	}
	if len(next) == 0 && at.Place > c.end().Place {
		return nil, roomlog.ErrDiverged // the log ends before a place it had
	}
	c.grow(next)
	c.signal.read(c.end(), more)
	if !due {
		c.signal.wake() // no notification has woken the others; who read here was ahead of the window
	}
	return next, nil
}
