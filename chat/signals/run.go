package signals

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/chat/follow"
	"parley/chat/roomlog"
)

// Run sends and tells signals until ctx ends.
func (s *Service) Run(ctx context.Context) {
	var hearing sync.WaitGroup
	defer hearing.Wait()
	hearing.Go(func() { _ = s.o.Carrier.Signals(ctx, s.receive) })
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case <-rest.C:
		case <-ctx.Done():
			return
		}
		select {
		case <-s.due:
		case <-ctx.Done():
			return
		}
		s.round(ctx)
		rest.Reset(pause)
	}
}

// receive takes what a node sent, this one or another. It does not block.
func (s *Service) receive(content []byte) {
	one, ok := read(content)
	if !ok {
		s.outcomes.Add("unreadable", 1)
		return
	}
	age := s.o.Now().Sub(one.At)
	if age >= Lifetime || age <= -Lifetime {
		s.outcomes.Add("late", 1)
		return
	}
	one.until = time.Now().Add(Lifetime - max(0, age))
	s.mu.Lock()
	if held, holds := s.unsent.of[one.slot()]; holds && one.isAfter(held) { // a bot goes on by another node
		s.unsent.drop(one.slot())
		s.outcomes.Add("replaced", 1)
	}
	if s.spend(one.Room, len(content)) {
		s.put(s.waiting, one)
	} else {
		s.outcomes.Add("room_rate", 1)
	}
	s.mu.Unlock()
	s.wake()
}

// spend takes bytes of what a room has in a second. mu is held.
func (s *Service) spend(room uuid.UUID, bytes int) bool {
	if second := s.o.Now().Unix(); second != s.second {
		s.second = second
		s.spent = map[uuid.UUID]int{}
	}
	if s.spent[room]+bytes > roomBytes {
		return false
	}
	s.spent[room] += bytes
	return true
}

// round sends what waits to be sent, and tells what waits to be told. A panic is an error of that round: it must not take the
// server down.
func (s *Service) round(ctx context.Context) {
	defer func() {
		if p := recover(); p != nil {
			s.o.OnError(fmt.Errorf("tell signals: panic: %v", p))
		}
	}()
	for _, one := range s.takeUnsent() {
		s.send(one)
	}
	for room, signals := range s.takeWaiting() {
		s.tell(ctx, room, signals)
	}
}

// takeUnsent takes what may be sent now; the others stay, and the newest of each is sent later.
func (s *Service) takeUnsent() (some []signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for slot, one := range s.unsent.of {
		if s.rateOf(one).Take(slot, s.o.Now()) == 0 {
			some = append(some, one)
			s.unsent.drop(slot)
		}
	}
	if len(s.unsent.of) > 0 {
		s.wake()
	}
	return some
}

func (s *Service) takeWaiting() map[uuid.UUID][]signal {
	s.mu.Lock()
	defer s.mu.Unlock()
	rooms := map[uuid.UUID][]signal{}
	for slot, one := range s.waiting.of {
		rooms[one.Room] = append(rooms[one.Room], one)
		s.waiting.drop(slot)
	}
	return rooms
}

// tell tells those who follow a room.
func (s *Service) tell(ctx context.Context, room uuid.UUID, signals []signal) {
	ctx, cancel := context.WithTimeout(ctx, Lifetime)
	defer cancel()
	var head int64
	for _, one := range signals {
		head = max(head, one.Head)
	}
	err := s.o.Rooms.Tell(ctx, room, head, func(now follow.Now) (told []follow.Signal) {
		for _, one := range signals {
			if one.Kind == roomlog.Typing && now.MayHaveSent(one.User, one.Head) {
				s.outcomes.Add("overtaken", 1)
				continue
			}
			told = append(told, one.in(now))
		}
		s.outcomes.Add("told", len(told))
		return told
	})
	switch n := len(signals); {
	case err == nil:
	case errors.Is(err, follow.ErrNobody):
		s.outcomes.Add("nobody", n)
	case errors.Is(err, follow.ErrBehind):
		s.outcomes.Add("behind", n)
	default:
		s.outcomes.Add("failed", n)
	}
}
