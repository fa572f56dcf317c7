package transport

import (
	"context"
	"errors"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gobwas/ws"

	"parley/transport/budget"
)

// A socketStream is a subscription over a WebSocket. The lock s.writing guards its readers.
type socketStream struct {
	s      *socket
	op     *operation
	prefix []byte // of each message, up to its payload
	sub    *subscription
	ended  bool // for good; guarded by writing
}

// subscribed opens a stream, and lets it go on without this goroutine.
func (s *socket) subscribed(ctx context.Context, op *operation, prepared *graphql.OperationContext) {
	stream, no := s.t.options.Open(ctx, prepared, "")
	if no != nil {
		s.t.meters.request(prepared, OutcomeRefused)
		s.refuse(op, true, no)
		return
	}
	stream.ID = nil // messages have none
	x := &socketStream{s: s, op: op, prefix: nextPrefix(op.id)}
	if x.sub = s.t.newSubscription(x, stream, s.user()); x.sub == nil || !x.sub.join(s.exec, prepared) {
		s.t.meters.request(prepared, OutcomeRefused)
		s.refuse(op, true, s.t.manyStreams(ctx))
		return
	}
	if !s.attach(op, x) {
		x.sub.leave()
		return
	}
	for _, r := range x.sub.readers {
		r.wake()
	}
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
func (s *socket) attach(op *operation, x *socketStream) bool {
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
func (s *socket) subscriptions() []*subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*subscription
	for _, op := range s.operations {
		if op.stream != nil {
			all = append(all, op.stream.sub)
		}
	}
	return all
}

var outputs = sync.Pool{New: func() any { b := make([]byte, 0, writeBytes); return &b }}

// serve gives the client what follows the reader's position, as far as the kernel takes it.
func (x *socketStream) serve(r *reader) (events int) {
	b := outputs.Get().(*[]byte)
	defer outputs.Put(b)
	x.s.writing.Lock()
	defer x.s.writing.Unlock()
	for !r.behind && x.mayWrite() {
		entries, where, ended := r.ready()
		if where == behind {
			r.behind = x.s.start(func() { x.catchUp(r) }, func() { x.s.end(closeTryLater) })
			return events
		}
		shown := 0
		*b, shown = r.take((*b)[:0], entries)
		events += shown
		if len(*b) > 0 {
			x.s.push(*b)
		}
		if why := r.end(ended); why != nil {
			x.end(why)
			return events
		}
		if len(entries) == 0 || r.over {
			return events
		}
	}
	return events
}

// mayWrite is asked under the lock s.writing.
func (x *socketStream) mayWrite() bool {
	return x.s.unfinished == nil && !x.ended && !x.op.over.Load()
}

// catchUp reads the log for a reader that is behind the window, until it is not.
func (x *socketStream) catchUp(r *reader) {
	for at, more := r.at, true; more; {
		entries, err := r.history(x.s.context(), at)
		if at, more = x.deliver(r, entries, err); !more {
			break
		}
	}
	r.wake()
}

// deliver hands out what was read for one reader, unless others wait for the client: it is read again when they
// have gone, and nobody holds it meanwhile. more: the reader is still behind, and its log is to be read on.
func (x *socketStream) deliver(r *reader, entries []entry, err error) (at Position, more bool) {
	x.s.writing.Lock()
	defer x.s.writing.Unlock()
	r.behind = false
	if !x.mayWrite() {
		return r.at, false
	}
	b := outputs.Get().(*[]byte)
	defer outputs.Put(b)
	shown := 0
	if *b, shown = r.take((*b)[:0], entries); len(*b) > 0 {
		x.s.push(*b)
	}
	x.s.t.meters.caughtUp.Add(uint64(shown))
	if why := r.end(err); why != nil {
		x.end(why)
		return r.at, false
	}
	_, where, _ := r.ready()
	r.behind = where == behind && !r.over
	return r.at, r.behind
}

// end ends the stream for good, under the lock s.writing. The errors wait for what is unfinished. Where the log
// cannot be read the whole socket goes instead, since errors would be final.
func (x *socketStream) end(why error) {
	x.ended = true
	if errors.Is(why, errUnreadable) {
		x.s.start(func() { x.s.end(closeTryLater) }, nil)
		return
	}
	x.s.start(func() { x.s.fail(x.op, x.sub.told(x.s.context(), why)) }, nil)
}

func (x *socketStream) write(b, body []byte) []byte { return appendNext(b, x.prefix, body) }

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
