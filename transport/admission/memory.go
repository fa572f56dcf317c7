package admission

import (
	"runtime/metrics"
	"sync"
	"time"
)

// Above this part of GOMEMLIMIT there is no room for new connections.
const memoryPart = 0.8

// memory knows whether Go's memory comes near GOMEMLIMIT. Without that it never does.
type memory struct {
	mu     sync.Mutex // guards all below
	asked  time.Time
	scarce bool
}

func (m *memory) isScarce(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.asked) >= time.Second {
		used, limit := memoryInUse()
		m.asked, m.scarce = now, float64(used) > memoryPart*float64(limit)
	}
	return m.scarce
}

// memoryInUse leaves garbage out: under a limit the collector lets that grow up to the limit before it runs,
// so memory as a whole comes near it even if little of it is in use. What the last collection found alive is
// exact enough, because near the limit collections follow each other closely.
func memoryInUse() (used, limit uint64) {
	samples := []metrics.Sample{
		{Name: "/gc/gomemlimit:bytes"},
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	used = samples[1].Value.Uint64() + samples[2].Value.Uint64()
	for _, heap := range samples[3:] {
		used -= min(used, heap.Value.Uint64())
	}
	return used, samples[0].Value.Uint64()
}
