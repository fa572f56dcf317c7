package main

import (
	"net"
	"net/http"
	"sync"
)

// strangers are the connections that have not sent a request yet. http.Server.Shutdown waits up to five
// seconds for them, and would not answer their request either.
type strangers struct {
	mu     sync.Mutex // guards all below
	conns  map[net.Conn]struct{}
	closed bool
}

// see is for http.Server.ConnState, which tells of a connection before it is read.
func (s *strangers) see(conn net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(s.conns, conn)
	case s.closed:
		_ = conn.Close() // accepted before the listener closed
	default:
		if s.conns == nil {
			s.conns = map[net.Conn]struct{}{}
		}
		s.conns[conn] = struct{}{}
	}
}

// close ends those that are there and those that still come.
func (s *strangers) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for conn := range s.conns {
		_ = conn.Close()
	}
	clear(s.conns)
}
