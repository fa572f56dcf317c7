package transport

import (
	"bytes"
	"errors"
	"os"
	"time"

	"github.com/gobwas/ws"
)

// An unfinished is what the kernel did not take at once. A goroutine that lives only for it writes it out.
type unfinished struct {
	rest  []byte
	first int           // bytes of the frame that has begun to leave
	done  chan struct{} // closed when all is out, or the connection is gone
}

// clear takes the lock s.writing once nothing is unfinished. The caller may wait for it; workers do not.
func (s *socket) clear() {
	for {
		s.writing.Lock()
		if s.unfinished == nil {
			return
		}
		done := s.unfinished.done
		s.writing.Unlock()
		<-done
	}
}

// control sends a frame that belongs to no operation; sent is called before it leaves.
func (s *socket) control(frame []byte, sent func()) {
	s.clear()
	defer s.writing.Unlock()
	if s.endingNow() != nil {
		return
	}
	if sent != nil {
		sent()
	}
	s.push(frame)
}

// push writes whole frames under the lock s.writing, with nothing unfinished. It never waits.
func (s *socket) push(b []byte) {
	n := 0
	if s.raw != nil && len(b) > 0 {
		var err error
		if n, err = s.raw.write(b); err != nil {
			s.cut() // the reader sees it
			return
		}
	}
	if n == len(b) {
		return
	}
	u := &unfinished{rest: bytes.Clone(b[n:]), first: begun(b, 0, n), done: make(chan struct{})}
	if s.start(func() { s.flush(u) }, s.cut) { // else the connection is gone
		s.unfinished = u
	}
}

// A write is looked at this often, so that progress is seen when it happens.
const writeSlices = 60

// flush writes out what is unfinished. A peer that takes no byte for WriteTimeout loses its streams at once;
// the bytes that are unfinished and the close frame wait a little longer.
func (s *socket) flush(u *unfinished) {
	defer s.finished(u)
	limit := s.t.options.WriteTimeout
	for took := time.Now(); len(u.rest) > 0; {
		s.trim(u)
		_ = s.conn.SetWriteDeadline(time.Now().Add(limit / writeSlices))
		n, err := s.conn.Write(u.rest)
		u.first = begun(u.rest, u.first, n)
		u.rest = u.rest[n:]
		if n > 0 {
			took = time.Now()
		}
		switch {
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			s.cut()
			return
		case len(u.rest) > 0 && time.Since(took) >= limit:
			if s.endingNow() == nil {
				s.t.meters.drops.Add(DropStalled, 1)
			}
			s.endWith(endingOf(closeTryLater), s.t.pace.stall)
		}
	}
}

// trim gives up the frames that have not begun to leave when the socket's session has ended.
func (s *socket) trim(u *unfinished) {
	e := s.endingNow()
	if e == nil {
		return
	}
	if e.polite {
		u.rest = u.rest[:min(len(u.rest), u.first)]
	}
	e.hush()
}

// finished lets others write again, and readers that are behind go on.
func (s *socket) finished(u *unfinished) {
	s.writing.Lock()
	_ = s.conn.SetWriteDeadline(time.Time{})
	s.unfinished = nil
	close(u.done)
	s.writing.Unlock()
	for _, sub := range s.subscriptions() {
		for _, r := range sub.readers {
			r.wake()
		}
	}
}

// begun is how much is left of the frame that has begun to leave, when n more bytes of whole frames have left
// and first bytes belonged to a frame that had begun before.
func begun(b []byte, first, n int) int {
	end := first
	for end < n {
		end += frameLength(b[end:])
	}
	return end - n
}

// frameLength is the length of an unmasked frame (RFC 6455 §5.2).
func frameLength(b []byte) int {
	h, err := ws.ReadHeader(bytes.NewReader(b))
	if err != nil {
		panic("transport: a frame of ours has no header: " + err.Error())
	}
	return ws.HeaderSize(h) + int(h.Length)
}
