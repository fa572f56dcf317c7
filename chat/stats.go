package chat

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

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

	Rooms         int    // that somebody follows here
	WindowBytes   int64  // of the chats kept for these readers
	LiveReads     uint64 // reads of a log that moved the window all readers of a room share
	CatchUpReads  uint64 // reads of a log for one reader behind that window
	FailedReads   uint64 // of both, for reasons that pass
	Diverged      uint64 // of both, from a position that is not in the log
	Holes         uint64 // of both, where places did not follow one another
	HeadsChecks   uint64 // queries that compared followed rooms with the database
	HeadsFailed   uint64 // of these, those the database did not answer
	HeadsMismatch uint64 // rooms that were found to differ: no bell had told, or it was still being read
}

// Stats answers them. Safe for concurrent use.
func (s *Service) Stats() Stats {
	r := &s.readers.reads
	return Stats{
		Sends: s.meters.sends.Counts(), BatchSize: s.meters.batch.Distribution(), CommitTime: s.meters.commit.Distribution(),
		Queued: int(s.writer.entries.Load()), QueuedBytes: s.writer.bytes.Load(),
		Rooms: s.readers.count(), WindowBytes: s.readers.held.Load(), LiveReads: r.live.Load(), CatchUpReads: r.catchUp.Load(),
		FailedReads: r.failed.Load(), Diverged: r.diverged.Load(), Holes: r.holes.Load(),
		HeadsChecks: r.heads.Load(), HeadsFailed: r.headsFailed.Load(), HeadsMismatch: r.headsMismatch.Load(),
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

// reads counts how logs are read.
type reads struct {
	live, catchUp, failed, diverged, holes atomic.Uint64
	heads, headsFailed, headsMismatch      atomic.Uint64
}

// errHole is a log whose places do not follow one another: a fault of ours or of the disk.
var errHole = errors.New("a hole in a log")

// note counts a read of one kind and what it came to.
func (r *reads) note(kind *atomic.Uint64, err error) {
	kind.Add(1)
	switch {
	case err == nil, errors.Is(err, ErrNoRoom), errors.Is(err, context.Canceled):
	case errors.Is(err, ErrDiverged):
		r.diverged.Add(1)
	case errors.Is(err, errHole):
		r.holes.Add(1)
	default:
		r.failed.Add(1)
	}
}

// count is how many rooms are followed.
func (r *readers) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.rooms)
}
