package stream

import (
	"context"
	"crypto/sha256"

	"github.com/99designs/gqlgen/graphql"

	"parley/transport/safe"
	"parley/transport/stream/execution"
	"parley/transport/stream/window"
	"parley/transport/wire"
)

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
	x := &execution.Execution{}
	for _, e := range events {
		if e.Object != nil {
			x.Objects = append(x.Objects, e.Object)
		}
	}
	next, inner := func(context.Context) *graphql.Response { return nil }, p.ctx
	if len(x.Objects) > 0 {
		p.feeds.meters.executions.Add(1)
		next, inner = p.exec.DispatchOperation(execution.With(p.ctx, x), p.op)
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
	return entries, x.Judge(p.ctx, entries)
}
