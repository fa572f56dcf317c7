package stream

import (
	"bytes"
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/transport/safe"
	"parley/transport/wire"
)

type executionKey struct{}

// Events are what a subscription's resolver hands out: the objects of the events that are being executed.
// Subscriptions run only so; everything else was decided when the stream was opened.
func Events[T any](ctx context.Context) (<-chan T, error) {
	objects, ok := ctx.Value(executionKey{}).([]any)
	if !ok {
		return nil, fmt.Errorf("stream: a subscription is executed outside a feed")
	}
	out := make(chan T, len(objects))
	for _, o := range objects {
		out <- o.(T)
	}
	close(out)
	return out, nil
}

// prepared is a subscription as a feed executes it: with no client's context and no headers. It is executed by many
// goroutines at once.
type prepared struct {
	feeds *Feeds
	exec  graphql.GraphExecutor
	op    *graphql.OperationContext
	ctx   context.Context // with nobody in it
}

// Bytes of results after which an execution is cut short: what follows is read again.
const executionBytes = 64 << 10

// execute runs the operation over events and returns their entries, at least the first. ended: there are
// none, because of a fault.
func (p *prepared) execute(events []Event) (entries []entry, ended error) {
	defer func() {
		if v := recover(); v != nil {
			safe.LogPanic(p.ctx, p.feeds.options.Logger, v)
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
		p.feeds.meters.executions.Add(1)
		next, inner = p.exec.DispatchOperation(context.WithValue(p.ctx, executionKey{}, objects), p.op)
	}
	entries, size := make([]entry, 0, len(events)), 0
	for _, e := range events {
		one := entry{at: e.Position, subject: e.Subject, shows: e.Shows, changes: e.Changes, revokes: e.Revokes}
		if !e.At.IsZero() {
			one.millis = e.At.UnixMilli()
		}
		if e.Object != nil {
			resp := next(inner)
			if resp == nil || resp.Data == nil {
				p.feeds.options.Logger.ErrorContext(p.ctx, "a stream's operation gave no result")
				return nil, errFault
			}
			fixPaths(p.op, resp)
			one.body = wire.Encode(resp)
			size += len(one.body)
		}
		if entries = append(entries, one); size >= executionBytes {
			break
		}
	}
	return entries, nil
}

// fixPaths repairs two things that gqlgen v0.17.98 gets wrong in the events of a stream: paths of errors
// lack the root field, and where the type of the root field forbids null, `{"field":null}` stays.
func fixPaths(op *graphql.OperationContext, resp *graphql.Response) {
	if len(resp.Errors) == 0 {
		return
	}
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, nil)
	if len(fields) != 1 {
		return
	}
	root := fields[0]
	for _, err := range resp.Errors {
		err.Path = append(ast.Path{ast.PathName(root.Alias)}, err.Path...)
	}
	if root.Definition.Type.NonNull && bytes.Equal(resp.Data, fmt.Appendf(nil, "{%q:null}", root.Alias)) {
		resp.Data = []byte("null")
	}
}
