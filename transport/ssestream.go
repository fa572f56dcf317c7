package transport

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/operation"
	"parley/transport/refusal"
	"parley/transport/stream"
)

// An sseStream is a subscription over an event stream. Only the handler's goroutine touches its readers: it
// takes from the window of the feed, or reads the log itself, and waits for its client as long as that takes.
type sseStream struct {
	s   *response
	ctx context.Context
	sub *stream.Subscription

	hasSignals atomic.Bool // some may wait
	mu         sync.Mutex
	signals    map[*stream.Reader]*stream.Signals // that wait for the handler's goroutine
}

// subscribed serves a stream until one side has enough.
func (s *response) subscribed(ctx context.Context, lastEventID string, exec graphql.GraphExecutor, op *graphql.OperationContext) {
	if s.session.ID != "" && s.t.registry.HasEnded(s.session.ID) {
		s.abort()
	}
	source, no := s.t.options.Open(ctx, op, lastEventID)
	if no != nil {
		s.t.operations.Count(op, operation.OutcomeRefused)
		s.refuseStream(no)
		return
	}
	s.t.bindConn(ctx)
	x := &sseStream{s: s, ctx: ctx}
	if x.sub = s.t.feeds.Subscribe(stream.Prepared{Exec: exec, Op: op}, source, s.session.User, x); x.sub == nil {
		s.t.operations.Count(op, operation.OutcomeRefused)
		s.refuse(s.t.operations.TooManyStreams(ctx))
		return
	}
	s.t.operations.Count(op, operation.OutcomeOK)
	defer x.sub.Leave()
	s.relay(ctx, x.look)
}

// refuseStream answers a stream that may not begin. One that may do so later is cut, so that the client comes back:
// `complete` would be the end for it.
func (s *response) refuseStream(errs gqlerror.List) {
	if refusal.Passing(errs) != "" {
		s.t.operations.CountErrors(errs)
		s.open()
		s.abort()
		return
	}
	s.refuse(errs)
}

// Serve has the handler's goroutine take what the window has for a reader.
func (x *sseStream) Serve(r *stream.Reader) int {
	r.Serve()
	x.s.notify()
	return 0
}

// look writes what there is. It returns false when the stream has ended.
func (x *sseStream) look() bool {
	for _, r := range x.sub.Readers() {
		for more := !r.IsOver(); more; {
			var goesOn bool
			if more, goesOn = x.step(r); !goesOn {
				return false
			}
		}
	}
	return x.signal()
}

// Signal has the handler's goroutine hand out signals behind what it writes. Older ones that wait are dropped.
func (x *sseStream) Signal(r *stream.Reader, signals *stream.Signals) {
	x.mu.Lock()
	if older := x.signals[r]; older != nil {
		r.MissSignals(older)
	}
	if x.signals == nil {
		x.signals = map[*stream.Reader]*stream.Signals{}
	}
	x.signals[r] = signals
	x.mu.Unlock()
	x.hasSignals.Store(true)
	x.s.notify()
}

// signal writes the signals that wait.
func (x *sseStream) signal() (goesOn bool) {
	if !x.hasSignals.Swap(false) {
		return true
	}
	x.mu.Lock()
	waiting := x.signals
	x.signals = nil
	x.mu.Unlock()
	b := outputs.Get().(*[]byte)
	defer outputs.Put(b)
	for r, signals := range waiting {
		if *b = r.TakeSignals((*b)[:0], signals); len(*b) > 0 && !x.s.sendEvents(*b) {
			return false
		}
	}
	return true
}

// step writes some of what follows a reader's position.
func (x *sseStream) step(r *stream.Reader) (more, goesOn bool) {
	if r.MustWait() {
		return false, true
	}
	page := r.Window()
	if page.IsBehind() {
		if page = r.History(x.ctx); x.ctx.Err() != nil {
			return false, false
		}
	}
	b := outputs.Get().(*[]byte)
	defer outputs.Put(b)
	step := r.Take((*b)[:0], page)
	if *b = step.Bytes; len(*b) > 0 && !x.s.sendEvents(*b) {
		return false, false
	}
	r.Delivered(page, step.Events)
	if errors.Is(step.End, stream.ErrUnreadable) {
		x.s.abort()
		return false, false
	}
	if step.End != nil {
		x.s.finish(operation.Result{Errs: r.Tell(x.ctx, step.End)})
		return false, false
	}
	return step.More, true
}

// Append is called by the handler's goroutine.
func (x *sseStream) Append(b []byte, id string, body []byte) []byte { return appendEvent(b, id, body) }
