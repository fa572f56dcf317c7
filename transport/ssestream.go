package transport

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/refusal"
)

// An sseStream is a subscription over an event stream. Only the handler's goroutine touches its readers: it
// takes from the window of the feed, or reads the log itself, and waits for its client as long as that takes.
type sseStream struct {
	s   *stream
	ctx context.Context
	sub *subscription
}

// subscribed serves a stream until one side has enough.
func (s *stream) subscribed(ctx context.Context, lastEventID string, exec graphql.GraphExecutor, op *graphql.OperationContext) {
	if s.session.ID != "" && s.t.registry.HasEnded(s.session.ID) {
		s.abort()
	}
	stream, no := s.t.options.Open(ctx, op, lastEventID)
	if no != nil {
		s.t.meters.request(op, OutcomeRefused)
		s.refuseStream(no)
		return
	}
	s.t.bindConn(ctx)
	x := &sseStream{s: s, ctx: ctx}
	if x.sub = s.t.newSubscription(x, stream, s.session.User); x.sub == nil || !x.sub.join(exec, op) {
		s.t.meters.request(op, OutcomeRefused)
		s.refuse(s.t.manyStreams(ctx))
		return
	}
	defer x.sub.leave()
	s.relay(ctx, x.look)
}

// refuseStream answers a stream that may not begin. One that may do so later is cut, so that the client comes back:
// `complete` would be the end for it.
func (s *stream) refuseStream(errs gqlerror.List) {
	if refusal.Passing(errs) != "" {
		s.t.meters.refused(errs)
		s.open()
		s.abort()
		return
	}
	s.refuse(errs)
}

// serve has the handler's goroutine take what the window has for a reader.
func (x *sseStream) serve(r *reader) int {
	r.served.Store(true)
	x.s.notify()
	return 0
}

// look writes what there is. The answer is false when the stream has ended.
func (x *sseStream) look() bool {
	for _, r := range x.sub.readers {
		for more := !r.over; more; {
			var goesOn bool
			if more, goesOn = x.step(r); !goesOn {
				return false
			}
		}
	}
	return true
}

// step writes some of what follows a reader's position.
func (x *sseStream) step(r *reader) (more, goesOn bool) {
	if _, where, _ := r.ready(); where != behind && !r.served.Swap(false) && r.waits() {
		return false, true // until it is served
	}
	entries, where, ended := r.ready()
	if where == behind {
		if entries, ended = r.history(x.ctx, r.at); x.ctx.Err() != nil {
			return false, false
		}
	}
	b := outputs.Get().(*[]byte)
	defer outputs.Put(b)
	shown, counter := 0, &x.s.t.meters.live
	if where == behind {
		counter = &x.s.t.meters.caughtUp
	}
	*b, shown = r.take((*b)[:0], entries)
	if len(*b) > 0 && !x.s.sendEvents(*b) {
		return false, false
	}
	counter.Add(uint64(shown))
	why := r.end(ended)
	if errors.Is(why, errUnreadable) {
		x.s.abort()
		return false, false
	}
	if why != nil {
		x.s.finish(result{errs: x.sub.told(x.ctx, why)})
		return false, false
	}
	return len(entries) > 0 && !r.over, true
}

func (x *sseStream) write(b, body []byte) []byte {
	id := ""
	if name := x.sub.stream.ID; name != nil {
		id = name(x.sub.positions())
	}
	return appendEvent(b, id, body)
}
