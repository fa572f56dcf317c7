package ws

import (
	"context"
	"errors"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"parley/transport/budget"
	"parley/transport/operation"
	"parley/transport/stream"
	"parley/transport/ws/frame"
)

// A socketStream is a subscription over a WebSocket. The lock s.writing guards its readers.
type socketStream struct {
	s      *socket
	op     *running
	prefix []byte // of each message, up to its payload
	sub    *stream.Subscription

	// Guarded by writing.
	ended      bool                    // for good
	catchingUp map[*stream.Reader]bool // whose log is read for them alone
}

// subscribed opens a stream, and lets it go on without this goroutine.
func (s *socket) subscribed(ctx context.Context, op *running, prepared *graphql.OperationContext) {
	source, no := s.sockets.Operations.Open(ctx, prepared, "")
	if no != nil {
		s.sockets.Operations.Count(prepared, operation.OutcomeRefused)
		s.refuse(op, true, no)
		return
	}
	source.ID = nil // messages have none
	x := &socketStream{s: s, op: op, prefix: frame.NextPrefix(op.id)}
	if x.sub = s.sockets.Feeds.Subscribe(stream.Prepared{Exec: s.exec, Op: prepared}, source, s.user(), x); x.sub == nil {
		s.sockets.Operations.Count(prepared, operation.OutcomeRefused)
		s.refuse(op, true, s.sockets.Operations.TooManyStreams(ctx))
		return
	}
	s.sockets.Operations.Count(prepared, operation.OutcomeOK)
	if !s.attach(op, x) {
		x.sub.Leave()
		return
	}
	x.sub.Wake()
}

func (s *socket) context() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ctx
}

func (s *socket) user() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session.User
}

// holder is whose answers and large events are the socket's.
func (s *socket) holder() budget.Holder {
	s.mu.Lock()
	defer s.mu.Unlock()
	return budget.HolderOf(s.session.User, s.slot.Address())
}

// attach makes a stream the operation's, unless that has been stopped meanwhile.
func (s *socket) attach(op *running, x *socketStream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.operations[op.id] != op || s.closing != nil {
		return false
	}
	op.stream = x
	op.cancel() // what is left of the stream needs no context of its own
	op.cancel = func() {}
	return true
}

// subscriptions are those that run.
func (s *socket) subscriptions() []*stream.Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*stream.Subscription
	for _, op := range s.operations {
		if op.stream != nil {
			all = append(all, op.stream.sub)
		}
	}
	return all
}

var outputs = sync.Pool{New: func() any { b := make([]byte, 0, stream.WriteBytes); return &b }}

// Serve gives the client what follows the reader's position, as far as the kernel takes it.
func (x *socketStream) Serve(r *stream.Reader) (events int) {
	b := outputs.Get().(*[]byte)
	defer outputs.Put(b)
	x.s.writing.Lock()
	defer x.s.writing.Unlock()
	for !x.catchingUp[r] && x.mayWrite() {
		page := r.Window()
		if page.IsBehind() {
			x.setCatchingUp(r, x.s.start(func() { x.catchUp(r) }, func() { x.s.close(frame.CloseTryLater) }))
			return events
		}
		step := x.hand(r, b, page)
		events += step.Events
		if step.End != nil || !step.More {
			return events
		}
	}
	return events
}

// Signal gives the client signals, unless the kernel has not taken what came before.
func (x *socketStream) Signal(r *stream.Reader, signals *stream.Signals) {
	b := outputs.Get().(*[]byte)
	defer outputs.Put(b)
	x.s.writing.Lock()
	defer x.s.writing.Unlock()
	if x.catchingUp[r] || !x.mayWrite() {
		r.MissSignals(signals)
		return
	}
	if *b = r.TakeSignals((*b)[:0], signals); len(*b) > 0 {
		x.s.push(*b)
	}
}

// hand gives the client what one write takes of a page, under the lock s.writing.
func (x *socketStream) hand(r *stream.Reader, b *[]byte, page stream.Page) stream.Step {
	step := r.Take((*b)[:0], page)
	if *b = step.Bytes; len(*b) > 0 {
		x.s.push(*b)
	}
	if step.End != nil {
		x.end(r, step.End)
	}
	return step
}

// mayWrite is asked under the lock s.writing.
func (x *socketStream) mayWrite() bool {
	return x.s.pending == nil && !x.ended && !x.op.over.Load()
}

// setCatchingUp is called under the lock s.writing. Nearly always the map is empty, and then there is none.
func (x *socketStream) setCatchingUp(r *stream.Reader, is bool) {
	switch {
	case is && x.catchingUp == nil:
		x.catchingUp = map[*stream.Reader]bool{r: true}
	case is:
		x.catchingUp[r] = true
	case len(x.catchingUp) == 1:
		x.catchingUp = nil
	default:
		delete(x.catchingUp, r)
	}
}

// catchUp reads the log for a reader that is behind the window, until it is not.
func (x *socketStream) catchUp(r *stream.Reader) {
	for x.deliver(r, r.History(x.s.context())) {
		continue
	}
	r.Wake()
}

// deliver hands out what was read for one reader, unless others wait for the client: it is read again when they
// have gone, and nobody holds it meanwhile. more: the reader is still behind, and its log is to be read on.
func (x *socketStream) deliver(r *stream.Reader, page stream.Page) (more bool) {
	x.s.writing.Lock()
	defer x.s.writing.Unlock()
	if !x.mayWrite() {
		x.setCatchingUp(r, false)
		return false
	}
	b := outputs.Get().(*[]byte)
	defer outputs.Put(b)
	step := x.hand(r, b, page)
	r.Delivered(page, step.Events)
	more = step.End == nil && !r.IsOver() && r.Window().IsBehind()
	x.setCatchingUp(r, more)
	return more
}

// end ends the stream for good, under the lock s.writing. The errors wait for a pending write. Where the log
// cannot be read the whole socket goes instead, since errors would be final.
func (x *socketStream) end(r *stream.Reader, why error) {
	x.ended = true
	if errors.Is(why, stream.ErrUnreadable) {
		x.s.start(func() { x.s.close(frame.CloseTryLater) }, nil)
		return
	}
	x.s.start(func() { x.s.fail(x.op, r.Tell(x.s.context(), why)) }, nil)
}

// Append is called under the lock s.writing. Messages have no id of a position.
func (x *socketStream) Append(b []byte, _ string, body []byte) []byte {
	return frame.AppendNext(b, x.prefix, body)
}
