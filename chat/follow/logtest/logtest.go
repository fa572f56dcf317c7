// Package logtest reads the log of a room as plainly as can be, for tests.
package logtest

import (
	"context"
	"time"
)

// A Reader shows what follows its position, which Next and Show keep.
type Reader[Event any] struct {
	Next  func(context.Context) ([]Event, error)
	Show  func(Event) bool // false: it has enough
	Final func(error) bool // Next can never succeed again
	Wake  <-chan struct{}
}

// Run reads until ctx ends, the log does, or Show has enough. What it has in hand when it is woken it reads again: a
// change may have made it old.
func (r Reader[Event]) Run(ctx context.Context) error {
	for {
		events, err := r.Next(ctx)
		switch {
		case err != nil && r.Final(err):
			return err
		case err != nil:
			if err := Pause(ctx, 100*time.Millisecond); err != nil {
				return err
			}
			continue
		}
		for _, e := range events {
			if !r.Show(e) {
				return ctx.Err()
			}
			if len(r.Wake) > 0 {
				break
			}
		}
		if len(events) > 0 {
			select {
			case <-r.Wake:
			default:
			}
			continue
		}
		select {
		case <-r.Wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Wake returns a channel that holds one mark, and what puts it there.
func Wake() (wake chan struct{}, notify func()) {
	wake = make(chan struct{}, 1)
	return wake, func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// Pause waits in real or virtual time.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
