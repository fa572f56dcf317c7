package stream

import (
	"sync/atomic"

	"parley/meter"
)

// Stats is what feeds have done since they were made, and what they are at.
type Stats struct {
	Streams     int // subscriptions that run
	Feeds       int
	WindowBytes int64
	CatchingUp  int // readers behind their window that read the log right now

	Executions     uint64 // of a stream's operation, each over some events for all readers of a feed
	Live           uint64 // events handed to readers out of the window
	CaughtUp       uint64 // events handed to readers who were behind it
	Told           uint64 // signals handed to readers
	Missed         uint64 // signals that readers were not given: they were behind, or had not taken what came before
	DroppedWindows uint64 // because the log could not be read; their readers read the log

	// Lag is how long events took, in nanoseconds: from Event.At until the outlets of up to Options.Block readers of a
	// feed had been served. The oldest event that such a pass handed out counts. Readers behind the window are left out.
	Lag meter.Distribution
}

// Stats returns them. Safe for concurrent use.
func (x *Feeds) Stats() Stats {
	m := &x.meters
	s := Stats{
		Streams: int(m.streams.Load()), WindowBytes: x.quotas.WindowBytes(), CatchingUp: x.turns.Count(),
		Executions: m.executions.Load(), Live: m.live.Load(), CaughtUp: m.caughtUp.Load(), DroppedWindows: m.droppedWindows.Load(),
		Told: m.told.Load(), Missed: m.missed.Load(),
		Lag: m.lag.Distribution(),
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	s.Feeds = len(x.byKey)
	return s
}

// meters are what is counted where it happens.
type meters struct {
	streams        atomic.Int64
	executions     atomic.Uint64
	live, caughtUp atomic.Uint64
	told, missed   atomic.Uint64
	droppedWindows atomic.Uint64
	lag            *meter.Histogram
}
