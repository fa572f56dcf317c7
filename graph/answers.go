package graph

import (
	"context"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/db"
	"parley/graph/document"
	"parley/graph/failures"
	"parley/graph/fields"
	"parley/graph/lean"
	"parley/transport/budget"
)

// LeastAnswers is how large transport.Options.AnswersTotal must be, so that whatever may cost so much can be answered.
func LeastAnswers(maxCost int) int64 {
	return budget.LeastTotal(document.LargestCost(maxCost) * fields.Bytes)
}

// withBounds gives queries and mutations an end: in time, and in the memory that their answers take. Text is counted
// while it is read, and the answer before it is written. What is too much ends the operation at once, and errors
// replace all that it has found.
func withBounds(p *failures.Presenter, most time.Duration) graphql.ResponseMiddleware {
	return func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		op := graphql.GetOperationContext(ctx)
		if op.Operation == nil || op.Operation.Operation == ast.Subscription {
			return next(ctx)
		}
		ctx, cancel := context.WithTimeout(readingTogether(ctx), most)
		defer cancel()
		answer := budget.AnswerOf(ctx)
		if answer == nil { // it was refused before it could be executed
			return next(ctx)
		}
		if err := answer.Begin(ctx, document.CostOf(op)*fields.Bytes); err != nil {
			return &graphql.Response{Errors: gqlerror.List{p.Present(ctx, err)}}
		}
		b := &bound{answer: answer, stop: cancel}
		if op.Operation.Operation == ast.Mutation {
			return b.mutation(ctx, p, next)
		}
		return b.query(ctx, p, next)
	}
}

// A bound is how much one operation may still take.
type bound struct {
	answer *budget.Answer
	stop   context.CancelFunc

	mu  sync.Mutex // guards why
	why error      // it is too much
}

func (b *bound) query(ctx context.Context, p *failures.Presenter, next graphql.ResponseHandler) *graphql.Response {
	resp := next(db.Counted(lean.WithMeasured(ctx, func(size int) bool {
		return b.check(b.answer.Write(size)) == nil
	}), func(bytes int) error {
		return b.check(b.answer.Read(bytes))
	}))
	if why := b.broken(); why != nil {
		return &graphql.Response{Errors: gqlerror.List{p.Present(ctx, why)}}
	}
	return resp
}

// mutation lets the answer of what has been done wait for memory. There is none only where earlier answers are not taken.
func (b *bound) mutation(ctx context.Context, p *failures.Presenter, next graphql.ResponseHandler) *graphql.Response {
	resp := next(lean.WithMeasured(ctx, func(size int) bool {
		return b.check(b.answer.AwaitWrite(ctx, size)) == nil
	}))
	if b.broken() != nil {
		return &graphql.Response{Data: []byte("null"), Errors: gqlerror.List{p.Present(ctx, failures.ErrNoAnswer)}}
	}
	return resp
}

// check ends the operation with the first thing that is too much.
func (b *bound) check(err error) error {
	if err == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.why == nil {
		b.why = err
		b.stop()
	}
	return err
}

func (b *bound) broken() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.why
}
