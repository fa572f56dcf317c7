package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/bench/report"
	"parley/bench/client"
)

// A sender is one client that sends chats into one room over one connection.
type sender struct {
	by        client.User
	room      string
	conn      *client.Conn
	request   *client.SendRequest
	unstamped bool                       // the chats carry no time, so that nobody measures their delivery
	interval  time.Duration              // between two sends; 0: the next one follows the answer
	throttle  func(context.Context, int) // waits while a number is too far ahead; nil: nobody waits
	answered  []answer
	refused   []uuid.UUID      // what the server says it has not stored
	codes     map[string]int   // refusals of the whole run by code
	times     report.Histogram // of the answered sends of this measurement
}

// An answer is the number that a chat was answered with.
type answer struct {
	id     uuid.UUID
	number int
}

func newSender(to client.Route, by client.User, room string, size int) (*sender, error) {
	request, err := client.NewSendRequest(to, by, room, size)
	if err != nil {
		return nil, err
	}
	return &sender{
		by: by, room: room, conn: client.NewConn(to.Addr), request: request, codes: map[string]int{},
		answered: make([]answer, 0, 1<<14),
	}, nil
}

// send sends until the given time, or until ctx ends.
func (s *sender) send(ctx context.Context, until time.Time) {
	due := time.Now()
	for due.Before(until) && ctx.Err() == nil {
		if s.throttle != nil {
			s.throttle(ctx, s.newest())
		}
		end := s.once()
		if s.interval == 0 {
			due = end
			continue
		}
		due = due.Add(s.interval)
		time.Sleep(time.Until(due))
	}
}

// newest is the number of the last chat that was answered, 0 before.
func (s *sender) newest() int {
	if len(s.answered) == 0 {
		return 0
	}
	return s.answered[len(s.answered)-1].number
}

// once sends one chat and answers when that was over.
func (s *sender) once() time.Time {
	id := uuid.New()
	start := time.Now()
	stamp := start.Sub(client.Epoch)
	if s.unstamped {
		stamp = 0
	}
	status, body, err := s.conn.Do(s.request.Next(id, stamp))
	end := time.Now()
	if number := client.IntAfter(body, `"number":`); err == nil && status == 200 && number > 0 {
		s.times.Record(end.Sub(start))
		s.answered = append(s.answered, answer{id, number})
		return end
	}
	code := client.CodeOf(status, body, err)
	s.codes[code]++
	if err == nil && code != "UNKNOWN_OUTCOME" {
		s.refused = append(s.refused, id)
	}
	return end
}

// sendAll lets all senders send for d and answers how long that took.
func sendAll(ctx context.Context, senders []*sender, d time.Duration) time.Duration {
	start := time.Now()
	var wg sync.WaitGroup
	for _, s := range senders {
		s.times = report.Histogram{}
		wg.Go(func() { s.send(ctx, start.Add(d)) })
	}
	wg.Wait()
	return time.Since(start)
}

func closeAll(senders []*sender) {
	for _, s := range senders {
		s.conn.Close()
	}
}

// newestOf is the highest number that was answered, by room.
func newestOf(senders []*sender) map[string]int {
	newest := map[string]int{}
	for _, s := range senders {
		newest[s.room] = max(newest[s.room], s.newest())
	}
	return newest
}

// fillRoom sends n chats one after the other.
func fillRoom(s *sender, n int) error {
	for range n {
		s.once()
	}
	if len(s.answered) < n {
		return fmt.Errorf("fill the room: %v", s.codes)
	}
	return nil
}

// spread makes a sender for each user, taking the rooms in turn.
func spread(to client.Route, users []client.User, rooms []string, size int) ([]*sender, error) {
	senders := make([]*sender, len(users))
	for i, u := range users {
		var err error
		if senders[i], err = newSender(to, u, rooms[i%len(rooms)], size); err != nil {
			return nil, err
		}
	}
	return senders, nil
}
