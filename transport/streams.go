package transport

import (
	"context"
	"fmt"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// A Position is a place in a log and the tag of the event there. Places ascend, and two histories of one
// place have different tags. The zero Position lies before the first event.
type Position struct{ Place, Tag int64 }

// An Event is an entry of a log, as one kind of stream shows it.
type Event struct {
	Position
	At      time.Time // when it happened, for Stats; zero: not known
	Object  any       // what the subscription's resolver hands out; nil: the stream does not show it
	Subject any       // what the object is, comparable; nil: nothing that changes
	Changes bool      // older events with this subject are to be read again, not shown as they were
	Last    bool      // the log ends here
}

// A Tail is the end of a log, followed by one feed. Safe for concurrent use.
type Tail interface {
	// Next answers a page of what follows a position, in order and without a hole, as it is now. None: wait
	// for the bell. *EndError: the stream cannot go on from there; any other error passes by itself.
	Next(ctx context.Context, at Position) ([]Event, error)
	Leave()
}

// An EndError ends streams for good, with the reason inside.
type EndError struct{ Err error }

func (e *EndError) Error() string { return e.Err.Error() }

// Unwrap answers the reason.
func (e *EndError) Unwrap() error { return e.Err }

// A Stream is what Options.Open found behind a subscription: a reader of one or more logs. Readers of one
// log share a feed, and with it each execution, if they run the same operation.
type Stream struct {
	Logs []Log

	// CaughtUp answers the object of an event that says: everything older has been delivered. It comes once,
	// when every log has been read up to its Head. nil: nobody is told. at are the positions in the order of
	// Logs, nil for those that have ended.
	CaughtUp func(at []*Position) any

	// ID names positions to clients of event streams, which give it back as Last-Event-ID. at as above.
	ID func(at []*Position) string

	// Gone is the error that ends the stream behind the last event of its last log. Tell answers what the client
	// is told of it, or of what an EndError holds.
	Gone error
	Tell func(why error) *gqlerror.Error
}

// A Log is one of a stream's logs.
type Log struct {
	Key      string                 // tells the log apart from all others
	At, Head Position               // where the reader begins, and where the log ended when it was opened
	Follow   func(wake func()) Tail // wake is called, without blocking, whenever something may be new
}

type runKey struct{}

// Events are what a subscription's resolver hands out: the objects of the events that are being executed.
// Subscriptions run only so; everything else was decided when the stream was opened.
func Events[T any](ctx context.Context) (<-chan T, error) {
	objects, ok := ctx.Value(runKey{}).([]any)
	if !ok {
		return nil, fmt.Errorf("transport: a subscription is executed outside a feed")
	}
	out := make(chan T, len(objects))
	for _, o := range objects {
		out <- o.(T)
	}
	close(out)
	return out, nil
}

// A program is a prepared subscription, as a feed executes it: with no client's context and no headers.
// One program is executed by many goroutines at once.
type program struct {
	t    *Transports
	exec graphql.GraphExecutor
	op   *graphql.OperationContext
	ctx  context.Context // with nobody in it
}

// Bytes of results after which a run is cut short: what follows is read again.
const runBytes = 64 << 10

// run executes the operation over events and answers their entries, at least the first. ended: there are
// none, because of a fault.
func (p *program) run(events []Event) (entries []entry, ended error) {
	defer func() {
		if v := recover(); v != nil {
			p.t.logPanic(p.ctx, v)
			entries, ended = nil, errFault
		}
	}()
	var objects []any
	for _, e := range events {
		if e.Object != nil {
			objects = append(objects, e.Object)
		}
	}
	next, inner := func(context.Context) *graphql.Response { return nil }, p.ctx
	if len(objects) > 0 {
		p.t.feeds.runs.Add(1)
		next, inner = p.exec.DispatchOperation(context.WithValue(p.ctx, runKey{}, objects), p.op)
	}
	entries, size := make([]entry, 0, len(events)), 0
	for _, e := range events {
		one := entry{at: e.Position, subject: e.Subject, changes: e.Changes, last: e.Last}
		if !e.At.IsZero() {
			one.millis = e.At.UnixMilli()
		}
		if e.Object != nil {
			resp := next(inner)
			if resp == nil || resp.Data == nil {
				p.t.options.Logger.ErrorContext(p.ctx, "a stream's operation gave no result")
				return nil, errFault
			}
			mend(p.op, resp)
			one.body = encode(resp)
			size += len(one.body)
		}
		if entries = append(entries, one); size >= runBytes {
			break
		}
	}
	return entries, nil
}
