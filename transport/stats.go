package transport

import (
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gobwas/ws"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/meter"
	"parley/transport/refusal"
)

// Stats is what the transports have done since they were made, and what they are at.
type Stats struct {
	Sockets      int // open
	EventStreams int // open
	Streams      int // subscriptions that run on them
	Feeds        int
	WindowBytes  int64
	AnswerBytes  int64 // of answers that are made, or made and not yet taken
	CatchingUp   int   // readers behind their window that read the log right now

	Requests  map[Request]uint64 // answered, or in case of a subscription begun
	QueryTime meter.Distribution // nanoseconds a query was executed
	WriteTime meter.Distribution // the same of a mutation
	Refusals  map[string]uint64  // errors that clients were given, by code

	Executions uint64 // of a stream's operation, each over some events for all readers of a feed
	Live       uint64 // events handed to readers out of the window
	CaughtUp   uint64 // events handed to readers who were behind it

	// Lag is how long events took, in nanoseconds: from stream.Event.At until the WebSockets among up to 512 readers of a
	// feed had been written to (the bytes are the kernel's then), and the event streams among them had been told to
	// write. The oldest event that such a pass handed out counts. Readers behind the window are left out.
	Lag meter.Distribution

	Closed map[string]uint64 // sockets that are gone, by the code the server closed them with, or CloseClient, CloseLost
	Drops  map[string]uint64 // see the Drop constants
	NoRoom map[string]uint64 // what was refused or given up because there were enough of its kind: by the name of its setting, "memory" or RoomBytes
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

// How sockets end without the server's word.
const (
	CloseClient = "client" // it closed the socket
	CloseLost   = "lost"   // the connection broke
)

// What was given up.
const (
	DropStalled    = "stalled"    // a socket or an event stream whose client took nothing for WriteTimeout, or not all of an answer when it was due
	DropSilent     = "silent"     // a socket whose client did not answer a ping
	DropUnfinished = "unfinished" // a message or a body that was not there in time, or made room for others
	DropWindow     = "window"     // a feed's window, because the log could not be read; its readers read the log
)

// RoomBytes is what Stats.NoRoom calls bytes of messages and bodies that are coming in; the rest are names of settings.
const RoomBytes = "request_bytes"

// Stats returns them. Safe for concurrent use.
func (t *Transports) Stats() Stats {
	m, streams := &t.meters, t.feeds.Stats()
	s := Stats{
		Streams: streams.Streams, Feeds: streams.Feeds, WindowBytes: streams.WindowBytes, AnswerBytes: t.answers.Bytes(), CatchingUp: streams.CatchingUp,
		Requests: make(map[Request]uint64, len(m.requests)), QueryTime: m.query.Distribution(), WriteTime: m.mutation.Distribution(),
		Refusals: m.refusals.Counts(), Executions: streams.Executions, Live: streams.Live, CaughtUp: streams.CaughtUp,
		Lag: streams.Lag, Closed: m.closed.Counts(), Drops: m.drops.Counts(),
		NoRoom: t.gate.NoRoom(),
	}
	s.Drops[DropWindow] = streams.DroppedWindows
	s.NoRoom[RoomBytes] = t.inbound.GivenUp()
	for kind, outcomes := range m.requests {
		for outcome, n := range outcomes.Counts() {
			s.Requests[Request{kind, outcome}] = n
		}
	}
	s.Sockets, s.EventStreams = t.registry.Count()
	return s
}

// meters are what is counted where it happens.
type meters struct {
	requests        map[string]*meter.Tally // by kind; never changed
	query, mutation *meter.Histogram
	refusals        *meter.Tally
	closed, drops   *meter.Tally
}

func (m *meters) init(codes []string) {
	m.requests = map[string]*meter.Tally{}
	for _, kind := range []string{"query", "mutation", "subscription", KindUnread, KindUnknown} {
		m.requests[kind] = meter.NewTally(OutcomeOK, OutcomePartial, OutcomeRefused)
	}
	m.query, m.mutation = meter.NewTimes(), meter.NewTimes()
	m.refusals, m.drops = meter.NewTally(codes...), meter.NewTally(DropStalled, DropSilent, DropUnfinished)
	ends := []string{CloseClient, CloseLost}
	for _, code := range []ws.StatusCode{
		closeTooBig, closeRestart, closeTryLater, closeBadMessage, closeNotSignedIn,
		closeForbidden, closeSubprotocol, closeNoInit, closeIDInUse, closeSecondInit,
	} {
		ends = append(ends, strconv.Itoa(int(code)))
	}
	m.closed = meter.NewTally(ends...)
}

// refused counts the errors that a client is given.
func (m *meters) refused(errs gqlerror.List) {
	for _, code := range refusal.CodesOf(errs) {
		m.refusals.Add(code, 1)
	}
}

// request counts a request whose operation was looked at.
func (m *meters) request(op *graphql.OperationContext, outcome string) {
	kind := KindUnknown
	if op.Operation != nil {
		kind = string(op.Operation.Operation)
	}
	m.requests[kind].Add(outcome, 1)
}

// executed counts a query or a mutation.
func (m *meters) executed(op *graphql.OperationContext, outcome string, took time.Duration) {
	m.request(op, outcome)
	times := m.query
	if isMutation(op) {
		times = m.mutation
	}
	times.Observe(int64(took))
}

// gone counts a socket that is gone; e is how it ended, or nil.
func (m *meters) gone(e *ending) {
	switch {
	case e == nil:
		m.closed.Add(CloseLost, 1)
	case e.code == 0:
		m.closed.Add(CloseClient, 1)
	default:
		m.closed.Add(strconv.Itoa(int(e.code)), 1)
	}
}
