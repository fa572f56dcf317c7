package chat

import (
	"context"
	"errors"

	"parley/chat/follow"
	"parley/chat/queue"
	"parley/chat/readers"
	"parley/db"
	"parley/meter"
)

// Stats is what a Service has done since it was made, and what it is at.
type Stats struct {
	Sends map[string]uint64 // calls of Send that have returned, by outcome
	Queue queue.Stats
	Log   follow.Stats

	Readers   readers.Stats
	Rejudged  map[string]uint64 // sends of members whose room had taken something away since they were judged: "allowed", "refused"
	Signals   map[string]uint64 // signals of this node and of others, by what became of them here
	Enrolling int               // rooms older than members, whose people are not all members yet
	Audit     map[string]uint64 // what Options.Audit is told, by message
}

// Stats returns them. Safe for concurrent use.
func (s *Service) Stats() Stats {
	return Stats{
		Sends: s.sent.Counts(), Queue: s.queue.Stats(), Log: s.following.Stats(), Audit: s.audit.Counts(),
		Readers: s.readers.Stats(), Rejudged: s.rejudged.Counts(), Enrolling: s.enroller.Left(), Signals: s.Outcomes(),
	}
}

func newTally() *meter.Tally {
	names := []string{"ok", "invalid", "too_fast"}
	for _, o := range outcomes {
		names = append(names, o.name)
	}
	return meter.NewTally(names...)
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

// outcome is what a send came to.
func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, new(*InvalidError)):
		return "invalid"
	case errors.As(err, new(*RateError)):
		return "too_fast"
	}
	for _, o := range outcomes {
		if errors.Is(err, o.is) {
			return o.name
		}
	}
	return meter.Other
}
