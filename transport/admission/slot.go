package admission

import (
	"net"
	"net/netip"
	"time"

	"parley/transport/refusal"
)

// A Slot is what an open socket or event stream holds. The gate's lock guards it.
type Slot struct {
	gate     *Gate
	address  netip.Prefix // zero: not counted
	user     string       // empty: nobody yet
	unsigned bool         // it counts among the unsigned of its address
	conn     net.Conn     // of an event stream; nil: not known
	left     bool
}

// Address is whom the slot is counted for; the zero prefix: nobody.
func (s *Slot) Address() netip.Prefix { return s.address }

// Accept refuses what may not become a new event stream: a query over one costs no more than over plain HTTP.
func (s *Slot) Accept() *refusal.Refusal {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	if !s.gate.accepts.take(s.address, time.Now()) {
		return s.gate.full(noRoom, roomAccepts)
	}
	return nil
}

// carries tells whose connection begins or ends to carry an event stream.
func (s *Slot) carries(open bool) {
	if s.conn != nil && s.gate.limits.OnStream != nil {
		s.gate.limits.OnStream(s.conn, open)
	}
}

// SignIn counts a slot among those of a person, unless that one has enough of them. An empty user is not counted.
func (s *Slot) SignIn(user string) *refusal.Refusal {
	g := s.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case s.left || user == "" || s.user == user:
		return nil // there is nothing to count
	case s.user != "" || g.users[user] >= g.limits.ConnectionsPerUser:
		return g.full(manyOfUser, roomUser)
	}
	g.move(s, -1)
	s.user, s.unsigned = user, false
	g.move(s, 1)
	return nil
}

// Leave gives the slot back, once, however often it is called.
func (s *Slot) Leave() {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	if !s.left {
		s.left = true
		s.gate.move(s, -1)
		s.carries(false)
	}
}
