package accounts

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"parley/auth"
)

// slotPatience is how long a caller waits for a slot.
const slotPatience = 2 * time.Second

// slots are the hashes that may run at once, and the queues of those who wait for one: each network
// has its own, and they take turns. So one network that floods the server waits for itself, and
// everybody else waits for one hash of each network before them.
type slots struct {
	most  int // hashes at once
	limit int // callers who wait, in all queues

	mu      sync.Mutex
	running int
	waiting int
	queues  map[string][]*waiter // by network; none is empty
	turns   []string             // the networks that have a queue, the next one first
}

// waiter is one caller in a queue.
type waiter struct {
	network string
	told    chan struct{} // closed when one of the two below is so
	granted bool          // has a slot
	pushed  bool          // out of the queue, by somebody of a network that has fewer in it
}

func (w *waiter) grant() {
	w.granted = true
	close(w.told)
}

func newSlots(most, limit int) *slots {
	return &slots{most: most, limit: limit, queues: map[string][]*waiter{}}
}

// enter waits for a slot, which is to be left. ErrBusy: there was none in time, or no room to wait.
func (s *slots) enter(ctx context.Context, network string) error {
	w, err := s.line(network)
	if err != nil {
		return err
	}
	patience := time.NewTimer(slotPatience)
	defer patience.Stop()
	select {
	case <-w.told:
	case <-patience.C:
		err = fmt.Errorf("%w: waited %v", auth.ErrBusy, slotPatience)
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case w.granted: // perhaps in the moment in which the caller gave up; what runs tells that
		return nil
	case w.pushed:
		return errNoRoom
	}
	s.remove(w)
	return err
}

var errNoRoom = fmt.Errorf("%w: nobody more can wait", auth.ErrBusy)

// line gives a caller a free slot, or else a place at the end of their network's queue.
func (s *slots) line(network string) (*waiter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &waiter{network: network, told: make(chan struct{})}
	if s.running < s.most {
		s.running++
		w.grant()
		return w, nil
	}
	if s.waiting >= s.limit && !s.makeRoom(len(s.queues[network])+1) {
		return nil, errNoRoom
	}
	if len(s.queues[network]) == 0 {
		s.turns = append(s.turns, network)
	}
	s.queues[network] = append(s.queues[network], w)
	s.waiting++
	return w, nil
}

// makeRoom sends the last of the longest queue away, if that is longer than the one that is to grow
// will be. So the room to wait is shared like the slots.
func (s *slots) makeRoom(length int) bool {
	var longest []*waiter
	for _, queue := range s.queues {
		if len(queue) > max(length, len(longest)) {
			longest = queue
		}
	}
	if longest == nil {
		return false
	}
	last := longest[len(longest)-1]
	s.remove(last)
	last.pushed = true
	close(last.told)
	return true
}

// remove takes a caller out of the queue; the lock is held.
func (s *slots) remove(w *waiter) {
	s.waiting--
	queue := slices.DeleteFunc(s.queues[w.network], func(other *waiter) bool { return other == w })
	if len(queue) > 0 {
		s.queues[w.network] = queue
		return
	}
	delete(s.queues, w.network)
	s.turns = slices.DeleteFunc(s.turns, func(network string) bool { return network == w.network })
}

// leave gives the slot to the first of the network whose turn it is.
func (s *slots) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.turns) == 0 {
		s.running--
		return
	}
	network := s.turns[0]
	s.turns = append(s.turns[1:], network)
	w := s.queues[network][0]
	s.remove(w)
	w.grant()
}

// counts says how many hashes run and how many callers wait.
func (s *slots) counts() (running, waiting int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running, s.waiting
}
