// Package operation prepares and executes what requests ask for, whichever way they came, says what is wrong with those
// that may not be executed, and counts both. Subscriptions it only prepares. It knows no connection.
package operation

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/budget"
	"parley/transport/refusal"
	"parley/transport/stream"
	"parley/transport/wire"
)

// Credentials are what a request or a connection_init says about who is asking.
type Credentials struct {
	Authorization []string // header values; of a connection_init at most one, written as "Bearer x"
	RemoteAddr    string   // host:port as net/http gives it
	UserAgent     string
}

// Bearer cuts the scheme off a token, if there is one.
func Bearer(value string) string {
	value = strings.TrimSpace(value)
	if scheme, token, _ := strings.Cut(value, " "); strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return value
}

// Session is the sign-in that Identify found, as far as connections care. Zero: nobody is signed in.
type Session struct {
	ID    string
	User  string    // the id of the person; empty: their sockets and event streams are not counted
	Until time.Time // the socket or event stream is closed then, leeway included; zero: never
}

// Options are the questions of a Service. All are needed.
type Options struct {
	// Identify puts who is asking into a context made from ctx, and returns that in any case.
	Identify func(ctx context.Context, c Credentials) (context.Context, Session, *gqlerror.Error)

	// Open judges a subscription for whoever is in ctx and returns what it reads, or the errors of one that may not
	// begin.
	Open func(ctx context.Context, op *graphql.OperationContext, lastEventID string) (*stream.Stream, gqlerror.List)

	// Refuse builds the errors that are found before gqlgen is asked, or beside it. reason may be empty.
	Refuse func(ctx context.Context, code, reason, message string) *gqlerror.Error

	Logger  *slog.Logger
	Codes   []string      // all that errors may have; others are counted together
	Timeout time.Duration // to take an answer
}

// A Service executes operations. Safe for concurrent use.
type Service struct {
	Options
	answers *budget.Answers
	meters  meters
}

// New makes a Service whose answers keep within a budget.
func New(o Options, answers *budget.Answers) *Service {
	x := &Service{Options: o, answers: answers}
	x.meters.init(o.Codes)
	return x
}

// Prepare has a request parsed, checked and guarded. failed is the answer if it may not be executed:
// errors, presented, and no data. The operation may be known even so, else its Operation is nil.
func (x *Service) Prepare(ctx context.Context, exec graphql.GraphExecutor, params *graphql.RawParams) (op *graphql.OperationContext, failed *graphql.Response) {
	op, errs := exec.CreateOperationContext(ctx, params)
	var several gqlerror.List
	if len(errs) == 1 && errors.As(errs[0].Err, &several) { // gqlgen's extensions may return only one
		errs = several
	}
	if len(errs) > 0 {
		x.Count(op, OutcomeRefused)
		return op, exec.DispatchError(graphql.WithOperationContext(ctx, op), errs)
	}
	return op, nil
}

// IsKind tells whether an operation is known and of a kind.
func IsKind(op *graphql.OperationContext, kind ast.Operation) bool {
	return op.Operation != nil && op.Operation.Operation == kind
}

// A Result is what a query or a mutation came to.
type Result struct {
	Body   []byte         // a response with data, as JSON
	Errs   gqlerror.List  // instead of Body: errors, and no data
	Answer *budget.Answer // what Body is charged to, until Taken is called; nil: nothing is
}

// Execute executes a prepared query or mutation for a holder of answers. cut ends the connection that takes the answer.
func (x *Service) Execute(ctx context.Context, exec graphql.GraphExecutor, op *graphql.OperationContext, by budget.Holder, cut func()) (r Result) {
	outcome, began := OutcomeRefused, time.Now()
	defer func() { x.executed(op, outcome, time.Since(began)) }()
	answer := x.answers.New(by, cut)
	ctx = budget.WithAnswer(ctx, answer)
	defer func() { answer.ChargeResult(len(r.Body)) }()
	next, ctx := exec.DispatchOperation(ctx, op)
	resp := next(ctx)
	switch {
	case resp == nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Result{Errs: gqlerror.List{x.Refuse(ctx, refusal.Timeout, "", "The operation took too long.")}}
	case resp == nil:
		return Result{Errs: x.Fault(ctx)}
	case resp.Data == nil && len(resp.Errors) > 0:
		return Result{Errs: resp.Errors}
	}
	if outcome = OutcomeOK; len(resp.Errors) > 0 {
		outcome = OutcomePartial
		x.CountErrors(resp.Errors)
	}
	return Result{Body: wire.Encode(resp), Answer: answer}
}

// Due is when an answer that is ready now must have been taken, all of it.
func (x *Service) Due() time.Time { return time.Now().Add(x.Timeout) }

// TooManyStreams is the refusal of a stream too many.
func (x *Service) TooManyStreams(ctx context.Context) gqlerror.List {
	return gqlerror.List{x.Refuse(ctx, refusal.LimitReached, "STREAMS", "You have too many streams.")}
}

// Fault is what a client is told of a fault of ours.
func (x *Service) Fault(ctx context.Context) gqlerror.List {
	return gqlerror.List{x.Refuse(ctx, refusal.Internal, "", "A fault of the server.")}
}
