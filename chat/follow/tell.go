package follow

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"parley/chat/roomlog"
)

// A Signal is an event without a place: those who follow the room are told now, or never.
type Signal struct {
	*roomlog.Event           // which shows the room as its log leaves it at Head
	Head           int64     // the last place of that
	Until          time.Time // nobody is told any more from then on
	Only           uuid.UUID // whose readers alone are told; zero: everybody's
	Except         uuid.UUID // whose readers are not told
}

// Why signals of a room are not told.
var (
	ErrNobody = errors.New("nobody follows the room") // who could be told
	ErrBehind = errors.New("the log could not be read so far")
)

// Hear has tell called for the signals of the room, several at once, until Leave. tell may take a while. Call it once.
func (t *Tail) Hear(tell func([]Signal)) {
	s := &t.cache.waker
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hearers == nil {
		s.hearers = map[*Tail]func([]Signal){}
	}
	s.hearers[t] = tell
}

// Now is a room as those who follow it share it.
type Now struct {
	Room   *roomlog.Room
	Head   int64            // the place where that is so
	start  int64            // the place behind which newest are
	newest []*roomlog.Event // up to there
}

// MayHaveSent tells whether somebody has sent a chat since a place, as far as that is known: else they may have.
func (n Now) MayHaveSent(person uuid.UUID, since int64) bool {
	return since < n.start || slices.ContainsFunc(n.newest, func(e *roomlog.Event) bool {
		return e.Kind == roomlog.ChatSent && e.ActorID == person && e.Position().Place > since
	})
}

// Tell has those who follow a room told of signals. They are made once its log has been read to its end, at least up to head,
// where it ended when somebody gave cause for them: so a signal says nothing that has not been read. ErrNobody, ErrBehind:
// nobody is told. Any other error passes by itself.
func (x *Caches) Tell(ctx context.Context, room uuid.UUID, head int64, signals func(Now) []Signal) error {
	x.mu.Lock()
	c := x.rooms[room]
	x.mu.Unlock()
	if c == nil {
		return ErrNobody
	}
	hearers := c.waker.listeners()
	if len(hearers) == 0 {
		return ErrNobody
	}
	now, err := c.now(ctx, x.log, head)
	if err != nil {
		return err
	}
	told := signals(now)
	for _, tell := range hearers {
		tell(told)
	}
	return nil
}

func (s *waker) listeners() []func([]Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.hearers))
}

// now is the room at the end of the window, which is read on if there was a notification, or if it does not reach head.
func (c *cache) now(ctx context.Context, log Source, head int64) (Now, error) {
	select {
	case c.sem <- struct{}{}:
	case <-ctx.Done():
		return Now{}, ctx.Err()
	}
	now, err := c.readNow(ctx, log, head)
	<-c.sem
	if c.left.Load() { // meanwhile, and nobody else empties it
		c.tryEmpty(false)
	}
	return now, err
}

// readNow is now for who holds sem.
func (c *cache) readNow(ctx context.Context, log Source, head int64) (now Now, err error) {
	if due := c.waker.takeDue(); due != none || c.end().Place < head {
		if _, err := c.readOn(ctx, log, c.end(), due); err != nil {
			return now, err
		}
	}
	now.Head, now.start, now.newest = c.end().Place, c.start.Place, c.window
	switch n := len(c.window); {
	case now.Head < head:
		return now, ErrBehind
	case n == 0:
		now.Room, err = log.At(ctx, c.room, c.end())
		if errors.Is(err, roomlog.ErrMoved) {
			err = ErrBehind
		}
		return now, err
	case c.window[n-1].Kind == roomlog.RoomDeleted:
		return now, ErrNobody
	default:
		now.Room = c.window[n-1].Room
		return now, nil
	}
}
