package server

import (
	"container/list"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"parley/meter"
	"parley/transport/admission"
)

// connections are those over TCP that carry neither a WebSocket nor an event stream, which the transports count. When
// there are too many, one that waits for a request makes room: of the same address, or of the one that has most.
type connections struct {
	most, mostOfAddress int
	uncounted           networks // proxies; like loopback they are nobody's address
	noRoom              *meter.Tally

	mu     sync.Mutex // guards all below
	all    map[net.Conn]*connection
	peers  map[netip.Prefix]*peer // those that have any
	open   int                    // without event streams
	closed bool
}

// The settings that say how much room there is.
const (
	roomForHTTP    = "http_max_connections"
	roomForAddress = "http_max_connections_per_address"
)

type connection struct {
	peer    *peer
	isNew   bool          // it has not sent a request yet
	waiting *list.Element // among the peer's; nil: a request runs
	streams bool
}

// A peer is an address with its connections; that of the zero prefix is no address.
type peer struct {
	address netip.Prefix
	open    int       // without event streams
	kept    int       // with them
	waiting list.List // of net.Conn, the longest in front
}

func newConnections(most, mostOfAddress int, uncounted networks) *connections {
	return &connections{
		most: most, mostOfAddress: mostOfAddress, uncounted: uncounted, noRoom: meter.NewTally(roomForHTTP, roomForAddress),
		all: map[net.Conn]*connection{}, peers: map[netip.Prefix]*peer{},
	}
}

// see is for http.Server.ConnState, which tells of a connection before it is read.
func (s *connections) see(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.all[conn]
	switch {
	case state == http.StateNew:
		s.admit(conn)
	case c == nil: // refused, or closed to make room
	case state == http.StateActive:
		c.isNew = false
		c.rest(conn, false)
	case state == http.StateIdle:
		c.rest(conn, true)
	default:
		s.remove(conn, c)
	}
}

// admit takes a connection in, or closes it; the caller holds mu.
func (s *connections) admit(conn net.Conn) {
	p := s.peer(conn)
	switch {
	case s.closed, // accepted before the listener closed
		p.address.IsValid() && p.open >= s.mostOfAddress && !s.makeRoom(p, roomForAddress),
		s.open >= s.most && !s.makeRoom(s.fullest(), roomForHTTP):
		_ = conn.Close()
		return
	}
	s.peers[p.address] = p
	c := &connection{peer: p, isNew: true}
	s.all[conn] = c
	s.count(c, 1)
	p.kept++
	c.rest(conn, true)
}

func (s *connections) peer(conn net.Conn) *peer {
	remote := conn.RemoteAddr().String()
	address := admission.AddressOf(remote)
	if exact, err := netip.ParseAddrPort(remote); err == nil && s.uncounted.contains(exact.Addr().Unmap()) {
		address = netip.Prefix{}
	}
	if p := s.peers[address]; p != nil {
		return p
	}
	return &peer{address: address}
}

// fullest is who has most of those with a connection that waits; nil: nobody has one.
func (s *connections) fullest() (most *peer) {
	for _, p := range s.peers {
		if p.waiting.Len() > 0 && (most == nil || p.open > most.open) {
			most = p
		}
	}
	return most
}

// makeRoom closes the connection of a peer that has waited the longest, if there is one. Either way somebody had no room.
func (s *connections) makeRoom(p *peer, limit string) bool {
	s.noRoom.Add(limit, 1)
	if p == nil || p.waiting.Len() == 0 {
		return false
	}
	conn := p.waiting.Front().Value.(net.Conn)
	s.remove(conn, s.all[conn])
	_ = conn.Close()
	return true
}

func (s *connections) remove(conn net.Conn, c *connection) {
	delete(s.all, conn)
	c.rest(conn, false)
	if !c.streams {
		s.count(c, -1)
	}
	if c.peer.kept--; c.peer.kept == 0 {
		delete(s.peers, c.peer.address)
	}
}

func (s *connections) count(c *connection, by int) {
	s.open += by
	c.peer.open += by
}

// rest notes whether a connection waits for a request.
func (c *connection) rest(conn net.Conn, waits bool) {
	switch {
	case waits && c.waiting == nil:
		c.waiting = c.peer.waiting.PushBack(conn)
	case !waits && c.waiting != nil:
		c.peer.waiting.Remove(c.waiting)
		c.waiting = nil
	}
}

// stream is told when a connection begins and ends to carry an event stream.
func (s *connections) stream(conn net.Conn, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.all[conn]
	if c == nil || c.streams == open {
		return
	}
	c.streams = open
	if open {
		s.count(c, -1)
	} else {
		s.count(c, 1)
	}
}

// len is how many there are.
func (s *connections) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// close ends those that have not sent a request yet, and those that still come. http.Server.Shutdown waits up to five
// seconds for them, and would not answer their request either.
func (s *connections) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for conn, c := range s.all {
		if c.isNew {
			s.remove(conn, c)
			_ = conn.Close()
		}
	}
}
