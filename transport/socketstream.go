package transport

import (
	"context"
	"errors"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gobwas/ws"

	"parley/transport/budget"
	"parley/transport/operation"
	"parley/transport/stream"
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
	source, no := s.t.options.Open(ctx, prepared, "")
	if no != nil {
		s.t.operations.Count(prepared, operation.OutcomeRefused)
		s.refuse(op, true, no)
		return
	}
	source.ID = nil // messages have none
	x := &socketStream{s: s, op: op, prefix: nextPrefix(op.id)}
	if x.sub = s.t.feeds.Subscribe(stream.Prepared{Exec: s.exec, Op: prepared}, source, s.user(), x); x.sub == nil {
		s.t.operations.Count(prepared, operation.OutcomeRefused)
		s.refuse(op, true, s.t.operations.ManyStreams(ctx))
		return
	}
	s.t.operations.Count(prepared, operation.OutcomeOK)
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
	if s.operations[op.id] != op || s.ending != nil {
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
			x.setCatchingUp(r, x.s.start(func() { x.catchUp(r) }, func() { x.s.end(closeTryLater) }))
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
	return x.s.unfinished == nil && !x.ended && !x.op.over.Load()
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
	for at, more := r.At(), true; more; {
		page := r.History(x.s.context(), at)
		at, more = x.deliver(r, page)
	}
	r.Wake()
}

// deliver hands out what was read for one reader, unless others wait for the client: it is read again when they
// have gone, and nobody holds it meanwhile. more: the reader is still behind, and its log is to be read on.
func (x *socketStream) deliver(r *stream.Reader, page stream.Page) (at stream.Position, more bool) {
	x.s.writing.Lock()
	defer x.s.writing.Unlock()
	if !x.mayWrite() {
		x.setCatchingUp(r, false)
		return r.At(), false
	}
	b := outputs.Get().(*[]byte)
	defer outputs.Put(b)
	step := x.hand(r, b, page)
	r.Delivered(page, step.Events)
	more = step.End == nil && !r.IsOver() && r.Window().IsBehind()
	x.setCatchingUp(r, more)
	return r.At(), more
}

// end ends the stream for good, under the lock s.writing. The errors wait for a pending write. Where the log
// cannot be read the whole socket goes instead, since errors would be final.
func (x *socketStream) end(r *stream.Reader, why error) {
	x.ended = true
	if errors.Is(why, stream.ErrUnreadable) {
		x.s.start(func() { x.s.end(closeTryLater) }, nil)
		return
	}
	x.s.start(func() { x.s.fail(x.op, r.Tell(x.s.context(), why)) }, nil)
}

// Append is called under the lock s.writing. Messages have no id of a position.
func (x *socketStream) Append(b []byte, _ string, body []byte) []byte {
	return appendNext(b, x.prefix, body)
}

// appendNext appends a message with a result as a frame.
func appendNext(b, prefix, body []byte) []byte {
	b = appendHeader(b, len(prefix)+len(body)+1)
	b = append(b, prefix...)
	b = append(b, body...)
	return append(b, '}')
}

// appendHeader appends the header of a text frame.
func appendHeader(b []byte, length int) []byte {
	const final = 0x80 | byte(ws.OpText)
	switch {
	case length <= 125:
		return append(b, final, byte(length))
	case length <= 0xffff:
		return append(b, final, 126, byte(length>>8), byte(length))
	}
	b = append(b, final, 127)
	for shift := 56; shift >= 0; shift -= 8 {
		b = append(b, byte(length>>shift))
	}
	return b
}
