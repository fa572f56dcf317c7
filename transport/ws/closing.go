package ws

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"parley/transport/ws/frame"
)

// A closing is how a socket ends. Once there is one, nothing leaves but its frame.
type closing struct {
	frame    []byte        // the close frame
	code     frame.Code    // ours, that is in it; 0: the peer closes
	graceful bool          // mutations that run may answer first
	quiet    chan struct{} // closed when only the frame that was under way is still to leave
	setQuiet func()        // closes quiet; may be called again
	sent     chan struct{} // closed when the close frame is out, or cannot be
	cut      *time.Timer   // closes the connection

	// answered is closed when the mutations that may still answer have done so. nil: none, or no longer.
	answered chan struct{} // guarded by the socket's mu
}

// close begins to close the socket, unless it has begun.
func (s *socket) close(code frame.Code) {
	s.closeWith(closingWith(code), s.sockets.Cut)
}

func closingWith(code frame.Code) *closing { return &closing{frame: frame.Close(code), code: code} }

// closeWith stops all operations at once. The socket is cut after grace, whatever the peer does. began: this is how it
// ends, and not another ending that was there before.
func (s *socket) closeWith(e *closing, grace time.Duration) (began bool) {
	e.quiet, e.sent = make(chan struct{}), make(chan struct{})
	e.setQuiet = sync.OnceFunc(func() { close(e.quiet) })
	over, began := s.beginClosing(e, grace)
	for _, op := range over {
		op.close()
	}
	return began
}

// beginClosing answers the operations that end at once.
func (s *socket) beginClosing(e *closing, grace time.Duration) (over []*running, began bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing != nil || s.left {
		return nil, false
	}
	s.closing = e
	s.intake.Stop()
	if e.graceful && s.mutations > 0 {
		e.answered = make(chan struct{})
	}
	for _, op := range s.operations {
		if e.answered == nil || !op.mutation {
			op.over.Store(true)
			over = append(over, op)
		}
	}
	e.cut = time.AfterFunc(grace, s.Cut)
	answered := e.answered
	s.spawn(func() { s.finish(e, answered) }, s.Cut)
	return over, true
}

// finish sends the close frame behind what is under way, and leaves the peer a moment to answer it.
func (s *socket) finish(e *closing, answered <-chan struct{}) {
	defer close(e.sent)
	s.writing.Lock()
	if s.pending == nil { // else its writer says so
		e.setQuiet()
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
	e.setQuiet()
	s.endAnswers(e)
	s.pushAnswer(e.frame, &pendingWrite{whole: true, taken: func() {}})
	e.cut.Reset(s.sockets.Cut)
}

// endAnswers ends the time of the mutations that could still answer.
func (s *socket) endAnswers(e *closing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.answered = nil
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
	e := closingWith(frame.CloseNotSignedIn)
	e.graceful = true
	s.closeWith(e, 2*s.sockets.Cut)
	if now := s.closingNow(); now != nil {
		return now.quiet
	}
	return nil // the connection is gone
}

// Drain closes the socket for the client to come back.
func (s *socket) Drain() { s.close(frame.CloseRestart) }

// Cut takes the connection away without a word.
func (s *socket) Cut() {
	_ = s.conn.Close()
	s.intake.Stop() // its reader may be waiting, and would not notice
}

func (s *socket) closingNow() *closing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// lost says good-bye in the way that err asks for.
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
