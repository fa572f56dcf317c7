package broker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
)

// A bus is what the doorbells between nodes share: who listens here, what other nodes were not told yet,
// and how it fares. One goroutine tells the others, so that Ring waits for no network.
type bus struct {
	here   Memory
	out    outbox
	report func(error) // of changes: that it is lost and why, and with nil that it is back

	connected           atomic.Bool
	rung, heard, failed atomic.Uint64
	stop                context.CancelFunc
	running             sync.WaitGroup
	changing            sync.Mutex
	lost                bool
}

func newBus(report func(error)) *bus {
	if report == nil {
		report = func(error) {}
	}
	return &bus{report: report, out: outbox{rooms: map[uuid.UUID]struct{}{}, wake: make(chan struct{}, 1)}}
}

// Ring rings here at once and leaves the rooms for other nodes.
func (b *bus) Ring(rooms ...uuid.UUID) {
	b.rung.Add(1)
	b.here.Ring(rooms...)
	b.out.add(rooms)
	b.out.knock()
}

// Listen hands look every bell, from here and from other nodes, until ctx ends.
func (b *bus) Listen(ctx context.Context, look func(rooms ...uuid.UUID)) error {
	return b.here.Listen(ctx, look)
}

// Stats tells how the bus fares.
func (b *bus) Stats() Stats {
	return Stats{Connected: b.connected.Load(), Rung: b.rung.Load(), Heard: b.heard.Load(), Errors: b.failed.Load()}
}

// hear rings here what another node rang.
func (b *bus) hear(rooms []uuid.UUID) {
	b.heard.Add(1)
	b.here.Ring(rooms...)
}

// up is called when other nodes can be heard again: what they rang meanwhile is unknown.
func (b *bus) up() {
	b.change(nil)
	b.here.Ring()
	b.out.knock() // for what could not be told
}

// down is called when they cannot be heard.
func (b *bus) down(why error) {
	b.failed.Add(1)
	if why == nil {
		why = errors.New("the connection was closed")
	}
	b.change(why)
}

// change reports only what is news: a dead bus is tried again every two seconds.
func (b *bus) change(why error) {
	b.changing.Lock()
	defer b.changing.Unlock()
	b.connected.Store(why == nil)
	if lost := why != nil; lost != b.lost {
		b.lost = lost
		b.report(why)
	}
}

// tell hands over what was rung. What does not leave stays for the next time.
func (b *bus) tell(send func(rooms []uuid.UUID) error) {
	rooms, some := b.out.take()
	if !some {
		return
	}
	if err := send(rooms); err != nil {
		b.failed.Add(1)
		b.out.add(rooms)
	}
}

// mostRooms is how many rooms a bell names; more are all.
const mostRooms = 1024

// An outbox holds the rooms that other nodes were not told of yet, each once.
type outbox struct {
	wake chan struct{} // holds one while there may be some

	mu    sync.Mutex
	rooms map[uuid.UUID]struct{}
	all   bool
}

// add puts rooms in; none means all.
func (o *outbox) add(rooms []uuid.UUID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, room := range rooms {
		if o.all {
			return
		}
		o.rooms[room] = struct{}{}
		o.all = len(o.rooms) > mostRooms
	}
	o.all = o.all || len(rooms) == 0
}

// take empties it; no rooms, but some, means all.
func (o *outbox) take() (rooms []uuid.UUID, some bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	some = o.all || len(o.rooms) > 0
	if !o.all {
		rooms = make([]uuid.UUID, 0, len(o.rooms))
		for room := range o.rooms {
			rooms = append(rooms, room)
		}
	}
	o.all = false
	clear(o.rooms)
	return rooms, some
}

func (o *outbox) knock() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// pack writes rooms behind one another. Nothing means all, and so do more bytes than fit.
func pack(rooms []uuid.UUID, most int) []byte {
	if len(rooms)*len(uuid.UUID{}) > most {
		return nil
	}
	packed := make([]byte, 0, len(rooms)*len(uuid.UUID{}))
	for _, room := range rooms {
		packed = append(packed, room[:]...)
	}
	return packed
}

// unpack reads rooms. What is no row of rooms means all.
func unpack(packed []byte) []uuid.UUID {
	if len(packed)%len(uuid.UUID{}) != 0 {
		return nil
	}
	rooms := make([]uuid.UUID, 0, len(packed)/len(uuid.UUID{}))
	for id := range slices.Chunk(packed, len(uuid.UUID{})) {
		rooms = append(rooms, uuid.UUID(id))
	}
	return rooms
}
