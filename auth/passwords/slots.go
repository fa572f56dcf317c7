package passwords

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"parley/auth"
)

// slots are the hashes that may run at once, and the queues of those who wait for one: each network
// has its own, and they take turns. So one network that floods the server waits for itself, and
// everybody else waits for one hash of each network before them.
type slots struct {
	most    int // hashes at once
	limit   int // callers who wait, in all queues
	maxWait time.Duration

	mu      sync.Mutex
	running int
	waiting int
	queues  map[string][]*waiter // by network; none is empty
	turns   []string             // the networks that have a queue, the next one first
}

// waiter is one caller in a queue.
type waiter struct {
	network string
	decided chan struct{} // closed when one of the two below is so
	hasSlot bool
	evicted bool // by somebody of a network that has fewer in its queue
}

func (w *waiter) giveSlot() {
	w.hasSlot = true
	close(w.decided)
}

func newSlots(most, limit int, maxWait time.Duration) *slots {
	return &slots{most: most, limit: limit, maxWait: maxWait, queues: map[string][]*waiter{}}
}

// acquire waits for a slot, which is to be released. auth.ErrBusy: there was none in time, or no room to wait.
func (s *slots) acquire(ctx context.Context, network string) error {
	w, err := s.enqueue(network)
	if err != nil {
		return err
	}
	late := time.NewTimer(s.maxWait)
	defer late.Stop()
	select {
	case <-w.decided:
	case <-late.C:
		err = fmt.Errorf("%w: waited %v", auth.ErrBusy, s.maxWait)
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case w.hasSlot: // perhaps in the moment in which the caller gave up; what runs tells that
		return nil
	case w.evicted:
		return errQueueFull
	}
	s.remove(w)
	return err
}

var errQueueFull = fmt.Errorf("%w: the queue is full", auth.ErrBusy)

// enqueue gives a caller a free slot, or else the last entry of their network's queue.
func (s *slots) enqueue(network string) (*waiter, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &waiter{network: network, decided: make(chan struct{})}
	if s.running < s.most {
		s.running++
		w.giveSlot()
		return w, nil
	}
	if s.waiting >= s.limit && !s.evict(len(s.queues[network])+1) {
		return nil, errQueueFull
	}
	if len(s.queues[network]) == 0 {
		s.turns = append(s.turns, network)
	}
	s.queues[network] = append(s.queues[network], w)
	s.waiting++
	return w, nil
}

// evict takes the last caller out of the longest queue, if that is longer than the one that is to grow
// will be: the room to wait is shared like the slots.
func (s *slots) evict(length int) bool {
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
	last.evicted = true
	close(last.decided)
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

// release gives the slot to the first of the network whose turn it is.
func (s *slots) release() {
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
	w.giveSlot()
}

// counts says how many hashes run and how many callers wait.
func (s *slots) counts() (running, waiting int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running, s.waiting
}
