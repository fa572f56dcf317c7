package transport

import (
	"bytes"
	"context"
	"net/http"
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
	if e.registry.isDraining() {
		e.refuse(w, r, draining)
		return
	}
	params, no := e.readBody(w, r)
	if no != nil {
		e.refuse(w, r, no)
		return
	}
	ctx, session := e.identify(r)
	s := &stream{t: e.Transports, w: w, control: http.NewResponseController(w), session: session, aborted: make(chan struct{})}
	op, failed := prepare(ctx, exec, params)
	switch {
	case failed != nil && statusOf(failed.Errors) != http.StatusBadRequest:
		e.requestError(w, r, failed.Errors)
	case failed != nil:
		defer s.over()
		if s.open() {
			s.write(result{errs: failed.Errors, last: true})
		}
	case isKind(op, ast.Subscription) && !e.registry.add(s):
		e.refuse(w, r, draining)
	default:
		defer s.over()
		s.follow(ctx, isKind(op, ast.Subscription), func(ctx context.Context, emit func(result) bool) {
			e.execute(ctx, exec, op, emit)
		})
	}
}

// A stream is an open response. Only the handler's goroutine writes to it: a write after its return would
// end the process.
type stream struct {
	t       *Transports
	w       http.ResponseWriter
	control *http.ResponseController
	session Session
	aborted chan struct{} // closed by abort

	mu    sync.Mutex // guards the deadline of writes, and ended
	ended bool       // nothing more is written
}

// follow executes an operation beside the handler's goroutine and writes what comes.
func (s *stream) follow(ctx context.Context, subscribed bool, execute func(context.Context, func(result) bool)) {
	if s.session.ID != "" && s.t.registry.hasEnded(s.session.ID) {
		s.abort()
	}
	if !s.open() {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan result)
	emit := func(r result) bool {
		select {
		case results <- r:
			return true
		case <-ctx.Done():
			return false
		}
	}
	defer func() {
		cancel()
		for range results { // until the operation has ended
		}
	}()
	go s.t.run(ctx, func() {
		defer close(results)
		s.t.run(ctx, func() { execute(ctx, emit) }, func() {
			emit(result{errs: gqlerror.List{s.t.fault(ctx)}, last: true})
		})
	}, nil)
	s.relay(ctx, subscribed, results)
}

func (s *stream) relay(ctx context.Context, subscribed bool, results <-chan result) {
	idle := time.NewTimer(s.t.options.SSEKeepAlive)
	defer idle.Stop()
	for {
		select {
		case r, more := <-results:
			if subscribed && passing(r.errs) != 0 {
				s.abort() // the client comes back; `complete` would be the end for it
			}
			if !more || !s.write(r) || r.last {
				return
			}
		case <-idle.C:
			if !s.send([]byte(":\n\n")) {
				return
			}
		case <-s.aborted:
			return
		case <-ctx.Done():
			return
		}
		idle.Reset(s.t.options.SSEKeepAlive)
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

// write sends a result. Errors without data are a `next` too: the protocol has no event for them.
func (s *stream) write(r result) bool {
	var b bytes.Buffer
	body := r.body
	if r.errs != nil {
		body = encode(&graphql.Response{Errors: r.errs})
	}
	if body != nil {
		b.WriteString("event: next\ndata: ")
		b.Write(body)
		b.WriteString("\n\n")
	}
	if r.last {
		b.WriteString("event: complete\ndata:\n\n") // a browser drops events without data
	}
	return s.send(b.Bytes())
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
		if _, err := s.w.Write(piece); err != nil {
			s.abort()
			return false
		}
		if s.control.Flush() != nil {
			s.abort()
			return false
		}
	}
	return true
}

// extend gives the next write its time, unless the stream has ended.
func (s *stream) extend() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(s.t.options.WriteTimeout))
	return true
}

// abort cuts the response, so that the client sees a network error and comes back. gqlgen's server
// recovers http.ErrAbortHandler and would write an error into the stream. But net/http drops a connection
// after a write that failed, and behind a deadline in the past every write fails, the closing chunk too.
func (s *stream) abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.ended = true
		_ = s.control.SetWriteDeadline(time.Unix(1, 0))
		close(s.aborted)
	}
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
