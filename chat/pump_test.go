package chat

import (
	"context"
	"errors"
	"time"
)

// Pump is the plainest reader there is: it shows what follows a position until ctx ends, the log does, or show
// answers false. What it has in hand when it is woken it reads again: a change may have made it old.
func Pump(ctx context.Context, t *Tail, wake <-chan struct{}, at Position, show func(*Event) bool) error {
	for {
		events, err := t.Next(ctx, at)
		switch {
		case errors.Is(err, ErrNoRoom) || errors.Is(err, ErrDiverged):
			return err
		case err != nil:
			if err := Pause(ctx, 100*time.Millisecond); err != nil {
				return err
			}
			continue
		}
		for _, e := range events {
			if !show(e) {
				return ctx.Err()
			}
			if at = e.Position(); e.Kind == RoomDeleted {
				return ErrNoRoom
			}
			if len(wake) > 0 {
				break
			}
		}
		if len(events) > 0 {
			select {
			case <-wake:
			default:
			}
			continue
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Wake is a channel that holds one mark, and what puts it there.
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

// AfterRead calls do whenever the log has been read and the reader has not been told yet.
func (s *Service) AfterRead(do func()) { s.readers.log = &interrupted{s, do} }

type interrupted struct {
	source
	do func()
}

func (i *interrupted) since(ctx context.Context, room *Room, at position) ([]*Event, bool, error) {
	page, more, err := i.source.since(ctx, room, at)
	i.do()
	return page, more, err
}
