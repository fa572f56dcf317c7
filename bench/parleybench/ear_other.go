//go:build !linux

package main

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// An ear reads each socket in a goroutine of its own.
type ear struct {
	closing *atomic.Bool
	reading sync.WaitGroup

	mu    sync.Mutex // held while what was read is judged
	given deliveries
	all   []net.Conn
}

func newEar(closing *atomic.Bool) (*ear, error) { return &ear{closing: closing}, nil }

// add takes a subscriber's socket over.
func (e *ear) add(s *subscriber) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, s.socket.conn)
	e.reading.Go(func() { e.listen(s) })
	return s.socket.conn.SetDeadline(time.Time{})
}

func (e *ear) listen(s *subscriber) {
	buffer := make([]byte, 8<<10)
	n, err := 0, error(nil)
	for err == nil {
		err = e.hear(s, buffer[:n])
		if err == nil {
			n, err = s.socket.conn.Read(buffer)
		}
	}
	if !e.closing.Load() {
		s.lost(err)
	}
}

func (e *ear) hear(s *subscriber, read []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	pings, err := s.take(read, time.Now(), &e.given)
	for _, ping := range pings {
		_ = s.socket.send(pongFrame, ping) // a server that takes nothing will cut us
	}
	return err
}

// since answers what was delivered since the last call.
func (e *ear) since() deliveries {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.given
	e.given = deliveries{}
	return t
}

// close cuts the sockets and waits for their goroutines.
func (e *ear) close() {
	for _, conn := range e.all {
		_ = conn.Close()
	}
	e.reading.Wait()
}

// narrow makes a connection that takes in little while nobody reads it.
func narrow(_, _ string, _ syscall.RawConn) error {
	return errors.New("narrow connections are made on Linux only")
}
