package chat

import (
	"time"

	"github.com/google/uuid"

	"parley/limit"
)

// limiter counts calls by key.
type limiter struct {
	table *limit.Table[uuid.UUID]
	now   func() time.Time
}

func newLimiter(r limit.Rate, burst int, now func() time.Time) *limiter {
	return &limiter{table: limit.NewTable[uuid.UUID](r.Bucket(burst)), now: now}
}

// take counts one call, or returns a *RateError with the time after which it would pass.
func (l *limiter) take(key uuid.UUID) error {
	if wait := l.table.Take(key, l.now()); wait > 0 {
		return &RateError{RetryAfter: wait}
	}
	return nil
}
