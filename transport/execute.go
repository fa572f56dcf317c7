package transport

import (
	"context"
	"errors"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/budget"
	"parley/transport/refusal"
	"parley/transport/wire"
)

// prepare has a request parsed, checked and guarded. failed is the answer if it may not be executed:
// errors, presented, and no data. The operation may be known even so, else its Operation is nil.
func (t *Transports) prepare(ctx context.Context, exec graphql.GraphExecutor, params *graphql.RawParams) (op *graphql.OperationContext, failed *graphql.Response) {
	op, errs := exec.CreateOperationContext(ctx, params)
	var several gqlerror.List
	if len(errs) == 1 && errors.As(errs[0].Err, &several) { // gqlgen's extensions may answer only one
		errs = several
	}
	if len(errs) > 0 {
		t.meters.request(op, OutcomeRefused)
		return op, exec.DispatchError(graphql.WithOperationContext(ctx, op), errs)
	}
	return op, nil
}

func isMutation(op *graphql.OperationContext) bool { return isKind(op, ast.Mutation) }

func isKind(op *graphql.OperationContext, kind ast.Operation) bool {
	return op.Operation != nil && op.Operation.Operation == kind
}

// A result is what a query or a mutation came to.
type result struct {
	body   []byte         // a response with data, as JSON
	errs   gqlerror.List  // in its place: errors, and no data
	answer *budget.Answer // what the body is charged to, until Taken is called; nil: nothing is
}

// execute runs a prepared query or mutation for a holder of answers. cut ends the connection that takes the answer.
func (t *Transports) execute(ctx context.Context, exec graphql.GraphExecutor, op *graphql.OperationContext, by budget.Holder, cut func()) (r result) {
	outcome, began := OutcomeRefused, time.Now()
	defer func() { t.meters.executed(op, outcome, time.Since(began)) }()
	answer := t.answers.New(by, cut)
	ctx = budget.WithAnswer(ctx, answer)
	defer func() { answer.Settle(len(r.body)) }()
	next, ctx := exec.DispatchOperation(ctx, op)
	resp := next(ctx)
	switch {
	case resp == nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return result{errs: gqlerror.List{t.options.Refuse(ctx, refusal.Timeout, "", "The operation took too long.")}}
	case resp == nil:
		return result{errs: gqlerror.List{t.fault(ctx)}}
	case resp.Data == nil && len(resp.Errors) > 0:
		return result{errs: resp.Errors}
	}
	if outcome = OutcomeOK; len(resp.Errors) > 0 {
		outcome = OutcomePartial
		t.meters.refused(resp.Errors)
	}
	return result{body: wire.Encode(resp), answer: answer}
}

// manyStreams is the refusal of a stream too many.
func (t *Transports) manyStreams(ctx context.Context) gqlerror.List {
	return gqlerror.List{t.options.Refuse(ctx, refusal.LimitReached, "STREAMS", "You have too many streams.")}
}

// due is when an answer that is ready now must have been taken, all of it.
func (t *Transports) due() time.Time { return time.Now().Add(t.options.ResponseTimeout) }

// fault is what a client is told of a fault of ours.
func (t *Transports) fault(ctx context.Context) *gqlerror.Error {
	return t.options.Refuse(ctx, refusal.Internal, "", "A fault of the server.")
}
