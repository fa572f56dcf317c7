package roomlog

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"parley/chat/roomlog/changes"
)

// A source is where logs are read from: the database, or in a test a model of it.
type source interface {
	// since returns a page of what follows a position, in order and without a hole, and whether there is
	// more. ErrDiverged: the log has another event at that position, or none.
	since(ctx context.Context, room *Room, at Position) (page []*Event, more bool, err error)
	// heads returns the last position of each of these rooms.
	heads(ctx context.Context, rooms []uuid.UUID) (map[uuid.UUID]Position, error)
}

// caches are those of all rooms that somebody follows.
type caches struct {
	log   source
	most  int64        // bytes that all windows may hold
	held  atomic.Int64 // those they hold
	reads reads

	notify func(rooms ...uuid.UUID) // Options.Notify
	fail   func(error)              // Options.OnError

	mu    sync.Mutex
	rooms map[uuid.UUID]*cache
}

func newCaches(log source, o Options) *caches {
	return &caches{log: log, most: o.WindowBytes, notify: o.Notify, fail: o.OnError, rooms: map[uuid.UUID]*cache{}}
}

// A cache of a room's log is what those who follow the room share: the signal that wakes them, and a window of the
// newest events, so that an event is read from the log once for all of them, or not at all if it was stored here. It is
// never the truth: emptying the window changes nothing but cost.
type cache struct {
	room   *Room
	signal signal
	recent changes.Recent
	caches *caches

	sem    chan struct{} // holds one while somebody reads the log or the window
	start  Position      // what the window follows
	window []*Event      // may be empty
	bytes  int64         // of the window
	grown  bool          // since quiet windows were given up last
	left   atomic.Bool   // by the last who followed
}

func (x *caches) join(from Start, t *Tail, wake func()) *cache {
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

func (x *caches) leave(c *cache, t *Tail) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if c.signal.leave(t) == 0 && x.rooms[c.room.ID] == c {
		delete(x.rooms, c.room.ID)
		c.left.Store(true)
		c.tryEmpty(false)
	}
}

func (c *cache) end() Position {
	if n := len(c.window); n > 0 {
		return c.window[n-1].position
	}
	return c.start
}

// next returns what follows a position: from the window, after reading on where that has been
// handed out, or from the log alone for whoever is behind the window. None: wait to be woken.
func (c *cache) next(ctx context.Context, log source, at Position) ([]*Event, error) {
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
		events, _, err = log.since(ctx, c.room, at)
		c.note(&c.caches.reads.catchUp, err)
	}
	return events, err
}

func (c *cache) note(kind *atomic.Uint64, err error) { c.caches.reads.note(kind, err) }

// read is next for who holds sem; behind: the position lies before the window. It reads on to the end of the log also for
// a reader who is not at the end of the window yet: a chat that lies there may have been changed since, and once that has
// been answered nobody is given the old text.
func (c *cache) read(ctx context.Context, log source, at Position) (events []*Event, behind bool, err error) {
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
func (c *cache) readOn(ctx context.Context, log source, at Position, due bool) ([]*Event, error) {
	next, more, err := log.since(ctx, c.room, c.end())
	c.note(&c.caches.reads.live, err)
	if err != nil {
		c.signal.read(c.end(), due) // not more: who reads on without one wakes the others, once it succeeds
		return nil, err
	}
	if len(next) == 0 && at.Place > c.end().Place {
		return nil, ErrDiverged // the log ends before a place it had
	}
	c.grow(next)
	c.signal.read(c.end(), more)
	if !due {
		c.signal.wake() // no notification has woken the others; who read here was ahead of the window
	}
	return next, nil
}
