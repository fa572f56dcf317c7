package broker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
)

// A bus is what the notifiers between nodes share: who subscribes here, what other nodes were not told yet,
// and its state. One goroutine tells the others, so that Notify waits for no network.
type bus struct {
	here   Memory
	out    outbox
	slots  slots
	report func(error) // of changes: that it is lost and why, and with nil that it is back

	connected              atomic.Bool
	sent, received, failed atomic.Uint64 // notifications
	signals, heard, lost   atomic.Uint64 // signals sent, received and dropped
	stop                   context.CancelFunc
	running                sync.WaitGroup
	changing               sync.Mutex
	isDown                 bool
}

func newBus(report func(error)) *bus {
	if report == nil {
		report = func(error) {}
	}
	return &bus{report: report, out: outbox{rooms: map[uuid.UUID]struct{}{}, wake: make(chan struct{}, 1)}}
}

// Notify tells this node at once and leaves the rooms for other nodes.
func (b *bus) Notify(rooms ...uuid.UUID) {
	b.sent.Add(1)
	b.here.Notify(rooms...)
	b.out.add(rooms)
	b.out.signal()
}

// Subscribe calls wake for every notification, from here and from other nodes, until ctx ends.
func (b *bus) Subscribe(ctx context.Context, wake func(rooms ...uuid.UUID)) error {
	return b.here.Subscribe(ctx, wake)
}

// Stats returns what the bus has done and whether it is connected.
func (b *bus) Stats() Stats {
	return Stats{
		Connected: b.connected.Load(), Sent: b.sent.Load(), Received: b.received.Load(), Errors: b.failed.Load(),
		SignalsSent: b.signals.Load(), SignalsReceived: b.heard.Load(), SignalsDropped: b.lost.Load(),
	}
}

// deliver passes on here what another node sent.
func (b *bus) deliver(rooms []uuid.UUID) {
	b.received.Add(1)
	b.here.Notify(rooms...)
}

// up is called when other nodes can be reached again: what they sent meanwhile is unknown.
func (b *bus) up() {
	b.change(nil)
	b.here.Notify()
	b.out.signal() // for what could not be told
}

// down is called when they cannot be reached.
func (b *bus) down(why error) {
	b.failed.Add(1)
	if why == nil {
		why = errors.New("the connection was closed")
	}
	b.change(why)
}

// change reports only changes: a dead bus is tried again every two seconds.
func (b *bus) change(why error) {
	b.changing.Lock()
	defer b.changing.Unlock()
	b.connected.Store(why == nil)
	if down := why != nil; down != b.isDown {
		b.isDown = down
		b.report(why)
	}
}

// tell hands over what waits: notifications of commits first, and of signals as many as fit into most bytes behind them.
func (b *bus) tell(notify func(rooms []uuid.UUID) error, most int, signal func(packed []byte) error) {
	b.flush(notify)
	b.flushSignals(most, signal)
}

// flush hands over what other nodes were not told yet. What cannot be sent stays for the next time.
func (b *bus) flush(send func(rooms []uuid.UUID) error) {
	rooms, some := b.out.take()
	if !some {
		return
	}
	if err := send(rooms); err != nil {
		b.failed.Add(1)
		b.out.add(rooms)
	}
}

// maxRooms is how many rooms a notification names; more are all.
const maxRooms = 1024

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
		o.all = len(o.rooms) > maxRooms
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

func (o *outbox) signal() {
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
