package chat

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// A modelReader follows the model's rooms, by events or by the chats of the first room, and checks
// what it is given. Unless it stays, it leaves again and again and resumes from what it had last.
type modelReader struct {
	m      *model
	rng    *rand.Rand
	stays  bool
	slow   bool
	merged bool // one stream of events of all rooms, instead of the first room's chats

	at      map[uuid.UUID]position
	numbers map[uuid.UUID]int   // of the last chat
	places  map[uuid.UUID]int64 // of the last event
}

func (r *modelReader) run(ctx context.Context) {
	for ctx.Err() == nil {
		r.follow(ctx)
		if pause(ctx, time.Duration(r.rng.IntN(10))*time.Millisecond) != nil {
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
	ended := func(err error) { r.m.t.Errorf("a stream ended: %v", err) }
	if !r.merged {
		room := r.m.rooms[0]
		out := r.m.readers.chats(stream, start{room, r.at[room.ID]}, ended)
		for c := range out {
			if r.chat(room, c, c.Number); !r.goOn(ctx, &left) {
				break
			}
		}
		leave()
		for range out { // until it is closed
		}
		return
	}
	var starts []start
	for _, room := range r.m.rooms {
		starts = append(starts, start{room, r.at[room.ID]})
	}
	out := r.m.readers.events(stream, starts, time.Now, ended)
	for e := range out {
		if r.event(e, starts); !r.goOn(ctx, &left) {
			break
		}
	}
	leave()
	for range out {
	}
}

func (r *modelReader) goOn(ctx context.Context, left *int) bool {
	if r.slow {
		_ = pause(ctx, time.Duration(r.rng.IntN(30))*time.Millisecond)
	}
	*left--
	return *left > 0
}

// chat wants the next number of the room.
func (r *modelReader) chat(room *Room, c *Chat, want int) {
	if r.numbers[room.ID]++; want != r.numbers[room.ID] {
		r.m.t.Errorf("%s: number %d came instead of %d", room.Name, want, r.numbers[room.ID])
	}
	r.at[room.ID] = r.m.log.positionOf(room, c.ID)
}

// event wants the next place of its room, and behind CaughtUp nothing that is older.
func (r *modelReader) event(e *Event, starts []start) {
	if e.Kind == CaughtUp {
		if len(e.Cursors) != len(starts) {
			r.m.t.Errorf("caught up in %d of %d rooms", len(e.Cursors), len(starts))
		}
		for i, from := range starts {
			if _, p, err := parseLogPlace("after", e.Cursors[i]); err != nil || p.place != r.places[from.room.ID] {
				r.m.t.Errorf("caught up at place %d, %v; the last was %d", p.place, err, r.places[from.room.ID])
			}
		}
		return
	}
	if r.places[e.Room.ID]++; e.position.place != r.places[e.Room.ID] {
		r.m.t.Errorf("%s: place %d came instead of %d", e.Room.Name, e.position.place, r.places[e.Room.ID])
	}
	r.at[e.Room.ID] = e.position
	if e.Kind == ChatSent {
		r.numbers[e.Room.ID]++
	}
}

// positionOf is where a chat was sent.
func (l *memoryLog) positionOf(room *Room, chat uuid.UUID) position {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, row := range l.logs[room.ID] {
		if *row.ChatID == chat {
			return position{place: row.Place, tag: row.Tag, number: row.Number}
		}
	}
	return position{}
}

// check wants the reader to have everything.
func (r *modelReader) check(i int) {
	for n, room := range r.m.rooms {
		if n > 0 && !r.merged {
			return
		}
		head := r.m.log.head(room.ID)
		if r.numbers[room.ID] != head.number || r.merged && r.places[room.ID] != head.place {
			r.m.t.Errorf("reader %d (stays %v, slow %v, events %v) of %s has number %d, place %d; the head is %d, %d",
				i, r.stays, r.slow, r.merged, room.Name, r.numbers[room.ID], r.places[room.ID], head.number, head.place)
		}
	}
}
