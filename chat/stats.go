package chat

import (
	"context"
	"errors"
	"time"

	"parley/chat/roomlog"
	"parley/db"
	"parley/meter"
)

// Stats is what a Service has done since it was made, and what it is at.
type Stats struct {
	Sends       map[string]uint64 // calls of Send that have returned, by outcome
	BatchSize   meter.Distribution
	CommitTime  meter.Distribution // nanoseconds
	Queued      int                // sends that wait for a commit
	QueuedBytes int64              // of their text

	roomlog.Stats
}

// Stats returns them. Safe for concurrent use.
func (s *Service) Stats() Stats {
	return Stats{
		Sends: s.meters.sends.Counts(), BatchSize: s.meters.batch.Distribution(), CommitTime: s.meters.commit.Distribution(),
		Queued: int(s.writer.entries.Load()), QueuedBytes: s.writer.bytes.Load(), Stats: s.log.Stats(),
	}
}

// meters are of sends and commits.
type meters struct {
	sends  *meter.Tally
	batch  *meter.Histogram
	commit *meter.Histogram
}

func newMeters() *meters {
	names := []string{"ok", "invalid", "too_fast"}
	for _, o := range outcomes {
		names = append(names, o.name)
	}
	return &meters{
		sends:  meter.NewTally(names...),
		batch:  meter.NewHistogram(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
		commit: meter.NewTimes(),
	}
}

// committed counts a transaction that stored n sends.
func (m *meters) committed(n int, took time.Duration) {
	m.batch.Observe(int64(n))
	m.commit.Observe(int64(took))
}

// outcomes name the errors of Send. The first that fits decides.
var outcomes = []struct {
	name string
	is   error
}{
	{"not_found", ErrNoRoom},
	{"forbidden", ErrForbidden},
	{"id_taken", ErrIDTaken},
	{"timeout", ErrTimeout},
	{"closing", ErrClosing},
	{"unknown", ErrUnknown},
	{"unknown", db.ErrUnknownOutcome},
	{"storage_full", db.ErrFull},
	{"database_busy", db.ErrBusy},
	{"database_down", db.ErrDown},
	{"queue_full", ErrBusy},
	{"timeout", context.DeadlineExceeded},
	{"withdrawn", context.Canceled},
}

// sent counts what a send came to.
func (m *meters) sent(err error) { m.sends.Add(outcome(err), 1) }

func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	if errors.As(err, new(*InvalidError)) {
		return "invalid"
	}
	if errors.As(err, new(*RateError)) {
		return "too_fast"
	}
	for _, o := range outcomes {
		if errors.Is(err, o.is) {
			return o.name
		}
	}
	return meter.Other
}
