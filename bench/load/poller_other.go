//go:build !linux

package load

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"parley/bench/client"
)

// A poller reads each socket in a goroutine of its own.
type poller struct {
	closing *atomic.Bool
	reading sync.WaitGroup

	mu    sync.Mutex // held while what was read is checked
	given deliveries
	all   []net.Conn
}

func newPoller(closing *atomic.Bool) (*poller, error) { return &poller{closing: closing}, nil }

// add takes a subscriber's socket over.
func (e *poller) add(s *subscriber) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, s.socket.Conn)
	e.reading.Go(func() { e.run(s) })
	return s.socket.Conn.SetDeadline(time.Time{})
}

func (e *poller) run(s *subscriber) {
	buffer := make([]byte, 8<<10)
	n, err := 0, error(nil)
	for err == nil {
		err = e.take(s, buffer[:n])
		if err == nil {
			n, err = s.socket.Conn.Read(buffer)
		}
	}
	if !e.closing.Load() {
		s.fail(err)
	}
}

func (e *poller) take(s *subscriber, read []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	pings, err := s.take(read, time.Now(), &e.given)
	for _, ping := range pings {
		_, _ = s.socket.Conn.Write(client.EncodeFrame(client.PongFrame, ping)) // a server that takes nothing will close the connection
	}
	return err
}

// since returns what was delivered since the last call.
func (e *poller) since() deliveries {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.given
	e.given = deliveries{}
	return t
}

// close closes the sockets and waits for their goroutines.
func (e *poller) close() {
	for _, conn := range e.all {
		_ = conn.Close()
	}
	e.reading.Wait()
}

// SmallBuffers makes a connection that takes in little while nobody reads it.
func SmallBuffers(_, _ string, _ syscall.RawConn) error {
	return errors.New("connections with small buffers are made on Linux only")
}
