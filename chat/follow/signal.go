package follow

import (
	"sync"

	"parley/chat/roomlog"
)

// A signal wakes those who follow a room. Its lock is held for a moment only, because whoever notifies
// has just committed and must not wait for a reader.
type signal struct {
	mu      sync.Mutex
	tails   map[*Tail]func() // what wakes each; called under the lock, so they do not block
	due     bool             // there was a notification since the log was last read to its end
	reached roomlog.Position // the end of the window
	telling int              // calls of Committed that notify of the room
	own     int              // notifications of theirs that may still come back; they tell nothing new
}

func (s *signal) notify() {
	s.mu.Lock()
	own := s.own > 0
	if own {
		s.own--
	} else {
		s.due = true
	}
	s.mu.Unlock()
	if !own {
		s.wake()
	}
}

// look has the log read again, and wakes all.
func (s *signal) look() {
	s.mu.Lock()
	s.due = true
	s.mu.Unlock()
	s.wake()
}

// tell wakes all because of a commit, whose own notification may follow until told is called. The log is to be read
// unless the window has taken the commit over.
func (s *signal) tell(taken bool) {
	s.mu.Lock()
	s.telling, s.own, s.due = s.telling+1, s.own+1, s.due || !taken
	s.mu.Unlock()
	s.wake()
}

func (s *signal) told() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.telling--
	s.own = min(s.own, s.telling)
}

// wake wakes all; the log need not be read for it.
func (s *signal) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, wake := range s.tails {
		wake()
	}
}

func (s *signal) join(t *Tail, wake func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tails[t] = wake
}

// leave returns how many are left.
func (s *signal) leave(t *Tail) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tails, t)
	return len(s.tails)
}

// takeDue says whether the log is worth reading, and forgets it.
func (s *signal) takeDue() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := s.due
	s.due = false
	return due
}

// read says how far the log has been read, and whether it is to be read again.
func (s *signal) read(to roomlog.Position, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached, s.due = to, s.due || again
}

func (s *signal) end() roomlog.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reached
}
