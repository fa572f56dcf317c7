package stock

import (
	"context"
	"errors"
	"time"

	"parley/chat"
	"parley/chat/roomlog"
)

// follow is the loop of one subscriber: the chats of a room behind a cursor, in order, until ctx ends or the
// log does. Nothing of it is shared with others but what chat shares by itself.
func (s *Server) follow(ctx context.Context, caller chat.Caller, room string, after *string) (<-chan *roomlog.Chat, error) {
	from, err := s.chat.Open(ctx, caller, room, after)
	if err != nil {
		return nil, err
	}
	out, notified := make(chan *roomlog.Chat), make(chan struct{}, 1)
	follower := s.chat.Follow(from, func() {
		select {
		case notified <- struct{}{}:
		default:
		}
	})
	go func() {
		defer close(out)
		defer follower.Leave()
		for at := from.At; ctx.Err() == nil; {
			events, err := follower.Next(ctx, at)
			if errors.Is(err, chat.ErrNoRoom) || errors.Is(err, chat.ErrDiverged) {
				return
			}
			if len(events) == 0 {
				wait(ctx, notified, err)
			}
			at = deliver(ctx, out, events, at)
		}
	}()
	return out, nil
}

// wait returns at a notification, or after a moment when the log could not be read.
func wait(ctx context.Context, notified <-chan struct{}, failed error) {
	var again <-chan time.Time
	if failed != nil {
		again = time.After(100 * time.Millisecond)
	}
	select {
	case <-notified:
	case <-again:
	case <-ctx.Done():
	}
}

// deliver gives the chats among the events to gqlgen, and returns the position behind them.
func deliver(ctx context.Context, out chan<- *roomlog.Chat, events []*roomlog.Event, at roomlog.Position) roomlog.Position {
	for _, e := range events {
		if e.Kind == roomlog.ChatSent {
			select {
			case out <- e.Chat:
			case <-ctx.Done():
				return at
			}
		}
		at = e.Position()
	}
	return at
}
