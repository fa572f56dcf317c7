package main

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
)

// An ear reads many sockets in one goroutine, by epoll. A goroutine for each would cost twice the time:
// the machine is shared with the server that is measured.
type ear struct {
	epoll int
	ended chan struct{}

	mu      sync.Mutex // held while what was read is judged
	given   deliveries
	members map[int32]*subscriber // by descriptor; without those that were lost
	all     []int
}

const (
	glance = 20 // ms; how often an ear looks whether it should stop
	// breath is how long it rests after it has read all there was. Without it each delivery wakes it alone,
	// which costs as much again as to read it. It adds that much to a time at most, whoever delivers.
	breath = 200 * time.Microsecond
)

func newEar(closing *atomic.Bool) (*ear, error) {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	e := &ear{epoll: epoll, ended: make(chan struct{}), members: map[int32]*subscriber{}}
	go e.listen(closing)
	return e, nil
}

// add takes a subscriber's socket over.
func (e *ear) add(s *subscriber) error {
	fd, err := detach(s.socket.conn)
	if err != nil {
		return fmt.Errorf("listen to a socket: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, fd)
	e.members[int32(fd)] = s
	err = syscall.EpollCtl(e.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
	if err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	e.hear(fd, s, nil) // what came before
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

func (e *ear) listen(closing *atomic.Bool) {
	defer close(e.ended)
	ready := make([]syscall.EpollEvent, 256)
	buffer := make([]byte, 256<<10)
	for !closing.Load() {
		n, err := syscall.EpollWait(e.epoll, ready, glance)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			panic(fmt.Errorf("epoll: %w", err)) // the descriptor is ours and open
		}
		e.mu.Lock()
		for _, event := range ready[:max(n, 0)] {
			e.read(int(event.Fd), buffer)
		}
		e.mu.Unlock()
		if n > 0 && n < len(ready) {
			rest := syscall.NsecToTimespec(int64(breath)) // time.Sleep may take a millisecond
			_ = syscall.Nanosleep(&rest, nil)
		}
	}
}

// read takes what has come for one socket; what does not fit comes next time.
func (e *ear) read(fd int, buffer []byte) {
	s := e.members[int32(fd)]
	n, err := syscall.Read(fd, buffer)
	switch {
	case n > 0:
		e.hear(fd, s, buffer[:n])
	case n == 0:
		e.lose(fd, s, io.EOF)
	case !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EINTR):
		e.lose(fd, s, err)
	}
}

func (e *ear) hear(fd int, s *subscriber, read []byte) {
	pings, err := s.take(read, time.Now(), &e.given)
	for _, ping := range pings {
		_, _ = syscall.Write(fd, encodeFrame(pongFrame, ping)) // a server that takes nothing will cut us
	}
	if err != nil {
		e.lose(fd, s, err)
	}
}

func (e *ear) lose(fd int, s *subscriber, why error) {
	s.lost(why)
	delete(e.members, int32(fd))
	_ = syscall.EpollCtl(e.epoll, syscall.EPOLL_CTL_DEL, fd, nil)
}

// since answers what was delivered since the last call.
func (e *ear) since() deliveries {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.given
	e.given = deliveries{}
	return t
}

// close waits until the ear has stopped, which follows from closing, and cuts its sockets.
func (e *ear) close() {
	<-e.ended
	for _, fd := range e.all {
		_ = syscall.Close(fd)
	}
	_ = syscall.Close(e.epoll)
}

// narrow makes a connection that takes in little while nobody reads it, as over a real network: on
// loopback the kernel keeps megabytes for it, and no server would ever notice.
func narrow(_, _ string, raw syscall.RawConn) error {
	var err error
	failed := raw.Control(func(fd uintptr) {
		err = errors.Join(
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096),
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 1400),
		)
	})
	return errors.Join(failed, err)
}
