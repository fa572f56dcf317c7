package brokertest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
)

// faulty is a notifier like broker.Memory, with one fault.
type faulty struct {
	fault string

	mu    sync.Mutex
	wakes []func(...uuid.UUID)
	kept  []uuid.UUID

	listeners []func([]byte)
	content   []byte
	wait      chan struct{} // what blocks waits for this
}

func (b *faulty) Subscribe(ctx context.Context, wake func(...uuid.UUID)) error {
	b.mu.Lock()
	if b.fault == "one subscriber only" {
		b.wakes = nil
	}
	n := len(b.wakes)
	b.wakes = append(b.wakes, wake)
	b.mu.Unlock()
	switch b.fault {
	case "nothing at the start":
	case "a room at the start":
		wake(uuid.New())
	default:
		wake()
	}
	<-ctx.Done()
	if b.fault == "no end" {
		<-b.wait
	}
	if b.fault != "notifications after the end" {
		b.mu.Lock()
		defer b.mu.Unlock()
		if n < len(b.wakes) {
			b.wakes[n] = func(...uuid.UUID) {}
		}
	}
	return ctx.Err()
}

func (b *faulty) Notify(rooms ...uuid.UUID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.fault {
	case "loses all":
		return
	case "blocks without subscribers":
		if len(b.wakes) == 0 {
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
	for _, wake := range b.wakes {
		wake(slices.Clone(rooms)...)
	}
}

func (b *faulty) Signals(ctx context.Context, got func([]byte)) error {
	b.mu.Lock()
	n := len(b.listeners)
	b.listeners = append(b.listeners, got)
	b.mu.Unlock()
	<-ctx.Done()
	if b.fault != "signals after the end" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.listeners[n] = func([]byte) {}
	}
	return ctx.Err()
}

func (b *faulty) Signal(_ string, content []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(content) > chat.MaxSignal && b.fault != "takes any signal" {
		return
	}
	given := content
	switch b.fault {
	case "loses signals":
		return
	case "cuts signals short":
		given = content[:min(len(content), 1000)]
	case "keeps signals":
		given, b.content = b.content, content
	case "waits with signals":
		<-b.wait
	}
	for _, got := range b.listeners {
		if got(given); b.fault == "doubles signals" {
			got(given)
		}
	}
}

// What never happens is not waited for as long as what must.
func init() { timeout = 300 * time.Millisecond }

// Each fault that a notifier can have breaks a promise: what says so stands in the table.
func TestEachFaultBreaksAPromise(t *testing.T) {
	for _, c := range []struct{ fault, promise, says string }{
		{"nothing at the start", "AllRoomsFirst", "did not begin with all"},
		{"a room at the start", "AllRoomsFirst", "began with ["},
		{"loses all", "NotificationReachesBothNodes", "was not received"},
		{"two buses", "NotificationReachesBothNodes", "was not received"},
		{"one room only", "NotificationReachesBothNodes", "was not received"},
		{"one subscriber only", "EverySubscriberIsNotified", "was not received"},
		{"notifications after the end", "NothingAfterTheEnd", "after Subscribe had returned"},
		{"no end", "EndsWithItsContext", "goes on although"},
		{"blocks without subscribers", "NotifyNeverBlocks", "blocks when nobody subscribes"},
		{"keeps what it is given", "NotifyKeepsNoRooms", "written into the slice"},
		{"loses all", "EverythingAtOnce", "blocks among others"},
		{"loses signals", "SignalReachesBothNodes", "did not come"},
		{"cuts signals short", "SignalReachesBothNodes", "6144 bytes"},
		{"takes any signal", "NoneIsTooLarge", "was given to 2"},
		{"doubles signals", "OwnNodeHearsASignalOnceAndAtOnce", "had it 2 times"},
		{"keeps signals", "SignalKeepsNothing", "written after Signal"},
		{"waits with signals", "SignalNeverBlocks", "blocks while somebody"},
		{"signals after the end", "NoSignalsAfterTheEnd", "after Signals had returned"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			b := &faulty{fault: c.fault, wait: make(chan struct{})}
			defer close(b.wait)
			pair := Pair{One: b, Two: b}
			if c.fault == "two buses" {
				pair.Two = &faulty{}
			}
			if err := keeping(c.promise)(t.Context(), pair); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: got %v, want %q", c.promise, err, c.says)
			}
		})
	}
}

func keeping(promise string) func(context.Context, Pair) error {
	for _, p := range slices.Concat(promises, promisesOfSignals) {
		if p.name == promise {
			return p.keeps
		}
	}
	panic("no promise " + promise)
}
