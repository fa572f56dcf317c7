package roomlog

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/chat/roomlog/logtest"
)

// A modelReader follows the model's rooms, or the first of them, and checks what it is given. Unless it stays, it leaves again and again and resumes from what it had last.
type modelReader struct {
	m      *model
	rng    *rand.Rand
	stays  bool
	slow   bool
	merged bool // follows all rooms, instead of the first

	mu      sync.Mutex // guards all below; never held while time passes
	at      map[uuid.UUID]Position
	numbers map[uuid.UUID]int   // of the last chat
	places  map[uuid.UUID]int64 // of the last event
}

func (r *modelReader) run(ctx context.Context) {
	for ctx.Err() == nil {
		r.follow(ctx)
		if logtest.Pause(ctx, time.Duration(r.rng.IntN(10))*time.Millisecond) != nil {
			return
		}
	}
}

// follow is one connection.
func (r *modelReader) follow(ctx context.Context) {
	stream, leave := context.WithCancel(ctx)
	defer leave()
	left := 1 + r.rng.IntN(12) // events until it leaves
	if r.stays || r.rng.IntN(8) == 0 {
		left = 1 << 30
	}
	var rooms sync.WaitGroup
	for _, room := range r.followed() {
		r.mu.Lock()
		at := r.at[room.ID]
		r.mu.Unlock()
		wake, notify := logtest.Wake()
		tail := r.m.caches.Follow(Start{Room: room, At: at, Head: r.m.log.head(room.ID)}, notify)
		rooms.Go(func() {
			defer tail.Leave()
			err := pump(stream, tail, wake, at, func(e *Event) bool {
				r.mu.Lock()
				if stream.Err() != nil {
					r.mu.Unlock()
					return false
				}
				r.event(e)
				left--
				last := left <= 0
				r.mu.Unlock()
				if last {
					leave()
				}
				if r.slow {
					_ = logtest.Pause(stream, time.Duration(r.delay())*time.Millisecond)
				}
				return !last
			})
			if stream.Err() == nil {
				r.m.t.Errorf("a stream ended: %v", err)
			}
		})
	}
	rooms.Wait()
}

// followed are the rooms that the reader follows: all, or the first.
func (r *modelReader) followed() []*Room {
	if r.merged {
		return r.m.rooms
	}
	return r.m.rooms[:1]
}

func (r *modelReader) delay() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rng.IntN(30)
}

// event wants the next place of its room, or its last. It is called in turn.
func (r *modelReader) event(e *Event) {
	if e.Kind == RoomDeleted && e.position.Place > r.places[e.Room.ID] {
		r.at[e.Room.ID], r.places[e.Room.ID], r.numbers[e.Room.ID] = e.position, e.position.Place, 0
		return
	}
	if r.places[e.Room.ID]++; e.position.Place != r.places[e.Room.ID] {
		r.m.t.Errorf("%s: place %d came instead of %d", e.Room.Name, e.position.Place, r.places[e.Room.ID])
	}
	r.at[e.Room.ID] = e.position
	if e.Kind == ChatSent {
		r.numbers[e.Room.ID]++
	}
}

// check wants the reader to have everything.
func (r *modelReader) check(i int) {
	for n, room := range r.m.rooms {
		if n > 0 && !r.merged {
			return
		}
		head := r.m.log.last(room.ID)
		if r.numbers[room.ID] != head.Number || r.places[room.ID] != head.Place {
			r.m.t.Errorf("reader %d (stays %v, slow %v, events %v) of %s has number %d, place %d; the head is %d, %d",
				i, r.stays, r.slow, r.merged, room.Name, r.numbers[room.ID], r.places[room.ID], head.Number, head.Place)
		}
	}
}

// pump shows what follows a position until ctx ends or show has enough.
func pump(ctx context.Context, t *Tail, wake <-chan struct{}, at Position, show func(*Event) bool) error {
	return logtest.Reader[*Event]{
		Next:  func(ctx context.Context) ([]*Event, error) { return t.Next(ctx, at) },
		Show:  func(e *Event) bool { at = e.position; return show(e) },
		Final: func(err error) bool { return errors.Is(err, ErrDiverged) },
		Wake:  wake,
	}.Run(ctx)
}
