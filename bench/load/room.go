package load

import (
	"context"
	"sync/atomic"
	"time"
)

// A Room is where streams start: at its beginning, before the first chat.
type Room struct {
	ID, Cursor  string
	ledger      *ledger
	subscribers []*subscriber
	delivered   atomic.Int64 // a number that everybody has
}

// Throttle returns what makes a publisher wait while a number is too far ahead of the slowest subscriber.
func (in *Room) Throttle(most int) func(context.Context, int) {
	return func(ctx context.Context, number int) {
		for number-int(in.delivered.Load()) > most && ctx.Err() == nil {
			if in.delivered.Store(in.slowest()); number-int(in.delivered.Load()) > most {
				time.Sleep(time.Millisecond)
			}
		}
	}
}

// slowest is the number that everybody in a room has.
func (in *Room) slowest() int64 {
	if len(in.subscribers) == 0 {
		return 0
	}
	least := in.subscribers[0].at.Load()
	for _, s := range in.subscribers {
		least = min(least, s.at.Load())
	}
	return least
}
