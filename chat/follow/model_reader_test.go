package follow

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/chat/follow/logtest"
	"parley/chat/roomlog"
)

// A modelReader follows the model's rooms, or the first of them, and checks what it is given. Unless it stays, it leaves again and again and resumes from what it had last.
type modelReader struct {
	m      *model
	rng    *rand.Rand
	stays  bool
	slow   bool
	merged bool // follows all rooms, instead of the first

	mu      sync.Mutex // guards all below; never held while time passes
	at      map[uuid.UUID]roomlog.Position
	numbers map[uuid.UUID]int  // of the last chat
	over    map[uuid.UUID]bool // it was told that the room was deleted, or its history taken back
}

func (r *modelReader) run(ctx context.Context) {
	for len(r.followed()) > 0 {
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
		tail.Hear(r.hear)
		rooms.Go(func() {
			defer tail.Leave()
			err := r.m.pump(stream, tail, wake, at, func(e *roomlog.Event) bool {
				r.mu.Lock()
				if stream.Err() != nil {
					r.mu.Unlock()
					return false
				}
				r.event(e)
				left--
				enough, over := left <= 0, r.over[e.Room.ID]
				r.mu.Unlock()
				if enough {
					leave()
				}
				if r.slow {
					_ = logtest.Pause(stream, time.Duration(r.delay())*time.Millisecond)
				}
				return !enough && !over
			})
			if errors.Is(err, roomlog.ErrDiverged) && r.m.ends[room] == isTakenBack {
				r.mu.Lock()
				r.over[room.ID] = true
				r.mu.Unlock()
			} else if err != nil && stream.Err() == nil {
				r.m.t.Errorf("a stream ended: %v", err)
			}
		})
	}
	rooms.Wait()
}

// followed are the rooms that the reader follows still: of all, or of the first.
func (r *modelReader) followed() (rooms []*roomlog.Room) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, room := range r.m.rooms {
		if (i == 0 || r.merged) && !r.over[room.ID] {
			rooms = append(rooms, room)
		}
	}
	return rooms
}

func (r *modelReader) delay() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rng.IntN(30)
}

// event wants what follows, in the history that it is of. It is called in turn.
func (r *modelReader) event(e *roomlog.Event) {
	r.over[e.Room.ID] = e.Kind == roomlog.RoomDeleted // whoever is behind goes straight there
	if before := r.m.log.follows(e.Position()); before != r.at[e.Room.ID] && e.Kind != roomlog.RoomDeleted {
		r.m.t.Errorf("%s: place %d came behind %d", e.Room.Name, e.Position().Place, r.at[e.Room.ID].Place)
	}
	r.at[e.Room.ID] = e.Position()
	if e.Kind == roomlog.ChatSent {
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
		if at := (roomlog.Position{Place: head.Place, Tag: head.Tag}); r.over[room.ID] && r.m.ends[room] != goesOn {
			continue
		} else if r.numbers[room.ID] != head.Number || r.at[room.ID] != at {
			r.m.t.Errorf("reader %d (stays %v, slow %v, events %v) of %s has number %d, place %d; the head is %d, %d",
				i, r.stays, r.slow, r.merged, room.Name, r.numbers[room.ID], r.at[room.ID].Place, head.Number, head.Place)
		}
	}
}

// pump shows what follows a position until ctx ends or show has enough. A change that was answered before is seen by all.
func (m *model) pump(ctx context.Context, t *Tail, wake <-chan struct{}, at roomlog.Position, show func(*roomlog.Event) bool) error {
	return logtest.Reader[*roomlog.Event]{
		Next: func(ctx context.Context) ([]*roomlog.Event, error) {
			answered := m.log.state()
			if m.ends[t.cache.room] == isTakenBack {
				answered = nil
			}
			events, err := t.Next(ctx, at)
			for _, e := range events {
				m.shows(e, events[len(events)-1].Room.LastNumber, answered)
			}
			return events, err
		},
		Show:  func(e *roomlog.Event) bool { at = e.Position(); return show(e) },
		Final: func(err error) bool { return errors.Is(err, roomlog.ErrDiverged) },
		Wake:  wake,
	}.Run(ctx)
}

// shows wants an event to show chats no older than changes that have been answered, and the room as some page has left
// it: with the newest chat up to the last number of what was read.
func (m *model) shows(e *roomlog.Event, last int, answered map[uuid.UUID]int64) {
	room := e.Room
	for what, c := range map[string]*roomlog.Chat{"it is about": e.Chat, "is the newest": room.Newest} {
		switch {
		case c == nil:
		case c.Room != room:
			m.t.Errorf("place %d shows another room in the chat that %s", e.Position().Place, what)
		case version(*c.Text) < answered[c.ID]:
			m.t.Errorf("place %d shows version %d of the chat that %s, and version %d was answered", e.Position().Place, version(*c.Text), what, answered[c.ID])
		}
	}
	switch newest := room.Newest; {
	case e.Kind == roomlog.RoomDeleted:
		if newest != nil || room.LastNumber != 0 {
			m.t.Errorf("a room that was deleted has the number %d", room.LastNumber)
		}
	case newest == nil || newest.Number != room.LastNumber:
		m.t.Errorf("place %d shows number %d, and as the newest chat %v", e.Position().Place, room.LastNumber, newest)
	case room.LastNumber > last, e.Chat.Number > room.LastNumber:
		m.t.Errorf("place %d, about number %d, shows number %d; what was read ends with %d", e.Position().Place, e.Chat.Number, room.LastNumber, last)
	}
}
