package tuning

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// The heap may grow by headroom between two collections, whatever lives: what lives in a small server is a few
// megabytes, and at Go's 100 % the collector would run dozens of times a second under load (measured by
// BenchmarkAPI/send: a tenth less CPU at 300 %); with thousands of sockets 300 % would be most of the memory.
const (
	headroom   = 32 << 20 // bytes
	leastGrow  = 50       // percent of what lives
	mostGrow   = 300
	quiet      = 1 << 20 // bytes allocated in a second by a server that has nothing to do
	worthwhile = 8 << 20 // bytes to give back
)

// memory is what the runtime says of the heap.
type memory struct{ live, objects, free, allocated uint64 } // bytes

func readMemory() memory {
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/gc/heap/allocs:bytes"},
	}
	metrics.Read(samples)
	return memory{samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64(), samples[3].Value.Uint64()}
}

// PaceCollector adapts the pace of the collector to the heap until ctx ends, and then returns nil; once a burst is
// over it gives the memory back that it needed. GOGC in the environment wins.
func PaceCollector(ctx context.Context) error {
	if os.Getenv("GOGC") != "" {
		return nil
	}
	debug.SetGCPercent(mostGrow)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for before := readMemory(); ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		now := readMemory()
		if grow := growth(now.live); grow != growth(before.live) {
			debug.SetGCPercent(grow)
		}
		if now.allocated-before.allocated < quiet && now.objects+now.free > now.live+worthwhile {
			debug.FreeOSMemory()
		}
		before = now
	}
}

// growth is the percentage by which what lives may grow, in steps so that it seldom changes.
func growth(live uint64) int {
	const step = 25
	return min(mostGrow, max(leastGrow, int(headroom*100/max(1, live))/step*step))
}

// Garbage counts large buffers that are dropped at once and that the collector would let lie long before it looks.
// The zero value is ready. Safe for concurrent use.
type Garbage struct{ bytes atomic.Int64 }

// Dropped counts that many bytes and collects when what was dropped since is much beside what lives.
func (g *Garbage) Dropped(bytes int64) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if uint64(g.bytes.Add(bytes)) > live[0].Value.Uint64()/4 {
		g.bytes.Store(0)
		runtime.GC()
	}
}
