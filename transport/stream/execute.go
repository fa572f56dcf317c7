package stream

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"parley/transport/safe"
	"parley/transport/stream/window"
	"parley/transport/wire"
)

type executionKey struct{}

// An execution is one of some events.
type execution struct {
	objects []any
	revoked func(context.Context) (int64, error) // see ReadNow; nil: it has read nothing
}

// Events are what a subscription's resolver hands out: the objects of the events that are being executed.
// Subscriptions run only so; everything else was decided when the stream was opened.
func Events[T any](ctx context.Context) (<-chan T, error) {
	x, ok := ctx.Value(executionKey{}).(*execution)
	if !ok {
		return nil, fmt.Errorf("stream: a subscription is executed outside a feed")
	}
	out := make(chan T, len(x.objects))
	for _, o := range x.objects {
		out <- o.(T)
	}
	close(out)
	return out, nil
}

// ReadNow says that a resolver reads what the log is about as it is now, which may be later than the events: then whoever was
// revoked meanwhile must not be given it. revoked reads the place of the newest revocation; it is called once, behind all that is
// read. Outside of feeds, where each caller is judged, it does nothing.
func ReadNow(ctx context.Context, revoked func(context.Context) (int64, error)) {
	if x, ok := ctx.Value(executionKey{}).(*execution); ok {
		x.revoked = revoked
	}
}

// prepared is a subscription as feeds execute it: with no client's context and no headers. It is executed by many
// goroutines at once.
type prepared struct {
	feeds *Feeds
	exec  graphql.GraphExecutor
	op    *graphql.OperationContext
	hash  [sha256.Size]byte // tells it apart from other operations, see feedKey
	ctx   context.Context   // with nobody in it
}

func (x *Feeds) prepare(p Prepared) *prepared {
	p.Op.Headers = nil
	return &prepared{feeds: x, exec: p.Exec, op: p.Op, hash: wire.Key(p.Op), ctx: graphql.StartOperationTrace(context.Background())}
}

// Bytes of results after which an execution is cut short: what follows is read again.
const executionBytes = 64 << 10

// execute runs the operation over events and returns their entries, at least the first. *EndError: there are none, because of a
// fault; any other error passes by itself.
func (p *prepared) execute(events []Event) (entries []window.Entry, err error) {
	defer func() {
		if v := recover(); v != nil {
			safe.LogPanic(p.ctx, p.feeds.options.Logger, v)
			entries, err = nil, &EndError{errFault}
		}
	}()
	x := &execution{}
	for _, e := range events {
		if e.Object != nil {
			x.objects = append(x.objects, e.Object)
		}
	}
	next, inner := func(context.Context) *graphql.Response { return nil }, p.ctx
	if len(x.objects) > 0 {
		p.feeds.meters.executions.Add(1)
		next, inner = p.exec.DispatchOperation(context.WithValue(p.ctx, executionKey{}, x), p.op)
	}
	// Of the last, which was read last: an older one may show what was changed since, and may be all that is executed now.
	entries, size, revoked := make([]window.Entry, 0, len(events)), 0, events[len(events)-1].Revoked
	for _, e := range events {
		one := window.Entry{
			At: e.Position, Subject: e.Subject, Shows: e.Shows, Changes: e.Changes, Revokes: e.Revokes, Revoked: revoked,
		}
		if !e.At.IsZero() {
			one.Millis = e.At.UnixMilli()
		}
		if e.Object != nil {
			resp := next(inner)
			if resp == nil || resp.Data == nil {
				p.feeds.options.Logger.ErrorContext(p.ctx, "a stream's operation gave no result")
				return nil, &EndError{errFault}
			}
			wire.FixPaths(p.op, resp)
			one.Body = wire.Encode(resp)
			size += len(one.Body)
		}
		if entries = append(entries, one); size >= executionBytes {
			break
		}
	}
	return entries, x.judge(p.ctx, entries)
}

// judge notes with entries who was revoked up to what they have read.
func (x *execution) judge(ctx context.Context, entries []window.Entry) error {
	if x.revoked == nil {
		return nil
	}
	place, err := x.revoked(ctx)
	if err != nil {
		return err
	}
	for i := range entries {
		entries[i].Revoked = max(entries[i].Revoked, place)
	}
	return nil
}
