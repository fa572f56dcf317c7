package ws

import (
	"bytes"
	"errors"
	"os"
	"time"

	"parley/transport/operation"
	"parley/transport/stream"
	"parley/transport/ws/frame"
)

// A pendingWrite is what the kernel did not take at once. A goroutine that lives only for it writes it out.
type pendingWrite struct {
	rest  []byte
	first int           // bytes of the frame that has begun to leave
	due   time.Time     // when all must be out; zero: as long as something is taken now and then
	whole bool          // it leaves whole when the socket closes: the close frame, and the answers that may come before it
	taken func()        // called when all is out, or the connection is gone
	done  chan struct{} // closed then
}

// clear takes the lock s.writing once no write is pending. The caller may wait for it; workers do not.
func (s *socket) clear() {
	for done := s.lockIfClear(); done != nil; done = s.lockIfClear() {
		<-done
	}
}

// clearBy is clear for an answer, unless what is before it has not been taken until it is due: then the socket is closed.
func (s *socket) clearBy(due time.Time) bool {
	for done := s.lockIfClear(); done != nil; done = s.lockIfClear() {
		late := time.NewTimer(time.Until(due))
		select {
		case <-done:
			late.Stop()
		case <-late.C:
			s.stalled()
			return false
		}
	}
	return true
}

// lockIfClear takes the lock s.writing, or returns what to wait for.
func (s *socket) lockIfClear() <-chan struct{} {
	s.writing.Lock()
	if s.pending == nil {
		return nil
	}
	defer s.writing.Unlock()
	return s.pending.done
}

// control sends a frame that belongs to no operation; sent is called before it leaves.
func (s *socket) control(b []byte, sent func()) {
	s.clear()
	defer s.writing.Unlock()
	if s.closingNow() != nil {
		return
	}
	if sent != nil {
		sent()
	}
	s.push(b)
}

// push writes whole frames under the lock s.writing, with no write pending. It never waits, and keeps a copy of what
// the kernel does not take. Each socket may have one write to keep; events that are larger than that are charged to
// whose they are, and without room for them the connection goes: the client comes back and goes on from there.
func (s *socket) push(b []byte) {
	n, ok := s.attempt(b)
	if !ok {
		return
	}
	w := &pendingWrite{first: frame.Begun(b, 0, n), taken: func() {}}
	if extra := int64(len(b) - n - stream.WriteBytes); extra > 0 {
		by := s.holder()
		if !s.sockets.Answers.Take(by, extra) {
			s.Cut()
			return
		}
		w.taken = func() { s.sockets.Answers.Give(by, extra) }
	}
	w.rest = bytes.Clone(b[n:])
	s.writeLater(w)
}

// pushAnswer is push for frames that are the socket's now. w says when they are due, whether they leave whole, and who is
// told.
func (s *socket) pushAnswer(b []byte, w *pendingWrite) {
	n, ok := s.attempt(b)
	if !ok {
		w.taken()
		return
	}
	w.rest, w.first = b[n:], frame.Begun(b, 0, n)
	s.writeLater(w)
}

// attempt writes what the kernel takes at once. ok: something is left, and the connection is there.
func (s *socket) attempt(b []byte) (n int, ok bool) {
	n, err := s.conn.TryWrite(b)
	if err != nil {
		s.Cut() // the reader sees it
		return n, false
	}
	return n, n < len(b)
}

// writeLater has the rest of a write written out, unless the connection is gone.
func (s *socket) writeLater(w *pendingWrite) {
	w.done = make(chan struct{})
	if !s.start(func() { s.flush(w) }, s.Cut) {
		w.taken()
		return
	}
	s.pending = w
}

// A write is looked at this often, so that progress is seen when it happens.
const writeSlices = 60

// flush writes out a pending write. A peer that takes no byte for WriteTimeout, or not all of an answer when that is
// due, loses its streams at once; the pending bytes and the close frame wait a little longer.
func (s *socket) flush(w *pendingWrite) {
	defer s.written(w)
	limit := s.sockets.WriteTimeout
	for took := time.Now(); len(w.rest) > 0; {
		s.trim(w)
		_ = s.conn.SetWriteDeadline(time.Now().Add(limit / writeSlices))
		n, err := s.conn.Write(w.rest)
		w.first = frame.Begun(w.rest, w.first, n)
		w.rest = w.rest[n:]
		if n > 0 {
			took = time.Now()
		}
		switch {
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			s.Cut()
			return
		case len(w.rest) > 0 && (time.Since(took) >= limit || !w.due.IsZero() && time.Now().After(w.due)):
			s.stalled()
		}
	}
}

// stalled closes the socket of a client that does not take what it is given.
func (s *socket) stalled() {
	if s.closeWith(closingWith(frame.CloseTryLater), s.sockets.Stall) {
		s.sockets.Operations.CountDrop(operation.DropStalled)
	}
}

// trim gives up the frames that have not begun to leave when the socket's session has ended.
func (s *socket) trim(w *pendingWrite) {
	c := s.closingNow()
	if c == nil {
		return
	}
	if c.graceful && !w.whole {
		w.rest = w.rest[:min(len(w.rest), w.first)]
	}
	c.setQuiet()
}

// written lets others write again, and readers that are behind go on.
func (s *socket) written(w *pendingWrite) {
	s.writing.Lock()
	_ = s.conn.SetWriteDeadline(time.Time{})
	s.pending = nil
	w.taken()
	close(w.done)
	s.writing.Unlock()
	for _, sub := range s.subscriptions() {
		sub.Wake()
	}
}
