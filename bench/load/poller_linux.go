package load

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"parley/bench/client"
)

// A poller reads many sockets in one goroutine, by epoll. A goroutine for each would cost twice the time:
// the machine is shared with the server that is measured.
type poller struct {
	epoll int
	ended chan struct{}

	mu      sync.Mutex // held while what was read is checked
	given   deliveries
	members map[int32]*subscriber // by descriptor; without those that were lost
	all     []int
}

const (
	pollInterval = 20 // ms; how often a poller looks whether it should stop
	// pollPause is how long it rests after it has read all there was. Without it each delivery wakes it alone,
	// which costs as much again as to read it. It adds that much to a time at most, whoever delivers.
	pollPause = 200 * time.Microsecond
)

func newPoller(closing *atomic.Bool) (*poller, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	e := &poller{epoll: epoll, ended: make(chan struct{}), members: map[int32]*subscriber{}}
	go e.run(closing)
	return e, nil
}

// add takes a subscriber's socket over.
func (e *poller) add(s *subscriber) error {
	fd, err := detach(s.socket.Conn)
	if err != nil {
		return fmt.Errorf("poll a socket: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, fd)
	e.members[int32(fd)] = s
	err = syscall.EpollCtl(e.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
	if err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	e.take(fd, s, nil) // what came before
	return nil
}

// detach takes a connection away from Go's own poller, which would be woken by each byte for nothing.
func detach(conn net.Conn) (fd int, err error) {
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := raw.Control(func(from uintptr) {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
		if fd, err = syscall.Dup(int(from)); err == nil {
			syscall.CloseOnExec(fd)
		}
	})
	return fd, errors.Join(failed, err, os.NewSyscallError("close", conn.Close()))
}

func (e *poller) run(closing *atomic.Bool) {
	defer close(e.ended)
	ready := make([]syscall.EpollEvent, 256)
	buffer := make([]byte, 256<<10)
	for !closing.Load() {
		n, err := syscall.EpollWait(e.epoll, ready, pollInterval)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			panic(fmt.Errorf("epoll: %w", err)) // the descriptor is ours and open
		}
		e.mu.Lock()
		for _, event := range ready[:max(n, 0)] {
			e.read(int(event.Fd), buffer)
		}
		e.mu.Unlock()
		if n > 0 && n < len(ready) {
			rest := syscall.NsecToTimespec(int64(pollPause)) // time.Sleep may take a millisecond
			_ = syscall.Nanosleep(&rest, nil)
		}
	}
}

// read takes what has come for one socket; what does not fit comes next time.
func (e *poller) read(fd int, buffer []byte) {
	s := e.members[int32(fd)]
	n, err := syscall.Read(fd, buffer)
	switch {
	case n > 0:
		e.take(fd, s, buffer[:n])
	case n == 0:
		e.drop(fd, s, io.EOF)
	case !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR):
		e.drop(fd, s, err)
	}
}

func (e *poller) take(fd int, s *subscriber, read []byte) {
	pings, err := s.take(read, time.Now(), &e.given)
	for _, ping := range pings {
		_, _ = syscall.Write(fd, client.EncodeFrame(client.PongFrame, ping)) // a server that takes nothing will close the connection
	}
	if err != nil {
		e.drop(fd, s, err)
	}
}

func (e *poller) drop(fd int, s *subscriber, why error) {
	s.fail(why)
	delete(e.members, int32(fd))
	_ = syscall.EpollCtl(e.epoll, syscall.EPOLL_CTL_DEL, fd, nil)
}

// since returns what was delivered since the last call.
func (e *poller) since() deliveries {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.given
	e.given = deliveries{}
	return t
}

// close waits until the poller has stopped, which follows from closing, and closes its sockets.
func (e *poller) close() {
	<-e.ended
	for _, fd := range e.all {
		_ = syscall.Close(fd)
	}
	_ = syscall.Close(e.epoll)
}

// SmallBuffers makes a connection that takes in little while nobody reads it, as over a real network: on
// loopback the kernel keeps megabytes for it, and no server would ever notice.
func SmallBuffers(_, _ string, raw syscall.RawConn) error {
	var err error
	failed := raw.Control(func(fd uintptr) {
		err = errors.Join(
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096),
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 1400),
		)
	})
	return errors.Join(failed, err)
}
