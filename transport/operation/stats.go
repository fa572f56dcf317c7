package operation

import (
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/meter"
	"parley/transport/refusal"
)

// Stats is what has been asked since a Service was made.
type Stats struct {
	Requests  map[Request]uint64 // answered, or in case of a subscription begun
	QueryTime meter.Distribution // nanoseconds a query was executed
	WriteTime meter.Distribution // the same of a mutation
	Refusals  map[string]uint64  // errors that clients were given, by code
	Drops     map[string]uint64  // see the Drop constants
}

// A Request is of one kind and came to one outcome.
type Request struct{ Kind, Outcome string }

// Kinds of requests besides those of operations, which are query, mutation and subscription.
const (
	KindUnread  = "unread"  // refused before anybody looked at its operation
	KindUnknown = "unknown" // no operation was found in it
)

// Outcomes of requests. An operation that began and met errors in some of its fields is partial.
const (
	OutcomeOK      = "ok"
	OutcomePartial = "partial"
	OutcomeRefused = "refused"
)

// What was given up.
const (
	DropStalled    = "stalled"    // a connection whose client took nothing for a while, or not all of an answer when it was due
	DropSilent     = "silent"     // a socket whose client did not answer a ping
	DropUnfinished = "unfinished" // a message or a body that was not there in time, or made room for others
)

// meters are what is counted where it happens.
type meters struct {
	requests        map[string]*meter.Tally // by kind; never changed
	query, mutation *meter.Histogram
	refusals, drops *meter.Tally
}

func (m *meters) init(codes []string) {
	m.requests = map[string]*meter.Tally{}
	for _, kind := range []string{"query", "mutation", "subscription", KindUnread, KindUnknown} {
		m.requests[kind] = meter.NewTally(OutcomeOK, OutcomePartial, OutcomeRefused)
	}
	m.query, m.mutation = meter.NewTimes(), meter.NewTimes()
	m.refusals, m.drops = meter.NewTally(codes...), meter.NewTally(DropStalled, DropSilent, DropUnfinished)
}

// Stats returns them.
func (x *Service) Stats() Stats {
	m := &x.meters
	s := Stats{
		Requests: make(map[Request]uint64, len(m.requests)), QueryTime: m.query.Distribution(), WriteTime: m.mutation.Distribution(),
		Refusals: m.refusals.Counts(), Drops: m.drops.Counts(),
	}
	for kind, outcomes := range m.requests {
		for outcome, n := range outcomes.Counts() {
			s.Requests[Request{kind, outcome}] = n
		}
	}
	return s
}

// Count counts a request whose operation was looked at.
func (x *Service) Count(op *graphql.OperationContext, outcome string) {
	kind := KindUnknown
	if op.Operation != nil {
		kind = string(op.Operation.Operation)
	}
	x.meters.requests[kind].Add(outcome, 1)
}

// CountUnread counts a request that was refused before that.
func (x *Service) CountUnread() { x.meters.requests[KindUnread].Add(OutcomeRefused, 1) }

// CountErrors counts the errors that a client is given.
func (x *Service) CountErrors(errs gqlerror.List) {
	for _, code := range refusal.CodesOf(errs) {
		x.meters.refusals.Add(code, 1)
	}
}

// CountDrop counts what was given up.
func (x *Service) CountDrop(drop string) { x.meters.drops.Add(drop, 1) }

// executed counts a query or a mutation.
func (x *Service) executed(op *graphql.OperationContext, outcome string, took time.Duration) {
	x.Count(op, outcome)
	times := x.meters.query
	if IsKind(op, ast.Mutation) {
		times = x.meters.mutation
	}
	times.Observe(int64(took))
}
