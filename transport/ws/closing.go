package ws

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"parley/transport/ws/frame"
)

// A closing is how a socket is closed. Once there is one, nothing leaves but its frame.
type closing struct {
	frame    []byte        // the close frame
	code     frame.Code    // ours, that is in it; 0: the peer closes
	graceful bool          // mutations that run may answer first
	quiet    chan struct{} // closed when only the frame that was under way is still to leave
	setQuiet func()        // closes quiet; may be called again
	sent     chan struct{} // closed when the close frame is out, or cannot be

	// answered is closed when the mutations that may still answer have done so. nil: none, or no longer.
	answered chan struct{} // guarded by the socket's mu
}

// close begins to close the socket, unless it has begun.
func (s *socket) close(code frame.Code) {
	s.closeWith(closingWith(code), s.sockets.Cut)
}

func closingWith(code frame.Code) *closing { return &closing{frame: frame.Close(code), code: code} }

// closeWith stops all operations at once. The socket is cut after grace, whatever the peer does. began: this is how it
// closes, and not a closing that was there before.
func (s *socket) closeWith(c *closing, grace time.Duration) (began bool) {
	c.quiet, c.sent = make(chan struct{}), make(chan struct{})
	c.setQuiet = sync.OnceFunc(func() { close(c.quiet) })
	over, began := s.beginClosing(c, grace)
	for _, op := range over {
		op.close()
	}
	return began
}

// beginClosing returns the operations that end at once.
func (s *socket) beginClosing(c *closing, grace time.Duration) (over []*running, began bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing != nil || s.left {
		return nil, false
	}
	s.closing = c
	s.intake.Stop()
	if c.graceful && s.mutations > 0 {
		c.answered = make(chan struct{})
	}
	for _, op := range s.operations {
		if c.answered == nil || !op.mutation {
			op.over.Store(true)
			over = append(over, op)
		}
	}
	answered := c.answered
	s.spawn(func() { s.finish(c, answered, grace) }, s.Cut)
	return over, true
}

// finish sends the close frame behind what is under way, and leaves the peer a moment to answer it. The grace begins here: that
// of many sockets at once would be over before the last of them had its turn.
func (s *socket) finish(c *closing, answered <-chan struct{}, grace time.Duration) {
	defer close(c.sent)
	cut := time.AfterFunc(grace, s.Cut) // whatever holds up the frame
	s.writing.Lock()
	if s.pending == nil { // else its writer says so
		c.setQuiet()
	}
	s.writing.Unlock()
	if answered != nil {
		select {
		case <-answered:
		case <-time.After(s.sockets.Cut):
		}
	}
	s.clear()
	defer s.writing.Unlock()
	c.setQuiet()
	s.endAnswers(c)
	s.pushAnswer(c.frame, &pendingWrite{whole: true, taken: func() {}})
	cut.Reset(s.sockets.Cut)
}

// endAnswers cancels the mutations that could still answer.
func (s *socket) endAnswers(c *closing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.answered = nil
	for _, op := range s.operations {
		op.cancel()
	}
}

// EndSession ends the socket if it is signed in with one of these sessions. The mutation that ended the
// session may be running on this very socket, so running mutations may answer first.
func (s *socket) EndSession(ids map[string]bool) <-chan struct{} {
	s.mu.Lock()
	mine := ids[s.session.ID]
	s.mu.Unlock()
	if !mine {
		return nil
	}
	c := closingWith(frame.CloseNotSignedIn)
	c.graceful = true
	s.closeWith(c, 2*s.sockets.Cut)
	if now := s.closingNow(); now != nil {
		return now.quiet
	}
	return nil // the connection is gone
}

// Drain closes the socket for the client to come back.
func (s *socket) Drain() { s.close(frame.CloseRestart) }

// Cut closes the connection without a close frame.
func (s *socket) Cut() {
	_ = s.conn.Close()
	s.intake.Stop() // its reader may be waiting, and would not notice
}

func (s *socket) closingNow() *closing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// lost closes the socket in the way that err asks for.
func (s *socket) lost(err error) {
	var broken *frame.Error
	var closed *frame.PeerClosed
	switch {
	case errors.As(err, &broken):
		s.close(broken.Code)
		_, _ = io.Copy(io.Discard, s.conn) // unread bytes would reset the connection under the close frame
	case errors.Is(err, os.ErrDeadlineExceeded): // stopReading
		_ = s.conn.SetReadDeadline(time.Time{})
		_, _ = io.Copy(io.Discard, s.conn)
	case errors.As(err, &closed):
		s.closeWith(&closing{frame: frame.CloseEcho(closed.Payload)}, s.sockets.Cut)
		<-s.closingNow().sent // this one, or the one that crossed it
	}
}
