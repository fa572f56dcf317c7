package edge

import (
	"container/list"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"parley/meter"
	"parley/server/settings"
	"parley/transport/admission"
)

// Connections are those over TCP that carry neither a WebSocket nor an event stream, which the transports count. When
// there are too many, one that waits for a request is closed: of the same address, or of the one that has most.
type Connections struct {
	most, mostOfAddress int
	exempt              settings.Networks // proxies; like loopback they have no limit of their own
	refused             *meter.Tally

	mu     sync.Mutex // guards all below
	all    map[net.Conn]*connection
	peers  map[netip.Prefix]*peer // those that have any
	open   int                    // without event streams
	closed bool
}

// The settings that say how many there may be, as metrics and the log name them.
const (
	limitOfAll     = "http_max_connections"
	limitOfAddress = "http_max_connections_per_address"
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
	all     int       // with them
	waiting list.List // of net.Conn, the longest in front
}

// NewConnections bounds them by PARLEY_HTTP_MAX_CONNECTIONS, or what this process may open beside so many sockets and
// event streams if that is less, and by PARLEY_HTTP_MAX_CONNECTIONS_PER_ADDRESS.
func NewConnections(c *settings.Config, beside int, logger *slog.Logger) *Connections {
	most := lowered("PARLEY_HTTP_MAX_CONNECTIONS", int(c.HTTPMaxConnections), uint64(beside)+otherFiles, logger)
	return newConnections(most, int(c.HTTPMaxConnectionsPerAddress), c.TrustedProxies)
}

func newConnections(most, mostOfAddress int, exempt settings.Networks) *Connections {
	return &Connections{
		most: most, mostOfAddress: mostOfAddress, exempt: exempt, refused: meter.NewTally(limitOfAll, limitOfAddress),
		all: map[net.Conn]*connection{}, peers: map[netip.Prefix]*peer{},
	}
}

// ConnState is for http.Server, which calls it before a connection is read.
func (s *Connections) ConnState(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.all[conn]
	switch {
	case state == http.StateNew:
		s.admit(conn)
	case c == nil: // refused, or evicted
	case state == http.StateActive:
		c.isNew = false
		c.setWaiting(conn, false)
	case state == http.StateIdle:
		c.setWaiting(conn, true)
	default:
		s.remove(conn, c)
	}
}

// admit takes a connection in, or closes it; the caller holds mu.
func (s *Connections) admit(conn net.Conn) {
	p := s.peer(conn)
	switch {
	case s.closed, // accepted before the listener closed
		p.address.IsValid() && p.open >= s.mostOfAddress && !s.evict(p, limitOfAddress),
		s.open >= s.most && !s.evict(s.largest(), limitOfAll):
		_ = conn.Close()
		return
	}
	s.peers[p.address] = p
	c := &connection{peer: p, isNew: true}
	s.all[conn] = c
	s.count(c, 1)
	p.all++
	c.setWaiting(conn, true)
}

func (s *Connections) peer(conn net.Conn) *peer {
	remote := conn.RemoteAddr().String()
	address := admission.AddressOf(remote)
	if exact, err := netip.ParseAddrPort(remote); err == nil && s.exempt.Contains(exact.Addr().Unmap()) {
		address = netip.Prefix{}
	}
	if p := s.peers[address]; p != nil {
		return p
	}
	return &peer{address: address}
}

// largest is the peer with most connections among those of which one waits; nil: none of any does.
func (s *Connections) largest() (most *peer) {
	for _, p := range s.peers {
		if p.waiting.Len() > 0 && (most == nil || p.open > most.open) {
			most = p
		}
	}
	return most
}

// evict closes the connection of a peer that has waited the longest, if there is one. Either way the limit was reached.
func (s *Connections) evict(p *peer, limit string) bool {
	s.refused.Add(limit, 1)
	if p == nil || p.waiting.Len() == 0 {
		return false
	}
	conn := p.waiting.Front().Value.(net.Conn)
	s.remove(conn, s.all[conn])
	_ = conn.Close()
	return true
}

func (s *Connections) remove(conn net.Conn, c *connection) {
	delete(s.all, conn)
	c.setWaiting(conn, false)
	if !c.streams {
		s.count(c, -1)
	}
	if c.peer.all--; c.peer.all == 0 {
		delete(s.peers, c.peer.address)
	}
}

func (s *Connections) count(c *connection, by int) {
	s.open += by
	c.peer.open += by
}

// setWaiting notes whether a connection waits for a request.
func (c *connection) setWaiting(conn net.Conn, waits bool) {
	switch {
	case waits && c.waiting == nil:
		c.waiting = c.peer.waiting.PushBack(conn)
	case !waits && c.waiting != nil:
		c.peer.waiting.Remove(c.waiting)
		c.waiting = nil
	}
}

// Stream is called when a connection begins and ends to carry an event stream.
func (s *Connections) Stream(conn net.Conn, open bool) {
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

// Len is how many there are.
func (s *Connections) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// Close ends those that have not sent a request yet, and those that still come. http.Server.Shutdown waits up to five
// seconds for them, and would not answer their request either.
func (s *Connections) Close() {
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

// Refused is how often a limit was reached, by the setting of it.
func (s *Connections) Refused() map[string]uint64 { return s.refused.Counts() }
