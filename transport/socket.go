package transport

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gobwas/ws"

	"parley/transport/admission"
	"parley/transport/budget"
	"parley/transport/operation"
	"parley/transport/safe"
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
	t           *Transports
	exec        graphql.GraphExecutor
	conn        net.Conn
	raw         *rawConn // the same without waiting; nil where there is none
	frames      frameReader
	intake      intake
	arrival     *budget.Arrival
	slot        *admission.Slot
	credentials operation.Credentials
	opened      time.Time
	heard       atomic.Int64 // when the last byte came, in nanoseconds after opened
	pinged      atomic.Int64 // when the last ping went out, the same

	writing    sync.Mutex  // held for one write, which never waits; taken before mu
	unfinished *unfinished // what the kernel did not take; nothing else is written before it. Guarded by writing

	mu         sync.Mutex // guards all below
	ctx        context.Context
	cancel     context.CancelFunc
	phase      phase
	session    operation.Session
	operations map[string]*running
	mutations  int // that run
	ending     *ending
	left       bool
	workers    sync.WaitGroup
}

func newSocket(t *Transports, exec graphql.GraphExecutor, conn net.Conn, early []byte, address netip.Prefix) *socket {
	s := &socket{t: t, exec: exec, conn: conn, raw: newRawConn(conn), opened: time.Now(), operations: map[string]*running{}}
	s.arrival = t.inbound.Arrive(address, s.stopReading)
	s.frames = frameReader{
		r: &input{s: s, unread: early}, most: t.options.MaxMessage, arrival: s.arrival,
		clock: func() time.Duration { return time.Since(s.opened) },
		pong:  func(payload []byte) { s.intake.put(len(payload), func() ws.StatusCode { return s.pong(payload) }) },
		idle:  func() { s.intake.put(0, func() ws.StatusCode { return 0 }) },
	}
	s.intake.init(s)
	return s
}

// serve reads until the connection is gone.
func (s *socket) serve() {
	defer s.leave()
	for {
		text, err := s.frames.next()
		if err != nil {
			s.lost(err)
			return
		}
		if s.endingNow() != nil {
			s.arrival.End() // nothing that comes now is kept
			continue        // only the peer's close frame counts now
		}
		s.intake.put(len(text), func() ws.StatusCode {
			defer s.arrival.Release(text)
			return s.take(text)
		})
	}
}

// stopReading ends a socket whose message takes too long, or whose bytes others need. What it has sent of that is
// given up at once.
func (s *socket) stopReading() {
	s.t.operations.CountDrop(operation.DropUnfinished)
	s.end(closeTryLater)
	_ = s.conn.SetReadDeadline(time.Unix(1, 0)) // the reader sees it; see lost
}

// leave waits for all that the socket has started.
func (s *socket) leave() {
	s.mu.Lock()
	s.left = true
	s.t.gone(s.ending)
	s.cancel()
	operations := s.operations
	s.operations = map[string]*running{} // a message may be on its way to there
	s.mu.Unlock()
	s.intake.stop()
	_ = s.conn.Close()
	for _, op := range operations {
		op.over.Store(true)
		op.close()
	}
	s.workers.Wait()
	s.arrival.End()
	s.t.registry.Remove(s)
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
	s.workers.Go(func() { safe.Run(ctx, s.t.options.Logger, f, failed) })
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
	if s.ending != nil {
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
	code, silent := s.due(now), at-heard >= s.t.options.PingInterval
	switch {
	case code != 0:
		s.end(code)
	case s.isUnfinished(at):
		s.stopReading()
	case silent && s.intake.holds():
		s.heard.Store(int64(at)) // it may have spoken and is not read; the ping shows whether it is there
		s.start(func() { s.control(pingFrame(), nil) }, nil)
	case silent && pinged > heard && at-pinged >= s.t.options.PongTimeout:
		s.t.operations.CountDrop(operation.DropSilent)
		s.Cut()
	case silent && pinged <= heard:
		s.pinged.Store(int64(at))
		s.start(func() { s.control(pingFrame(), nil) }, nil)
	}
}

// isUnfinished tells whether a message has had its time. It begins with its first byte, and stands still while the
// client is not read.
func (s *socket) isUnfinished(at time.Duration) bool {
	begun := time.Duration(s.frames.begun.Load())
	return begun != 0 && at-begun >= s.t.options.MessageTimeout && !s.intake.holds() && s.endingNow() == nil
}

func (s *socket) due(now time.Time) ws.StatusCode {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch until := s.session.Until; {
	case s.phase == fresh && now.Sub(s.opened) >= s.t.options.InitTimeout:
		return closeNoInit
	case !until.IsZero() && !now.Before(until):
		return closeForbidden
	}
	return 0
}
