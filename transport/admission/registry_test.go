package admission

import (
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"
)

// Sockets come back one after the other, in no order that a client could choose.
func TestDrainIsSpreadAtRandom(t *testing.T) {
	registry := NewRegistry(Times{Sweep: time.Second, Quiet: time.Second, Drain: 10 * time.Second}, slog.New(slog.DiscardHandler))
	var mu sync.Mutex
	var order []int
	var times []time.Time
	for i := range 20 {
		registry.AddStream(&probe{func() {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, i)
			times = append(times, time.Now())
		}, registry})
	}
	registry.Drain(t.Context())
	if len(order) != 20 || slices.IsSorted(order) {
		t.Errorf("order %v", order)
	}
	if spread := times[19].Sub(times[0]); spread < 19*drainStep/2 {
		t.Errorf("spread over %v", spread)
	}
}

type probe struct {
	drained func()
	from    *Registry
}

func (*probe) Sweep(time.Time)                            {}
func (*probe) EndSession(map[string]bool) <-chan struct{} { return nil }
func (*probe) Cut()                                       {}
func (p *probe) Drain()                                   { p.drained(); p.from.Remove(p) }
