package ws

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"parley/limit"
	"parley/transport/admission"
	"parley/transport/budget"
	"parley/transport/operation"
	"parley/transport/safe"
	"parley/transport/ws/frame"
	"parley/transport/ws/intake"
)

// A phase is how far a socket has come.
type phase int

const (
	fresh    phase = iota // no connection_init yet
	checking              // Identify runs
	ready                 // connection_ack is out
)

// A socket is one open WebSocket: a goroutine that reads, one for each operation that runs, and whatever
// they write goes through one lock.
type socket struct {
	sockets     *Sockets
	exec        graphql.GraphExecutor
	conn        *frame.Conn
	frames      frame.Reader
	intake      *intake.Intake
	arrival     *budget.Arrival
	slot        *admission.Slot
	credentials operation.Credentials
	opened      time.Time
	heard       atomic.Int64 // when the last byte came, in nanoseconds after opened
	pinged      atomic.Int64 // when the last ping went out, the same

	writing sync.Mutex    // held for one write, which never waits; taken before mu
	pending *pendingWrite // what the kernel did not take; nothing else is written before it. Guarded by writing

	mu         sync.Mutex // guards all below
	ctx        context.Context
	cancel     context.CancelFunc
	phase      phase
	session    operation.Session
	operations map[string]*running
	mutations  int // that run
	closing    *closing
	left       bool
	workers    sync.WaitGroup
}

func newSocket(sockets *Sockets, exec graphql.GraphExecutor, conn net.Conn, early []byte, slot *admission.Slot) *socket {
	s := &socket{sockets: sockets, exec: exec, slot: slot, opened: time.Now(), operations: map[string]*running{}}
	s.conn = frame.NewConn(conn, early, func() { s.heard.Store(int64(time.Since(s.opened))) })
	s.arrival = sockets.Inbound.Arrive(slot.Address(), s.stopReading)
	s.frames = frame.Reader{
		From: s.conn, Most: sockets.MaxMessage, Arrival: s.arrival,
		Clock: func() time.Duration { return time.Since(s.opened) },
		Pong:  func(payload []byte) { s.intake.Put(len(payload), func() { s.control(frame.Pong(payload), nil) }) },
		Idle:  func() { s.intake.Put(0, func() {}) },
	}
	s.intake = intake.New(intake.Options{
		Rate: limit.NewLimiter(sockets.MessageRate.Bucket(3)), Parallel: sockets.MaxParallel,
		Start: func(f func()) { s.start(f, func() { s.close(frame.CloseTryLater) }) },
	})
	return s
}

// serve reads until the connection is gone.
func (s *socket) serve() {
	defer s.leave()
	for {
		text, err := s.frames.Next()
		if err != nil {
			s.lost(err)
			return
		}
		if s.closingNow() != nil {
			s.arrival.End() // nothing that comes now is kept
			continue        // only the peer's close frame counts now
		}
		s.intake.Put(len(text), func() {
			defer s.arrival.Release(text)
			if code := s.take(text); code != 0 {
				s.close(code)
			}
		})
	}
}

// stopReading closes a socket whose message takes too long, or whose bytes others need. What it has sent of that is
// given up at once.
func (s *socket) stopReading() {
	s.sockets.Operations.CountDrop(operation.DropUnfinished)
	s.close(frame.CloseTryLater)
	_ = s.conn.SetReadDeadline(time.Unix(1, 0)) // the reader sees it; see lost
}

// leave waits for all that the socket has started.
func (s *socket) leave() {
	s.mu.Lock()
	s.left = true
	s.sockets.gone(s.closing)
	s.cancel()
	operations := s.operations
	s.operations = map[string]*running{} // a message may be on its way to there
	s.mu.Unlock()
	s.intake.Stop()
	_ = s.conn.Close()
	for _, op := range operations {
		op.over.Store(true)
		op.close()
	}
	s.workers.Wait()
	s.arrival.End()
	s.sockets.Registry.Remove(s)
}

// start runs f beside the reader, unless the socket is gone.
func (s *socket) start(f, failed func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.left {
		s.spawn(f, failed)
	}
	return !s.left
}

// spawn starts f; the caller holds mu.
func (s *socket) spawn(f, failed func()) {
	ctx := s.ctx
	s.workers.Go(func() { safe.Run(ctx, s.sockets.Operations.Logger, f, failed) })
}

// enter moves to the next phase, if the socket is where it should be.
func (s *socket) enter(from, to phase) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != from {
		return false
	}
	s.phase = to
	return true
}

// signedIn takes what Identify found.
func (s *socket) signedIn(ctx context.Context, session operation.Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing != nil {
		return false
	}
	s.ctx, s.session = context.WithValue(ctx, renewalKey{}, s), session
	s.credentials = operation.Credentials{} // a socket lives long, and nobody asks for them again
	return true
}

func (s *socket) renew(session string, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if session != "" && s.session.ID == session {
		s.session.Until = until
	}
}

// Sweep finds what is due by the clock. Who was pinged and has not been heard since is cut.
func (s *socket) Sweep(now time.Time) {
	at, heard, pinged := now.Sub(s.opened), time.Duration(s.heard.Load()), time.Duration(s.pinged.Load())
	code, silent := s.due(now), at-heard >= s.sockets.PingInterval
	switch {
	case code != 0:
		s.close(code)
	case s.isUnfinished(at):
		s.stopReading()
	case silent && s.intake.Holds():
		s.heard.Store(int64(at)) // it may have spoken and is not read; the ping shows whether it is there
		s.start(func() { s.control(frame.Ping(), nil) }, nil)
	case silent && pinged > heard && at-pinged >= s.sockets.PongTimeout:
		s.sockets.Operations.CountDrop(operation.DropSilent)
		s.Cut()
	case silent && pinged <= heard:
		s.pinged.Store(int64(at))
		s.start(func() { s.control(frame.Ping(), nil) }, nil)
	}
}

// isUnfinished tells whether a message has had its time. It begins with its first byte, and stands still while the
// client is not read.
func (s *socket) isUnfinished(at time.Duration) bool {
	begun := s.frames.Begun()
	return begun != 0 && at-begun >= s.sockets.MessageTimeout && !s.intake.Holds() && s.closingNow() == nil
}

func (s *socket) due(now time.Time) frame.Code {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch until := s.session.Until; {
	case s.phase == fresh && now.Sub(s.opened) >= s.sockets.InitTimeout:
		return frame.CloseNoInit
	case !until.IsZero() && !now.Before(until):
		return frame.CloseForbidden
	}
	return 0
}
