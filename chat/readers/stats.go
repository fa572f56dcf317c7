package readers

import (
	"errors"

	"parley/chat/access"
	"parley/meter"
)

// Stats is what Readers have done since they were made, and what they are at.
type Stats struct {
	Lists    int               // readers of all rooms of a person
	Verdicts map[string]uint64 // of Judge: "reads_on", "forbidden", "gone", and "failed", which is none
}

func newTally() *meter.Tally { return meter.NewTally("reads_on", "forbidden", "gone", "failed") }

// Stats returns them. Safe for concurrent use.
func (x *Readers) Stats() Stats {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := Stats{Verdicts: x.verdicts.Counts()}
	for _, watches := range x.watched {
		s.Lists += len(watches)
	}
	return s
}

// outcome is what a judgement came to.
func (v Verdict) outcome(err error) string {
	switch {
	case err != nil:
		return "failed"
	case v.Why == nil:
		return "reads_on"
	case errors.Is(v.Why, access.ErrNoRoom):
		return "gone"
	}
	return "forbidden"
}
