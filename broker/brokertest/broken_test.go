package brokertest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// room is a doorbell like broker.Memory, with one fault.
type room struct {
	fault string

	mu    sync.Mutex
	looks []func(...uuid.UUID)
	kept  []uuid.UUID
	wait  chan struct{} // what blocks waits for this
}

func (b *room) Listen(ctx context.Context, look func(...uuid.UUID)) error {
	b.mu.Lock()
	if b.fault == "one listener only" {
		b.looks = nil
	}
	n := len(b.looks)
	b.looks = append(b.looks, look)
	b.mu.Unlock()
	switch b.fault {
	case "no look at the start":
	case "a room at the start":
		look(uuid.New())
	default:
		look()
	}
	<-ctx.Done()
	if b.fault == "no end" {
		<-b.wait
	}
	if b.fault != "bells after the end" {
		b.mu.Lock()
		defer b.mu.Unlock()
		if n < len(b.looks) {
			b.looks[n] = func(...uuid.UUID) {}
		}
	}
	return ctx.Err()
}

func (b *room) Ring(rooms ...uuid.UUID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.fault {
	case "deaf":
		return
	case "blocks without listeners":
		if len(b.looks) == 0 {
			<-b.wait
		}
	case "keeps what it is given":
		rooms, b.kept = b.kept, rooms
		if len(rooms) == 0 {
			return
		}
	case "one room only":
		rooms = rooms[:1]
	}
	for _, look := range b.looks {
		look(slices.Clone(rooms)...)
	}
}

// What never happens is not waited for as long as what must.
func init() { patience = 300 * time.Millisecond }

// Each fault that a doorbell can have breaks a promise: what says so stands in the table.
func TestEachFaultBreaksAPromise(t *testing.T) {
	for _, c := range []struct{ fault, promise, says string }{
		{"no look at the start", "LooksAtAllFirst", "did not begin with a look"},
		{"a room at the start", "LooksAtAllFirst", "began with a look at ["},
		{"deaf", "BellIsHeardOnBothNodes", "was not heard"},
		{"two buses", "BellIsHeardOnBothNodes", "was not heard"},
		{"one room only", "BellIsHeardOnBothNodes", "was not heard"},
		{"one listener only", "EveryListenerHears", "was not heard"},
		{"bells after the end", "NothingAfterTheEnd", "after Listen had returned"},
		{"no end", "EndsWithItsContext", "goes on although"},
		{"blocks without listeners", "RingNeverBlocks", "blocks when nobody listens"},
		{"keeps what it is given", "RingKeepsNoRooms", "written into the slice"},
		{"deaf", "EverythingAtOnce", "blocks among others"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			b := &room{fault: c.fault, wait: make(chan struct{})}
			defer close(b.wait)
			pair := Pair{One: b, Two: b}
			if c.fault == "two buses" {
				pair.Two = &room{}
			}
			if err := keeping(c.promise)(t.Context(), pair); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: got %v, want %q", c.promise, err, c.says)
			}
		})
	}
}

func keeping(promise string) func(context.Context, Pair) error {
	for _, p := range promises {
		if p.name == promise {
			return p.keeps
		}
	}
	panic("no promise " + promise)
}
