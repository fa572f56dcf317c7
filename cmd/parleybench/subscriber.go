package main

import (
	"bytes"
	"context"
	"sync/atomic"
	"time"
)

// A subscriber holds one socket with one stream and judges what comes.
type subscriber struct {
	socket *socket
	room   string
	order  *order
	times  histogram
	count  int          // deliveries that carried a time
	at     atomic.Int64 // the order's last number, for those who wait
	latest time.Time    // of the last delivery
}

// subscribe opens a socket for one user and starts the stream of a room.
func subscribe(ctx context.Context, url string, by user, in *room) (*subscriber, error) {
	s, err := dial(ctx, url, by.token)
	if err != nil {
		return nil, err
	}
	if err := s.subscribe(ctx, in.id, in.cursor); err != nil {
		s.close()
		return nil, err
	}
	return &subscriber{socket: s, room: in.id}, nil
}

// run takes deliveries until the socket is closed. Only a close by ourselves is no fault.
func (s *subscriber) run(closing *atomic.Bool) {
	for {
		message, err := s.socket.next(context.Background())
		if err != nil {
			if !closing.Load() {
				s.order.faults.add("%s: the stream ended behind number %d: %v", s.order.who, s.order.last, err)
			}
			return
		}
		s.take(message, time.Now())
	}
}

// take judges one message. The texts of a run have no character that JSON escapes.
func (s *subscriber) take(message []byte, now time.Time) {
	const key = `"text":"`
	number, start := intAfter(message, `"number":`), bytes.Index(message, []byte(key))
	if number < 0 || start < 0 {
		s.order.faults.add("%s: got %.200s", s.order.who, message)
		return
	}
	text := message[start+len(key):]
	text = text[:max(0, bytes.IndexByte(text, '"'))]
	s.order.take(number, text)
	if stamp := stampOf(text); stamp > 0 {
		s.times.record(now.Sub(epoch) - stamp)
		s.count++
		s.latest = now
	}
	s.at.Store(int64(s.order.last))
}
