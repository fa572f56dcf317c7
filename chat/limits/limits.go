// Package limits says how often somebody may call and how many of something there may be. It rests on one idea: such a
// refusal is an error that says all that the client is told. It knows no rows.
package limits

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"parley/limit"
)

// A LimitError says that a number of something is at its limit.
type LimitError struct{ Reason string } // ROOMS, MEMBERS, INVITES, BLOCKS, REACTIONS

func (e *LimitError) Error() string { return "limit reached: " + e.Reason }

// A RateError says that somebody is too fast, and when the same call will pass.
type RateError struct{ RetryAfter time.Duration }

func (e *RateError) Error() string { return fmt.Sprintf("too fast; again in %v", e.RetryAfter) }

// A Limiter counts calls by key. It is safe for concurrent use.
type Limiter struct {
	table *limit.Table[uuid.UUID]
	now   func() time.Time
}

// New makes a Limiter; the zero limit.Rate means no limit.
func New(r limit.Rate, burst int, now func() time.Time) *Limiter {
	return &Limiter{table: limit.NewTable[uuid.UUID](r.Bucket(burst)), now: now}
}

// Take counts one call, or returns a *RateError with the time after which it would pass.
func (l *Limiter) Take(key uuid.UUID) error {
	if wait := l.table.Take(key, l.now()); wait > 0 {
		return &RateError{RetryAfter: wait}
	}
	return nil
}

// GiveBack takes back that a call was counted.
func (l *Limiter) GiveBack(key uuid.UUID) { l.table.GiveBack(key) }
