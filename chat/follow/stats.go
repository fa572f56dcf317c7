package follow

import (
	"context"
	"errors"
	"sync/atomic"

	"parley/chat/roomlog"
)

// Stats is what Caches have done since they were made, and what they are at.
type Stats struct {
	Rooms         int    // that somebody follows here
	WindowBytes   int64  // of the events kept for them
	LiveReads     uint64 // reads of a log that moved the window all who follow a room share
	CatchUpReads  uint64 // reads of a log for one reader behind that window
	FailedReads   uint64 // of both, for reasons that pass
	Diverged      uint64 // of both, from a position that is not in the log
	Holes         uint64 // of both, where places did not follow one another
	HeadsChecks   uint64 // queries that compared followed rooms with the database
	HeadsFailed   uint64 // of these, those the database did not answer
	HeadsMismatch uint64 // rooms that were found to differ: no notification had come, or it was still being read
}

// Stats returns them. Safe for concurrent use.
func (x *Caches) Stats() Stats {
	r := &x.reads
	return Stats{
		Rooms: x.count(), WindowBytes: x.held.Load(), LiveReads: r.live.Load(), CatchUpReads: r.catchUp.Load(),
		FailedReads: r.failed.Load(), Diverged: r.diverged.Load(), Holes: r.holes.Load(),
		HeadsChecks: r.heads.Load(), HeadsFailed: r.headsFailed.Load(), HeadsMismatch: r.headsMismatch.Load(),
	}
}

// count is how many rooms are followed.
func (x *Caches) count() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.rooms)
}

// reads counts how logs are read.
type reads struct {
	live, catchUp, failed, diverged, holes atomic.Uint64
	heads, headsFailed, headsMismatch      atomic.Uint64
}

// note counts a read of one kind and what it came to.
func (r *reads) note(kind *atomic.Uint64, err error) {
	kind.Add(1)
	switch {
	case err == nil, errors.Is(err, context.Canceled):
	case errors.Is(err, roomlog.ErrDiverged):
		r.diverged.Add(1)
	case errors.Is(err, roomlog.ErrHole):
		r.holes.Add(1)
	default:
		r.failed.Add(1)
	}
}
