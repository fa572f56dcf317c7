// Package brokertest says what a chat.Broker promises, as a test that every doorbell has to pass. It
// asks no more than the interface does: bells may be lost, doubled and swapped, so a bell that must be
// heard is rung until it is.
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
// mended.
type Pair struct {
	One, Two  chat.Broker
	Close     func()
	Cut, Mend func()
}

// Run tests what connect makes; it is called once for each promise.
func Run(t *testing.T, connect func(t *testing.T) Pair) {
	for _, p := range promises {
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
	if within(patience, func() bool { left = goleak.Find(before); return left == nil }) != nil {
		t.Errorf("left running: %v", left)
	}
}

type promise struct {
	name  string
	keeps func(context.Context, Pair) error
}

var promisesOfABus = []promise{
	{"LooksAtAllAfterACut", looksAtAllAfterACut},
	{"RingsWhileCut", ringsWhileCut},
	{"EndsWhileCut", endsWhileCut},
}

var promises = []promise{
	{"LooksAtAllFirst", looksAtAllFirst},
	{"BellIsHeardOnBothNodes", bellIsHeardOnBothNodes},
	{"EveryListenerHears", everyListenerHears},
	{"NothingAfterTheEnd", nothingAfterTheEnd},
	{"EndsWithItsContext", endsWithItsContext},
	{"RingNeverBlocks", ringNeverBlocks},
	{"RingKeepsNoRooms", ringKeepsNoRooms},
	{"EverythingAtOnce", everythingAtOnce},
	{"OwnBellIsHeardOnceAndAtOnce", ownBellIsHeardOnceAndAtOnce},
}

// patience is how long something may take that must happen.
var patience = 10 * time.Second

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

// An ear is a running Listen, and what it was told.
type ear struct {
	stop  context.CancelFunc
	ended chan struct{} // closed when Listen has returned

	mu    sync.Mutex
	bells [][]uuid.UUID
	late  atomic.Int32 // bells after Listen had returned
}

func listen(ctx context.Context, b chat.Broker) *ear {
	ctx, stop := context.WithCancel(ctx)
	e := &ear{stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(e.ended)
		_ = b.Listen(ctx, e.look)
	}()
	return e
}

func (e *ear) look(rooms ...uuid.UUID) {
	select {
	case <-e.ended:
		e.late.Add(1)
	default:
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.bells = append(e.bells, slices.Clone(rooms))
}

func (e *ear) heard() [][]uuid.UUID {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.bells)
}

// close ends the ear and wants Listen to return.
func (e *ear) close() error {
	e.stop()
	select {
	case <-e.ended:
	case <-time.After(patience):
		return errors.New("Listen goes on although its context has ended")
	}
	return nil
}

// begun waits for the first bell.
func (e *ear) begun() error {
	if err := within(patience, func() bool { return len(e.heard()) > 0 }); err != nil {
		return errors.New("Listen did not begin with a look at all rooms")
	}
	return nil
}

// hears rings for a room until every ear was told to look at it or at all.
func hears(b chat.Broker, ears ...*ear) error {
	room := uuid.New()
	begin := make([]int, len(ears))
	for i, e := range ears {
		begin[i] = len(e.heard())
	}
	err := within(patience, func() bool {
		b.Ring(uuid.New(), room)
		for i, e := range ears {
			if !slices.ContainsFunc(e.heard()[begin[i]:], func(rooms []uuid.UUID) bool { return len(rooms) == 0 || slices.Contains(rooms, room) }) {
				return false
			}
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("a bell that was rung again and again was not heard: %w", err)
	}
	return nil
}
