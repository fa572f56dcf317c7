package follow

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"parley/chat/roomlog"
)

// A Start is where a reader begins in a room, and where the room's log ended at that moment.
type Start struct {
	Room     *roomlog.Room
	At, Head roomlog.Position
}

// A Tail is the log of a room as those who follow it share it. Safe for concurrent use.
type Tail struct {
	caches *Caches
	cache  *cache
}

// Follow joins those who follow a room. wake is called whenever something may follow what has been read,
// and does not block. Join before the first Next: from then on no notification is missed.
func (x *Caches) Follow(from Start, wake func()) *Tail {
	t := &Tail{caches: x}
	t.cache = x.join(from, t, wake)
	return t
}

// Next returns a page of what follows a position, in order and without a hole, each event with its chat as
// it is now. None: wait to be woken. ErrDiverged: the log cannot be read on from there; any
// other error passes by itself. Events are shared and must not be changed.
func (t *Tail) Next(ctx context.Context, at roomlog.Position) ([]*roomlog.Event, error) {
	return t.cache.next(ctx, t.caches.log, at)
}

// Changes returns what tells whether a chat may have been changed on this node since the call, so that a page that was
// read before is old.
func (t *Tail) Changes() (changed func(chat uuid.UUID) bool) { return t.cache.recent.since() }

// Room is the id of the room.
func (t *Tail) Room() uuid.UUID { return t.cache.room.ID }

// Leave ends it. Call it once.
func (t *Tail) Leave() { t.caches.leave(t.cache, t) }

// Wake wakes those who follow these rooms; without rooms, all.
func (x *Caches) Wake(rooms ...uuid.UUID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(rooms) == 0 {
		for _, c := range x.rooms {
			c.waker.notify()
		}
	}
	for _, id := range rooms {
		if c := x.rooms[id]; c != nil {
			c.waker.notify()
		}
	}
}

// A notice says whether the log is worth reading.
type notice int

const (
	none   notice = iota // it was read to its end, and there was no notification since
	unread               // nobody has read it yet, and nobody was woken for that
	told                 // there was a notification, so all have been woken
)

// A waker wakes those who follow a room. Its lock is held for a moment only, because whoever notifies
// has just committed and must not wait for a reader.
type waker struct {
	mu      sync.Mutex
	tails   map[*Tail]func() // what wakes each; called under the lock, so they do not block
	hearers map[*Tail]func([]Signal)
	due     notice
	reached roomlog.Position // the end of the window
	telling int              // calls of Committed that notify of the room
	own     int              // notifications of theirs that may still come back; they tell nothing new
}

func (s *waker) notify() {
	s.mu.Lock()
	own := s.own > 0
	if own {
		s.own--
	} else {
		s.due = told
	}
	s.mu.Unlock()
	if !own {
		s.wake()
	}
}

// look has the log read again, and wakes all.
func (s *waker) look() {
	s.mu.Lock()
	s.due = told
	s.mu.Unlock()
	s.wake()
}

// tell wakes all because of a commit, whose own notification may follow until told is called. The log is to be read
// unless the window has taken the commit over.
func (s *waker) tell(taken bool) {
	s.mu.Lock()
	s.telling, s.own = s.telling+1, s.own+1
	if !taken {
		s.due = told
	}
	s.mu.Unlock()
	s.wake()
}

func (s *waker) told() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.telling--
	s.own = min(s.own, s.telling)
}

// wake wakes all; the log need not be read for it.
func (s *waker) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, wake := range s.tails {
		wake()
	}
}

func (s *waker) join(t *Tail, wake func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tails[t] = wake
}

// leave returns how many are left.
func (s *waker) leave(t *Tail) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tails, t)
	delete(s.hearers, t)
	return len(s.tails)
}

// takeDue says whether the log is worth reading, and forgets it.
func (s *waker) takeDue() notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := s.due
	s.due = none
	return due
}

// read says how far the log has been read, and whether it is to be read again.
func (s *waker) read(to roomlog.Position, again notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached, s.due = to, max(s.due, again)
}

func (s *waker) end() roomlog.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reached
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
		due := c.waker.takeDue()
		if due == none && at.Place <= c.end().Place {
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

// readOn reads what follows the window and adds it, and wakes all unless they have been told.
func (c *cache) readOn(ctx context.Context, log Source, at roomlog.Position, due notice) ([]*roomlog.Event, error) {
	next, more, err := log.Since(ctx, c.room, c.end())
	c.note(&c.caches.reads.live, err)
	if err != nil {
		c.waker.read(c.end(), due) // not more: who reads on without one wakes the others, once it succeeds
		return nil, err
	}
	if len(next) == 0 && at.Place > c.end().Place {
		return nil, roomlog.ErrDiverged // the log ends before a place it had
	}
	c.grow(next)
	again := none
	if more {
		again = told
	}
	c.waker.read(c.end(), again)
	if due != told && len(next) > 0 {
		c.waker.wake() // who read here was ahead of the window, or the first; the heads of window and log agree from now on
	}
	return next, nil
}

func (c *cache) end() roomlog.Position {
	if n := len(c.window); n > 0 {
		return c.window[n-1].Position()
	}
	return c.start
}
