package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// eventStream is GraphQL over server-sent events, "distinct connections mode": one operation a POST, and
// its results as events.
type eventStream struct{ *Transports }

// Supports takes a POST that prefers an event stream.
func (eventStream) Supports(r *http.Request) bool {
	return r.Method == http.MethodPost && preferred(r) == mediaEvents
}

// Do answers one request, and for a subscription returns when the stream has ended.
func (e eventStream) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	e.run(r.Context(), func() { e.serve(w, r, exec) }, func() {
		e.requestError(w, r, gqlerror.List{e.fault(r.Context())})
	})
}

func (e eventStream) serve(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	e.limitBody(w, r)
	place, denied := e.gate.enter(r, false)
	if denied != nil {
		e.deny(w, r, denied)
		return
	}
	defer place.leave()
	params, no := e.readBody(w, r)
	if no != nil {
		e.refuse(w, r, no)
		return
	}
	ctx, session := e.identify(r)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &stream{
		t: e.Transports, w: w, control: http.NewResponseController(w), session: session, holder: holderOf(session, place.address),
		signal: make(chan struct{}, 1), cancel: cancel,
	}
	op, failed := e.prepare(ctx, exec, params)
	if failed == nil && isKind(op, ast.Subscription) {
		denied = place.accept()
	}
	switch {
	case denied != nil:
		e.deny(w, r, denied)
	case failed != nil && statusOf(failed.Errors) != http.StatusBadRequest:
		e.requestError(w, r, failed.Errors)
	case failed != nil:
		defer s.over()
		s.refuse(failed.Errors)
	case isKind(op, ast.Subscription) && !place.signIn(session.User):
		e.deny(w, r, &denial{manyOfUser, soon()})
	case isKind(op, ast.Subscription) && !e.registry.add(s):
		e.refuse(w, r, draining)
	case isKind(op, ast.Subscription):
		defer s.over()
		s.subscribed(ctx, r.Header.Get("Last-Event-ID"), exec, op)
	default:
		defer s.over()
		s.execute(ctx, exec, op)
	}
}

// A stream is an open response. Only the handler's goroutine writes to it: a write after its return would
// end the process.
type stream struct {
	t       *Transports
	w       http.ResponseWriter
	control *http.ResponseController
	session Session
	holder  holder        // of its answer, and of events that are large
	signal  chan struct{} // holds one when there may be something to write
	cancel  context.CancelFunc

	mu    sync.Mutex // guards the deadline of writes, and all below
	due   time.Time  // when all must have been taken; zero: never, because it is a stream of events
	ended bool       // nothing more is written
}

// execute answers a query or a mutation.
func (s *stream) execute(ctx context.Context, exec graphql.GraphExecutor, op *graphql.OperationContext) {
	results := make(chan result, 1)
	go func() {
		defer s.notify()
		s.t.run(ctx, func() { results <- s.t.execute(ctx, exec, op, s.holder) }, func() {
			results <- result{errs: gqlerror.List{s.t.fault(ctx)}}
		})
	}()
	s.relay(ctx, func() bool {
		select {
		case r := <-results:
			s.takeBy(s.t.due())
			s.finish(r)
			results <- r
			return false
		default:
			return true
		}
	})
	s.cancel()
	r := <-results // also when the client has gone before
	r.taken()
}

// takeBy bounds all that is still to be written, however slowly it is taken.
func (s *stream) takeBy(due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due = due
}

// notify tells the handler's goroutine that there may be something for it.
func (s *stream) notify() {
	select {
	case s.signal <- struct{}{}:
	default:
	}
}

// relay sends the headers, and has the handler's goroutine look for something to write at once and whenever
// there may be something, until look answers false or the stream ends.
func (s *stream) relay(ctx context.Context, look func() bool) {
	if !s.open() {
		return
	}
	idle := time.NewTimer(s.t.options.SSEKeepAlive)
	defer idle.Stop()
	for look() {
		select {
		case <-s.signal:
		case <-idle.C:
			if !s.send([]byte(":\n\n")) {
				return
			}
		case <-ctx.Done():
			return
		}
		idle.Reset(s.t.options.SSEKeepAlive)
	}
}

type connKey struct{}

