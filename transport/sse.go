package transport

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/budget"
	"parley/transport/operation"
	"parley/transport/refusal"
	"parley/transport/safe"
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
	safe.Run(r.Context(), e.options.Logger, func() { e.serve(w, r, exec) }, func() {
		e.requestError(w, r, e.operations.Fault(r.Context()))
	})
}

func (e eventStream) serve(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	e.limitBody(w, r)
	slot, denied := e.gate.EnterStream(r, connOf(r.Context()))
	if denied != nil {
		e.refuse(w, r, denied)
		return
	}
	defer slot.Leave()
	params, no := e.readBody(w, r)
	if no != nil {
		e.refuse(w, r, no)
		return
	}
	ctx, session := e.identify(r)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &response{
		t: e.Transports, w: w, control: http.NewResponseController(w), session: session, holder: budget.HolderOf(session.User, slot.Address()),
		signal: make(chan struct{}, 1), cancel: cancel,
	}
	op, failed := e.operations.Prepare(ctx, exec, params)
	if failed == nil && operation.IsKind(op, ast.Subscription) {
		if denied = slot.Accept(); denied == nil {
			denied = slot.SignIn(session.User)
		}
	}
	switch {
	case denied != nil:
		e.refuse(w, r, denied)
	case failed != nil && refusal.StatusOf(failed.Errors) != http.StatusBadRequest:
		e.requestError(w, r, failed.Errors)
	case failed != nil:
		defer s.over()
		s.refuse(failed.Errors)
	case operation.IsKind(op, ast.Subscription) && !e.registry.AddStream(s):
		e.refuse(w, r, refusal.Draining)
	case operation.IsKind(op, ast.Subscription):
		defer s.over()
		s.subscribed(ctx, r.Header.Get("Last-Event-ID"), exec, op)
	default:
		defer s.over()
		s.execute(ctx, exec, op)
	}
}

// A response is open as long as there may be events. Only the handler's goroutine writes to it: a write after its return would
// end the process.
type response struct {
	t       *Transports
	w       http.ResponseWriter
	control *http.ResponseController
	session operation.Session
	holder  budget.Holder // of its answer, and of events that are large
	signal  chan struct{} // holds one when there may be something to write
	cancel  context.CancelFunc

	mu    sync.Mutex // guards the deadline of writes, and all below
	due   time.Time  // when all must have been taken; zero: never, because it is a stream of events
	ended bool       // nothing more is written
}

// execute answers a query or a mutation.
func (s *response) execute(ctx context.Context, exec graphql.GraphExecutor, op *graphql.OperationContext) {
	results := make(chan operation.Result, 1)
	go func() {
		defer s.notify()
		safe.Run(ctx, s.t.options.Logger, func() { results <- s.t.operations.Execute(ctx, exec, op, s.holder, closeOf(ctx)) }, func() {
			results <- operation.Result{Errs: s.t.operations.Fault(ctx)}
		})
	}()
	s.relay(ctx, func() bool {
		select {
		case r := <-results:
			s.takeBy(s.t.operations.Due())
			s.finish(r)
			results <- r
			return false
		default:
			return true
		}
	})
	s.cancel()
	r := <-results // also when the client has gone before
	r.Answer.Taken()
}

// notify tells the handler's goroutine that there may be something for it.
func (s *response) notify() {
	select {
	case s.signal <- struct{}{}:
	default:
	}
}

// relay sends the headers, and has the handler's goroutine look for something to write at once and whenever
// there may be something, until look returns false or the stream ends.
func (s *response) relay(ctx context.Context, look func() bool) {
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

// open sends the headers, and a comment, because some proxies keep headers back until there is a body.
func (s *response) open() bool {
	header := s.w.Header()
	header.Set("Content-Type", mediaEvents+"; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx
	return s.send([]byte(": ok\n\n"))
}

// refuse answers an operation that may not be executed.
func (s *response) refuse(errs gqlerror.List) {
	if s.open() {
		s.finish(operation.Result{Errs: errs})
	}
}

// over takes the stream out of all hands before the handler returns: the connection may live on.
func (s *response) over() {
	s.t.registry.Remove(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
}

// Sweep aborts the stream when its session is over.
func (s *response) Sweep(now time.Time) {
	if until := s.session.Until; !until.IsZero() && !now.Before(until) {
		s.abort()
	}
}

// EndSession aborts the stream of an ended session.
func (s *response) EndSession(ids map[string]bool) <-chan struct{} {
	if ids[s.session.ID] {
		s.abort()
	}
	return nil
}

// Drain aborts the stream, so that its client comes back.
func (s *response) Drain() { s.abort() }

// Cut is the same.
func (s *response) Cut() { s.abort() }
