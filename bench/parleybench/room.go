package main

import (
	"context"
	"sync/atomic"
	"time"
)

// A room is where streams start: at its beginning, before the first chat.
type room struct {
	id, cursor string
	ledger     *ledger
	members    []*subscriber
	passed     atomic.Int64 // a number that everybody has
}

// hold answers what makes a publisher wait while a number is too far ahead of the slowest subscriber.
func (in *room) hold(most int) func(context.Context, int) {
	return func(ctx context.Context, number int) {
		for number-int(in.passed.Load()) > most && ctx.Err() == nil {
			if in.passed.Store(in.slowest()); number-int(in.passed.Load()) > most {
				time.Sleep(time.Millisecond)
			}
		}
	}
}

// slowest is the number that everybody in a room has.
func (in *room) slowest() int64 {
	if len(in.members) == 0 {
		return 0
	}
	least := in.members[0].at.Load()
	for _, s := range in.members {
		least = min(least, s.at.Load())
	}
	return least
}
