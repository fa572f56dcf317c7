// Package load is many clients at once: senders, subscribers, and readers of pages, with the time that each answer and
// each delivery took. It checks all that they get: every number once and in order, and the same text as others got
// and as is stored. It does not start servers and does not print.
package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/bench/client"
	"parley/bench/report"
)

// A Sender is one client that sends chats into one room over one connection.
type Sender struct {
	By        client.User
	Room      string
	Conn      *client.Conn
	request   *client.SendRequest
	Unstamped bool                       // the chats carry no time, so that nobody measures their delivery
	Interval  time.Duration              // between two sends; 0: the next one follows the answer
	Throttle  func(context.Context, int) // waits while a number is too far ahead; nil: nobody waits
	answered  []answer
	refused   []uuid.UUID      // what the server says it has not stored
	Codes     map[string]int   // refusals of the whole run by code
	Times     report.Histogram // of the answered sends of this measurement
}

// An answer is the number that a chat was answered with.
type answer struct {
	id     uuid.UUID
	number int
}

// NewSender makes a sender into one room, whose chats have size characters.
func NewSender(to client.Route, by client.User, room string, size int) (*Sender, error) {
	request, err := client.NewSendRequest(to, by, room, size)
	if err != nil {
		return nil, err
	}
	return &Sender{
		By: by, Room: room, Conn: client.NewConn(to.Addr), request: request, Codes: map[string]int{},
		answered: make([]answer, 0, 1<<14),
	}, nil
}

// send sends until the given time, and once at least, or until ctx ends.
func (s *Sender) send(ctx context.Context, until time.Time) {
	due := time.Now()
	for first := true; (first || due.Before(until)) && ctx.Err() == nil; first = false {
		if s.Throttle != nil {
			s.Throttle(ctx, s.newest())
		}
		end := s.once()
		if s.Interval == 0 {
			due = end
			continue
		}
		due = due.Add(s.Interval)
		time.Sleep(time.Until(due))
	}
}

// newest is the number of the last chat that was answered, 0 before.
func (s *Sender) newest() int {
	if len(s.answered) == 0 {
		return 0
	}
	return s.answered[len(s.answered)-1].number
}

// once sends one chat and returns when that was over.
func (s *Sender) once() time.Time {
	id := uuid.New()
	start := time.Now()
	stamp := start.Sub(client.Epoch)
	if s.Unstamped {
		stamp = 0
	}
	status, body, err := s.Conn.Do(s.request.Next(id, stamp))
	end := time.Now()
	if number := client.IntAfter(body, `"number":`); err == nil && status == 200 && number > 0 {
		s.Times.Record(end.Sub(start))
		s.answered = append(s.answered, answer{id, number})
		return end
	}
	code := client.CodeOf(status, body, err)
	s.Codes[code]++
	if err == nil && code != "UNKNOWN_OUTCOME" {
		s.refused = append(s.refused, id)
	}
	return end
}

// SendAll lets all senders send for d and returns how long that took.
func SendAll(ctx context.Context, senders []*Sender, d time.Duration) time.Duration {
	start := time.Now()
	var wg sync.WaitGroup
	for _, s := range senders {
		s.Times = report.Histogram{}
		wg.Go(func() { s.send(ctx, start.Add(d)) })
	}
	wg.Wait()
	return time.Since(start)
}

// CloseAll closes the connections of senders.
func CloseAll(senders []*Sender) {
	for _, s := range senders {
		s.Conn.Close()
	}
}

// NewestOf is the highest number that was answered, by room.
func NewestOf(senders []*Sender) map[string]int {
	newest := map[string]int{}
	for _, s := range senders {
		newest[s.Room] = max(newest[s.Room], s.newest())
	}
	return newest
}

// Fill sends n chats one after the other.
func Fill(s *Sender, n int) error {
	for range n {
		s.once()
	}
	if len(s.answered) < n {
		return fmt.Errorf("fill the room: %v", s.Codes)
	}
	return nil
}

// Spread makes a sender for each user, taking the rooms in turn.
func Spread(to client.Route, users []client.User, rooms []string, size int) ([]*Sender, error) {
	senders := make([]*Sender, len(users))
	for i, u := range users {
		var err error
		if senders[i], err = NewSender(to, u, rooms[i%len(rooms)], size); err != nil {
			return nil, err
		}
	}
	return senders, nil
}
