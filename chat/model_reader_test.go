package chat

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
)

// A modelReader follows the model's rooms, or the first of them, and checks what it is given. Unless it stays, it leaves again and again and resumes from what it had last.
type modelReader struct {
	m      *model
	rng    *rand.Rand
	stays  bool
	slow   bool
	merged bool // follows all rooms, instead of the first

	turn    sync.Mutex // guards all below; never held while time passes
	at      map[uuid.UUID]position
	numbers map[uuid.UUID]int   // of the last chat
	places  map[uuid.UUID]int64 // of the last event
}

func (r *modelReader) run(ctx context.Context) {
	for ctx.Err() == nil {
		r.follow(ctx)
		if Pause(ctx, time.Duration(r.rng.IntN(10))*time.Millisecond) != nil {
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
		r.turn.Lock()
		at := r.at[room.ID].known()
		r.turn.Unlock()
		wake, notify := Wake()
		tail := r.m.readers.follow(Start{Room: room, At: at, Head: r.m.log.head(room.ID).known()}, notify)
		rooms.Go(func() {
			defer tail.Leave()
			err := Pump(stream, tail, wake, at, func(e *Event) bool {
				r.turn.Lock()
				if stream.Err() != nil {
					r.turn.Unlock()
					return false
				}
				r.event(e)
				left--
				last := left <= 0
				r.turn.Unlock()
				if last {
					leave()
				}
				if r.slow {
					_ = Pause(stream, time.Duration(r.delay())*time.Millisecond)
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
	r.turn.Lock()
	defer r.turn.Unlock()
	return r.rng.IntN(30)
}

// event wants the next place of its room. It is called in turn.
func (r *modelReader) event(e *Event) {
	if r.places[e.Room.ID]++; e.position.place != r.places[e.Room.ID] {
		r.m.t.Errorf("%s: place %d came instead of %d", e.Room.Name, e.position.place, r.places[e.Room.ID])
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
		head := r.m.log.head(room.ID)
		if r.numbers[room.ID] != head.number || r.places[room.ID] != head.place {
			r.m.t.Errorf("reader %d (stays %v, slow %v, events %v) of %s has number %d, place %d; the head is %d, %d",
				i, r.stays, r.slow, r.merged, room.Name, r.numbers[room.ID], r.places[room.ID], head.number, head.place)
		}
	}
}
