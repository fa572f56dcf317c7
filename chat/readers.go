package chat

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// A source is where readers read from: the database, or in a test a model of it.
type source interface {
	// since answers a page of what follows a position, in order and without a hole, and whether there is
	// more. ErrDiverged: the log has another event at that position, or none.
	since(ctx context.Context, room *Room, at position) (page []*Event, more bool, err error)
	// heads answers the last position of each of these rooms.
	heads(ctx context.Context, rooms []uuid.UUID) (map[uuid.UUID]position, error)
}

// readers are the feeds of all rooms that somebody follows.
type readers struct {
	log   source
	most  int64        // bytes that all windows may hold
	held  atomic.Int64 // those they hold
	reads reads
	fail  func(error) // Options.OnError

	mu    sync.Mutex // taken before a feed's bell
	rooms map[uuid.UUID]*feed
}

// A feed is what the readers of one room share: the bell, and a window of the newest events, so
// that an event is read from the log once for all of them. The window is a cache and never the
// truth: emptying it changes nothing but cost.
type feed struct {
	room    *Room
	bell    bell
	readers *readers

	turn   chan struct{} // holds one while somebody reads the log or the window; taken before the bell
	start  position      // what the window follows
	window []*Event      // may be empty
	bytes  int64         // of the window
	grown  bool          // since quiet windows were given up last
	left   atomic.Bool   // by its last reader
}

// A bell wakes the readers of a feed. Its lock is held for a moment only, because whoever rings
// has just committed and must not wait for a reader.
type bell struct {
	mu      sync.Mutex
	ears    map[*Tail]func() // of who listens; called under the lock, so they do not block
	due     bool             // it has rung since the log was last read to its end
	reached position         // the end of the window
}

func (r *readers) join(from Start, t *Tail, wake func()) *feed {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.rooms[from.Room.ID]
	if f == nil {
		at := position{place: from.Head.Place, tag: from.Head.Tag} // whoever is behind reads the log alone
		f = &feed{room: from.Room, readers: r, bell: bell{ears: map[*Tail]func(){}, due: true, reached: at}, turn: make(chan struct{}, 1), start: at}
		r.rooms[from.Room.ID] = f
	}
	f.bell.listen(t, wake)
	return f
}

func (r *readers) leave(f *feed, t *Tail) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.bell.leave(t) == 0 && r.rooms[f.room.ID] == f {
		delete(r.rooms, f.room.ID)
		f.left.Store(true)
		f.tryEmpty(false)
	}
}

// look wakes the readers of these rooms; without rooms, all.
func (r *readers) look(rooms ...uuid.UUID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(rooms) == 0 {
		for _, f := range r.rooms {
			f.bell.ring()
		}
	}
	for _, id := range rooms {
		if f := r.rooms[id]; f != nil {
			f.bell.ring()
		}
	}
}

// reached answers how far the window of each followed room goes.
func (r *readers) reached() map[uuid.UUID]position {
	r.mu.Lock()
	defer r.mu.Unlock()
	ends := make(map[uuid.UUID]position, len(r.rooms))
	for id, f := range r.rooms {
		f.bell.mu.Lock()
		ends[id] = f.bell.reached
		f.bell.mu.Unlock()
	}
	return ends
}

func (b *bell) ring() {
	b.mu.Lock()
	b.due = true
	b.mu.Unlock()
	b.wake()
}

// wake wakes who listens; the log need not be read for it.
func (b *bell) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, wake := range b.ears {
		wake()
	}
}

func (b *bell) listen(t *Tail, wake func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ears[t] = wake
}

// leave answers how many listen still.
func (b *bell) leave(t *Tail) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.ears, t)
	return len(b.ears)
}

// takeDue says whether the log is worth reading, and forgets it.
func (b *bell) takeDue() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	due := b.due
	b.due = false
	return due
}

func (b *bell) read(to position, again bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reached, b.due = to, b.due || again
}

func (f *feed) end() position {
	if n := len(f.window); n > 0 {
		return f.window[n-1].position
	}
	return f.start
}

// next answers what follows a position: from the window, after reading on where that has been
// handed out, or from the log alone for whoever is behind the window. None: wait for the bell.
func (f *feed) next(ctx context.Context, log source, at position) ([]*Event, error) {
	select {
	case f.turn <- struct{}{}: // whoever else comes now wants the same events
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	events, behind, err := f.read(ctx, log, at)
	<-f.turn
	if f.left.Load() { // meanwhile, and nobody else empties it
		f.tryEmpty(false)
	}
	if behind {
		events, _, err = log.since(ctx, f.room, at)
		f.note(&f.readers.reads.catchUp, err)
	}
	return events, err
}

func (f *feed) note(kind *atomic.Uint64, err error) { f.readers.reads.note(kind, err) }

// read is next for who has the turn; behind: the position lies before the window.
func (f *feed) read(ctx context.Context, log source, at position) (events []*Event, behind bool, err error) {
	if at.place < f.start.place {
		return nil, true, nil
	}
	// Read on also for a reader who is not at the end yet: a chat that lies in the window may have been
	// changed since, and once that has been answered nobody is given the old text.
	for {
		due := f.bell.takeDue()
		if !due && at.place <= f.end().place {
			break
		}
		end := f.end()
		next, more, err := log.since(ctx, f.room, end)
		f.note(&f.readers.reads.live, err)
		if err != nil {
			f.bell.read(f.end(), due) // not more: who reads on unbidden tells the others, once it succeeds
			return nil, false, err
		}
		if len(next) == 0 && at.place > f.end().place {
			return nil, false, ErrDiverged // the log ends before a place it had
		}
		f.grow(next)
		f.bell.read(f.end(), more)
		if !due {
			f.bell.wake() // no bell has told the others; who read here was ahead of the window
		}
		if at.place == end.place && at.tag == end.tag && len(next) > 0 {
			return next, false, nil // the window may not have kept it
		}
		if at.place < f.start.place {
			return nil, true, nil
		}
		if at.place < f.end().place {
			break
		}
	}
	events, err = f.after(at)
	return events, false, err
}

// watchHeads compares the heads of all followed rooms with the log, so that a bell that was lost,
// here or between nodes, costs no more than the interval.
func (r *readers) watchHeads(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			err := recovered(func() error {
				r.emptyQuiet()
				r.compareHeads(ctx)
				return nil
			})
			if err != nil {
				r.fail(fmt.Errorf("compare heads: %w", err))
			}
		case <-ctx.Done():
			return
		}
	}
}

// headsAtOnce is how many rooms one query asks for; SQLite takes at most 32,766 parameters.
const headsAtOnce = 10_000

func (r *readers) compareHeads(ctx context.Context) {
	ends := r.reached()
	for some := range slices.Chunk(slices.Collect(maps.Keys(ends)), headsAtOnce) {
		heads, err := r.log.heads(ctx, some)
		r.reads.heads.Add(1)
		if err != nil {
			r.reads.headsFailed.Add(1)
			r.look() // the next round asks again; whoever cannot read finds that out
			return
		}
		for id, head := range heads {
			if end := ends[id]; end.place != head.place || end.tag != head.tag {
				r.reads.headsMismatch.Add(1)
				r.look(id)
			}
		}
	}
}
