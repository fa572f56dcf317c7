package transport

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// An ending is how a socket ends. Once there is one, nothing leaves but its frame.
type ending struct {
	frame  []byte        // the close frame
	code   ws.StatusCode // ours, that is in it; 0: the peer closes
	polite bool          // mutations that run may answer first
	quiet  chan struct{} // closed when only the frame that was under way is still to leave
	hush   func()        // closes quiet; may be called again
	sent   chan struct{} // closed when the close frame is out, or cannot be
	cut    *time.Timer   // closes the connection

	// answered is closed when the mutations that may still answer have done so. nil: none, or no longer.
	answered chan struct{} // guarded by the socket's mu
}

// end begins the end of the socket, unless it has begun.
func (s *socket) end(code ws.StatusCode) {
	s.endWith(endingOf(code), s.t.tuning.cut)
}

func endingOf(code ws.StatusCode) *ending { return &ending{frame: closeFrame(code), code: code} }

// endWith stops all operations at once. The socket is cut after grace, whatever the peer does. began: this is how it
// ends, and not another ending that was there before.
func (s *socket) endWith(e *ending, grace time.Duration) (began bool) {
	e.quiet, e.sent = make(chan struct{}), make(chan struct{})
	e.hush = sync.OnceFunc(func() { close(e.quiet) })
	over, began := s.beginEnd(e, grace)
	for _, op := range over {
		op.close()
	}
	return began
}

// beginEnd answers the operations that end at once.
func (s *socket) beginEnd(e *ending, grace time.Duration) (over []*running, began bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending != nil || s.left {
		return nil, false
	}
	s.ending = e
	s.intake.stop()
	if e.polite && s.mutations > 0 {
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
func (s *socket) finish(e *ending, answered <-chan struct{}) {
	defer close(e.sent)
	s.writing.Lock()
	if s.unfinished == nil { // else its writer says so
		e.hush()
	}
	s.writing.Unlock()
	if answered != nil {
		select {
		case <-answered:
		case <-time.After(s.t.tuning.cut):
		}
	}
	s.clear()
	defer s.writing.Unlock()
	e.hush()
	s.silence(e)
	s.push(e.frame)
	e.cut.Reset(s.t.tuning.cut)
}

// silence ends the time of the mutations that could still answer.
func (s *socket) silence(e *ending) {
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
	e := endingOf(closeNotSignedIn)
	e.polite = true
	s.endWith(e, 2*s.t.tuning.cut)
	if now := s.endingNow(); now != nil {
		return now.quiet
	}
	return nil // the connection is gone
}

// Drain closes the socket for the client to come back.
func (s *socket) Drain() { s.end(closeRestart) }

// Cut takes the connection away without a word.
func (s *socket) Cut() {
	_ = s.conn.Close()
	s.intake.stop() // its reader may be waiting, and would not notice
}

func (s *socket) endingNow() *ending {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ending
}

// lost says good-bye in the way that err asks for.
func (s *socket) lost(err error) {
	var broken *frameError
	var closed *peerClosed
	switch {
	case errors.As(err, &broken):
		s.end(broken.code)
		_, _ = io.Copy(io.Discard, s.frames.r) // unread bytes would reset the connection under the close frame
	case errors.Is(err, os.ErrDeadlineExceeded): // stopReading
		_ = s.conn.SetReadDeadline(time.Time{})
		_, _ = io.Copy(io.Discard, s.frames.r)
	case errors.As(err, &closed):
		s.endWith(&ending{frame: echoFrame(closed.payload)}, s.t.tuning.cut)
		<-s.endingNow().sent // this one, or the one that crossed it
	}
}
