// Package brokertest says what a chat.Notifier promises, as a test that every notifier has to pass. It
// asks no more than the interface does: notifications may be lost, doubled and swapped, so a notification that must
// arrive is sent until it does.
package brokertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"parley/chat"
)

// A Pair is two brokers of the same bus, as two nodes have them, and how to end them, once or again. A bus
// within one process gives the same broker twice. One that can be cut says how: nothing passes until it is
// restored.
type Pair struct {
	One, Two     chat.Notifier
	Close        func()
	Cut, Restore func()
	Connected    func() bool // whether One knows that the bus is there
}

// Run tests what connect makes; it is called once for each promise.
func Run(t *testing.T, connect func(t *testing.T) Pair) {
	for _, p := range slices.Concat(promises, promisesOfSignals) {
		t.Run(p.name, func(t *testing.T) { run(t, p, connect) })
	}
}

// RunBus tests a bus between nodes: what Run tests, and cuts.
func RunBus(t *testing.T, connect func(t *testing.T) Pair) {
	Run(t, connect)
	for _, p := range promisesOfABus {
		t.Run(p.name, func(t *testing.T) { run(t, p, connect) })
	}
}

func run(t *testing.T, p promise, connect func(t *testing.T) Pair) {
	before := goleak.IgnoreCurrent()
	pair := connect(t)
	if err := p.keeps(t.Context(), pair); err != nil {
		t.Error(err)
	}
	if pair.Close != nil {
		pair.Close()
	}
	var left error
	if within(timeout, func() bool { left = goleak.Find(before); return left == nil }) != nil {
		t.Errorf("left running: %v", left)
	}
}

type promise struct {
	name  string
	keeps func(context.Context, Pair) error
}

var promisesOfABus = []promise{
	{"AllRoomsAfterACut", allRoomsAfterACut},
	{"NotifiesWhileCut", notifiesWhileCut},
	{"EndsWhileCut", endsWhileCut},
	{"NoSignalsOfACut", noSignalsOfACut},
}

var promises = []promise{
	{"AllRoomsFirst", allRoomsFirst},
	{"NotificationReachesBothNodes", notificationReachesBothNodes},
	{"EverySubscriberIsNotified", everySubscriberIsNotified},
	{"NothingAfterTheEnd", nothingAfterTheEnd},
	{"EndsWithItsContext", endsWithItsContext},
	{"NotifyNeverBlocks", notifyNeverBlocks},
	{"NotifyKeepsNoRooms", notifyKeepsNoRooms},
	{"EverythingAtOnce", everythingAtOnce},
	{"OwnNodeIsNotifiedOnceAndAtOnce", ownNodeIsNotifiedOnceAndAtOnce},
}

// timeout is how long something may take that must happen.
var timeout = 5 * time.Minute

// within waits until something is so.
func within(d time.Duration, so func() bool) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(d); !so(); <-tick.C {
		if time.Now().After(end) {
			return fmt.Errorf("not within %v", d)
		}
	}
	return nil
}

// A subscriber is a running Subscribe, and what it was told.
type subscriber struct {
	stop  context.CancelFunc
	ended chan struct{} // closed when Subscribe has returned

	mu            sync.Mutex
	notifications [][]uuid.UUID
	late          atomic.Int32 // notifications after Subscribe had returned
}

func subscribe(ctx context.Context, b chat.Notifier) *subscriber {
	ctx, stop := context.WithCancel(ctx)
	e := &subscriber{stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(e.ended)
		_ = b.Subscribe(ctx, e.wake)
	}()
	return e
}

func (e *subscriber) wake(rooms ...uuid.UUID) {
	select {
	case <-e.ended:
		e.late.Add(1)
	default:
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.notifications = append(e.notifications, slices.Clone(rooms))
}

func (e *subscriber) received() [][]uuid.UUID {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.notifications)
}

// close ends the subscriber and wants Subscribe to return.
func (e *subscriber) close() error {
	e.stop()
	select {
	case <-e.ended:
	case <-time.After(timeout):
		return errors.New("Subscribe goes on although its context has ended")
	}
	return nil
}

// begun waits for the first notification.
func (e *subscriber) begun() error {
	if err := within(timeout, func() bool { return len(e.received()) > 0 }); err != nil {
		return errors.New("Subscribe did not begin with all rooms")
	}
	return nil
}

// reaches notifies of a room until every subscriber has been told of it or of all.
func reaches(b chat.Notifier, subscribers ...*subscriber) error {
	room := uuid.New()
	begin := make([]int, len(subscribers))
	for i, e := range subscribers {
		begin[i] = len(e.received())
	}
	err := within(timeout, func() bool {
		b.Notify(uuid.New(), room)
		for i, e := range subscribers {
			if !slices.ContainsFunc(e.received()[begin[i]:], func(rooms []uuid.UUID) bool { return len(rooms) == 0 || slices.Contains(rooms, room) }) {
				return false
			}
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("a notification that was sent again and again was not received: %w", err)
	}
	return nil
}