// ConnContext is for http.Server: it lets event streams bound what the kernel keeps for them.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// sendBuffer is what the kernel keeps for the reader of an event stream. Linux wakes who waits to write only when a
// third of it is free: with the 4 MiB that it grows to by itself, a reader of less than 90 KiB/s would seem to take nothing.
const sendBuffer = 128 << 10

// bindConn bounds what the kernel keeps for a stream, and for how long when the client is gone: a dead one is freed as
// soon as a socket would be, counted from a keep-alive.
func (t *Transports) bindConn(ctx context.Context) {
	if conn, ok := ctx.Value(connKey{}).(*net.TCPConn); ok {
		_ = conn.SetWriteBuffer(sendBuffer) // the connection is gone
		freeWhenDead(conn, t.options.PingInterval+t.options.PongTimeout)
	}
}

// open sends the headers, and a comment, because some proxies keep headers back until there is a body.
func (s *stream) open() bool {
	header := s.w.Header()
	header.Set("Content-Type", mediaEvents+"; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx
	return s.send([]byte(": ok\n\n"))
}

// refuse answers an operation that may not be executed.
func (s *stream) refuse(errs gqlerror.List) {
	if s.open() {
		s.finish(result{errs: errs})
	}
}

// finish sends the last result. Errors without data are a `next` too: the protocol has no event for them.
func (s *stream) finish(r result) {
	body := r.body
	if r.errs != nil {
		s.t.meters.refused(r.errs)
		body = encode(&graphql.Response{Errors: r.errs})
	}
	b := make([]byte, 0, len(body)+eventOverhead)
	b = appendEvent(b, "", body)
	s.send(append(b, "event: complete\ndata:\n\n"...)) // a browser drops events without data
}

const eventOverhead = len("event: next\ndata: \n\nevent: complete\ndata:\n\n")

// appendEvent appends a result as an event. body is JSON; an empty id is none.
func appendEvent(b []byte, id string, body []byte) []byte {
	b = append(b, "event: next\n"...)
	if id != "" {
		b = append(append(append(b, "id: "...), id...), '\n')
	}
	return append(append(append(b, "data: "...), asOneLine(body)...), "\n\n"...)
}

// Each piece has WriteTimeout, so a slow reader lives and one that reads nothing is cut.
const ssePiece = 16 << 10

func (s *stream) send(b []byte) bool {
	for len(b) > 0 {
		piece := b[:min(len(b), ssePiece)]
		b = b[len(piece):]
		if !s.extend() {
			return false
		}
		_, err := s.w.Write(piece)
		if err == nil {
			err = s.control.Flush()
		}
		if err != nil {
			if s.abort() && errors.Is(err, os.ErrDeadlineExceeded) {
				s.t.meters.drops.Add(DropStalled, 1)
			}
			return false
		}
	}
	return true
}

// sendEvents is send for what may hold an event that is larger than a write: that is charged to whose it is, and
// without room for it the response is cut. The client comes back and goes on from there.
func (s *stream) sendEvents(b []byte) bool {
	if extra := int64(len(b) - writeBytes); extra > 0 {
		if !s.t.answers.take(s.holder, extra) {
			s.abort()
			return false
		}
		defer s.t.answers.give(s.holder, extra)
	}
	return s.send(b)
}

// extend gives the next write its time, unless the stream has ended.
func (s *stream) extend() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	until := time.Now().Add(s.t.options.WriteTimeout)
	if !s.due.IsZero() {
		until = s.due
	}
	_ = s.control.SetWriteDeadline(until)
	return true
}

// abort cuts the response, so that the client sees a network error and comes back. gqlgen's server
// recovers http.ErrAbortHandler and would write an error into the stream. But net/http drops a connection
// after a write that failed, and behind a deadline in the past every write fails, the closing chunk too. It
// answers whether this was the end.
func (s *stream) abort() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.ended = true
	_ = s.control.SetWriteDeadline(time.Unix(1, 0))
	s.cancel()
	return true
}

// over takes the stream out of all hands before the handler returns: the connection may live on.
func (s *stream) over() {
	s.t.registry.remove(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
}

func (s *stream) sweep(now time.Time) {
	if until := s.session.Until; !until.IsZero() && !now.Before(until) {
		s.abort()
	}
}

func (s *stream) endSession(ids map[string]bool) <-chan struct{} {
	if ids[s.session.ID] {
		s.abort()
	}
	return nil
}

func (s *stream) drain() { s.abort() }

func (s *stream) cut() { s.abort() }
