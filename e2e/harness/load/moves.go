package load

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"parley/e2e/harness"
)

// A Mover lets one person into a room and has them out again, over and over, and notes when that was asked for and
// answered. It ends with the person in the room.
type Mover struct {
	*Sender  // of the room's owner
	person   string
	token    string // the person's
	room     uuid.UUID
	public   bool
	banned   bool // until they are let in again
	moves    []*Move
	Watchers []*Watcher   // of the person
	Ends     atomic.Int64 // how often they had to go, as was answered
}

// A Move is one change of who is in a room, asked for until it was answered.
type Move struct {
	person   string
	room     uuid.UUID
	in       bool
	called   time.Duration // before the first call, since the run began
	answered time.Duration // after the answer; 0: none
	refused  string        // what the server said when it would not
}

// run moves until stop is closed and the person is in the room.
func (m *Mover) run(ctx context.Context, stop <-chan struct{}) {
	for ctx.Err() == nil {
		if m.banned {
			m.ask(ctx, m.Sender.token, `mutation($room: ID!, $user: ID!) { unbanMember(room: $room, user: $user) }`)
			m.banned = false
		}
		m.move(ctx, true, m.in())
		pause(ctx, rand.N(8*m.Rest))
		select {
		case <-stop:
			return
		default:
		}
		m.move(ctx, false, m.out())
		m.Ends.Add(1)
		pause(ctx, rand.N(8*m.Rest))
	}
}

// A call is a mutation, and who makes it.
type call struct{ token, document string }

func (m *Mover) in() call {
	if m.public && rand.IntN(2) == 0 {
		return call{m.token, `mutation($room: ID!) { joinRoom(room: $room) { id } }`}
	}
	return call{m.Sender.token, `mutation($room: ID!, $user: ID!) { addMember(room: $room, user: $user) { id } }`}
}

func (m *Mover) out() call {
	switch rand.IntN(3) {
	case 0:
		return call{m.token, `mutation($room: ID!) { leaveRoom(room: $room) }`}
	case 1:
		return call{m.Sender.token, `mutation($room: ID!, $user: ID!) { removeMember(room: $room, user: $user) }`}
	default:
		m.banned = true
		return call{m.Sender.token, `mutation($room: ID!, $user: ID!) { banMember(room: $room, user: $user) { createdAt } }`}
	}
}

func (m *Mover) move(ctx context.Context, in bool, c call) {
	one := &Move{person: m.person, room: m.room, in: in, called: time.Since(m.Began)}
	m.moves = append(m.moves, one)
	if refused, ok := m.ask(ctx, c.token, c.document); ok {
		one.answered, one.refused = time.Since(m.Began), refused
	}
}

// ask repeats a call until it is answered; ok: it was.
func (m *Mover) ask(ctx context.Context, token, document string) (refused string, ok bool) {
	for {
		at, up := m.Servers.get(ctx)
		if !up {
			return "", false
		}
		a, err := m.Post(ctx, at, token, document, map[string]any{"room": m.room, "user": m.person})
		if err == nil && !a.Retryable() {
			if len(a.Errors) > 0 {
				refused = cmp.Or(a.Body, a.Code(), "an error")
			}
			return refused, true
		}
		pause(ctx, m.Rest)
	}
}

// say sends the last chat of all, once everybody who is to be given it follows.
func (m *Mover) say(ctx context.Context) {
	for _, w := range m.Watchers {
		select {
		case <-w.began:
		case <-ctx.Done():
		case <-time.After(harness.Timeout):
		}
	}
	m.send(ctx, m.room)
}

// makeMovers makes the people who come and go, one in a private room of their own, which is the last of all rooms, and one
// in a public room, and who watches for them.
func (k *Torture) makeMovers(at string) {
	var made struct{ CreateRoom struct{ ID uuid.UUID } }
	k.Must(&made, at, k.Tokens[0], `mutation { createRoom(name: "comings and goings", kind: PRIVATE, members: ["person1", "person2", "person3"]) { id } }`)
	k.Rooms = append(k.Rooms, made.CreateRoom.ID)
	for i, room := range []uuid.UUID{made.CreateRoom.ID, k.Rooms[0]} {
		person := fmt.Sprint("mover", i)
		m := &Mover{Sender: &Sender{Torture: k, token: k.Tokens[0]}, person: person, token: k.register(at, person), room: room, public: i > 0}
		for _, overSSE := range []bool{false, true} {
			m.Watchers = append(m.Watchers, newWatcher(k, m, overSSE))
		}
		k.Movers = append(k.Movers, m)
	}
}
