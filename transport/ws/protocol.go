package ws

import (
	"context"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/operation"
	"parley/transport/refusal"
	"parley/transport/wire"
	"parley/transport/ws/frame"
)

// Bytes of an operation's id.
const maxID = 128

// running is one `subscribe` that runs on a socket.
type running struct {
	id       string
	cancel   context.CancelFunc
	mutation bool
	over     atomic.Bool   // nothing more is sent for it; set under the socket's mu
	free     func()        // gives its slot back
	stream   *socketStream // nil: none, or not yet
}

// close ends what an operation is. It takes no lock of the socket's.
func (op *running) close() {
	op.cancel()
	if op.stream != nil {
		op.stream.sub.Leave()
	}
}

// take acts on one message. It returns the code to close with, 0 to go on.
func (s *socket) take(text []byte) frame.Code {
	m, ok := frame.ParseMessage(text)
	if !ok {
		return frame.CloseBadMessage
	}
	switch m.Kind {
	case "connection_init":
		return s.initialise(m.Payload)
	case "ping":
		s.control(frame.PongMessage(m.Payload), nil)
	case "pong":
	case "subscribe":
		return s.subscribe(m)
	case "complete":
		if m.ID == "" {
			return frame.CloseBadMessage
		}
		s.stop(m.ID)
	default:
		return frame.CloseBadMessage
	}
	return 0
}

// subscribe starts an operation.
func (s *socket) subscribe(m frame.Message) frame.Code {
	if !s.isReady() {
		return frame.CloseNotSignedIn
	}
	params, no := wire.ParseParams(m.Payload)
	if no == wire.BadRequest || m.ID == "" || len(m.ID) > maxID {
		return frame.CloseBadMessage
	}
	ctx, op, free := s.reserve(m.ID)
	switch {
	case !free:
		return frame.CloseIDInUse
	case no != nil: // an emoji that was cut in two is no reason to end the socket with all its streams
		s.stop(m.ID)
		s.turnDown(m.ID, s.sockets.Operations.Refuse(ctx, no.Code, no.Reason, no.Message))
	case op == nil:
		s.turnDown(m.ID, s.sockets.Operations.Refuse(ctx, refusal.LimitReached, "OPERATIONS", "Too many operations run on this socket."))
	default:
		op.free = s.intake.Slot()
		s.start(func() { s.operate(ctx, op, params) }, func() { s.fail(op, s.sockets.Operations.Fault(ctx)) })
	}
	return 0
}

// turnDown refuses a `subscribe` before anybody has looked at its operation.
func (s *socket) turnDown(id string, no *gqlerror.Error) {
	s.sockets.Operations.CountUnread()
	s.sockets.Operations.CountErrors(gqlerror.List{no})
	s.control(frame.Errors(id, gqlerror.List{no}), nil)
}

func (s *socket) isReady() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase == ready
}

// reserve takes an id. op is nil when the socket has enough of them.
func (s *socket) reserve(id string) (ctx context.Context, op *running, free bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, used := s.operations[id]; used {
		return nil, nil, false
	}
	if len(s.operations) >= s.sockets.MaxOperations {
		return s.ctx, nil, true
	}
	op = &running{id: id}
	ctx, op.cancel = context.WithCancel(graphql.StartOperationTrace(context.WithoutCancel(s.ctx))) // whatever ends the socket ends its operations
	s.operations[id] = op
	if s.closing != nil {
		op.cancel()
	}
	return ctx, op, true
}

// stop ends an operation because the client has enough of it, or has got all. Nothing more is sent for it.
func (s *socket) stop(id string) {
	s.mu.Lock()
	op := s.operations[id]
	delete(s.operations, id)
	if op != nil {
		op.over.Store(true)
	}
	s.mu.Unlock()
	if op != nil {
		op.close()
	}
}

// operate runs an operation: a query or a mutation to its end, a stream until it has begun.
func (s *socket) operate(ctx context.Context, op *running, params *graphql.RawParams) {
	defer op.free() // the slot of a stream is that of its beginning
	prepared, failed := s.sockets.Operations.Prepare(ctx, s.exec, params)
	isStream := prepared.Operation == nil || operation.IsKind(prepared, ast.Subscription) // unknown: perhaps a stream
	if failed == nil && s.sockets.Registry.IsDraining() {
		s.sockets.Operations.Count(prepared, operation.OutcomeRefused)
		failed = &graphql.Response{Errors: gqlerror.List{s.sockets.Operations.Refuse(ctx, refusal.Draining.Code, refusal.Draining.Reason, refusal.Draining.Message)}}
	}
	switch {
	case failed != nil:
		s.refuse(op, isStream, failed.Errors)
	case isStream:
		s.subscribed(ctx, op, prepared)
	case operation.IsKind(prepared, ast.Mutation):
		if s.beginMutation(op) {
			defer s.endMutation()
			s.emit(op, s.sockets.Operations.Execute(ctx, s.exec, prepared, s.holder(), s.Cut))
		}
	default:
		s.emit(op, s.sockets.Operations.Execute(ctx, s.exec, prepared, s.holder(), s.Cut))
	}
}

// emit sends the result of a query or a mutation.
func (s *socket) emit(op *running, r operation.Result) {
	if r.Errs != nil {
		s.fail(op, r.Errs)
		return
	}
	s.answer(op, frame.Result(op.id, r.Body), r.Answer.Taken) // which does not keep the body
}

// refuse ends an operation with errors. A stream whose trouble passes takes its socket along: the client
// comes back and goes on, where `error` would be the end for it.
func (s *socket) refuse(op *running, isStream bool, errs gqlerror.List) {
	if code := passing(errs); isStream && code != 0 && s.isOpen(op) {
		s.sockets.Operations.CountErrors(errs)
		s.close(code)
		return
	}
	s.fail(op, errs)
}

func (s *socket) fail(op *running, errs gqlerror.List) {
	s.sockets.Operations.CountErrors(errs)
	s.answer(op, frame.Errors(op.id, errs), func() {})
}

// answer sends the last frames of an operation, unless that has been stopped or the socket ends. Before they
// leave the id is free again, as the client may use it as soon as it has read them. taken is called when they have
// left, or never will.
func (s *socket) answer(op *running, frames []byte, taken func()) {
	due := s.sockets.Operations.Due()
	if !s.clearBy(due) {
		taken()
		return
	}
	defer s.writing.Unlock()
	if !s.isOpen(op) {
		taken()
		return
	}
	s.stop(op.id)
	s.pushAnswer(frames, &pendingWrite{due: due, whole: op.mutation, taken: taken})
}

// isOpen tells whether anything may still be sent for an operation.
func (s *socket) isOpen(op *running) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	mute := s.closing != nil && (s.closing.answered == nil || !op.mutation)
	return s.operations[op.id] == op && !mute
}

func (s *socket) beginMutation(op *running) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing != nil || s.operations[op.id] != op {
		return false
	}
	op.mutation = true
	s.mutations++
	return true
}

func (s *socket) endMutation() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mutations--
	if s.mutations == 0 && s.closing != nil && s.closing.answered != nil {
		close(s.closing.answered)
	}
}
