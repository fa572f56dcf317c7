package transport

import (
	"context"
	"encoding/json"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/gobwas/ws"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/operation"
	"parley/transport/refusal"
	"parley/transport/wire"
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

// A message is what a client sends.
type message struct {
	kind    string
	id      string // empty: none, or no string
	payload json.RawMessage
}

// parseMessage reads a message of graphql-transport-ws.
func parseMessage(text []byte) (message, bool) {
	fields, ok := wire.ParseObject(text)
	if !ok {
		return message{}, false
	}
	m := message{payload: fields["payload"]}
	given, ok := wire.ReadString(fields["type"], &m.kind)
	if _, isString := wire.ReadString(fields["id"], &m.id); !isString {
		m.id = ""
	}
	return m, given && ok
}

// take acts on one message. The answer is the code to close with, 0 to go on.
func (s *socket) take(text []byte) ws.StatusCode {
	m, ok := parseMessage(text)
	if !ok {
		return closeBadMessage
	}
	switch m.kind {
	case "connection_init":
		return s.initialise(m.payload)
	case "ping":
		s.control(textFrame(pongMessage(m.payload)), nil)
	case "pong":
	case "subscribe":
		return s.subscribe(m)
	case "complete":
		if m.id == "" {
			return closeBadMessage
		}
		s.stop(m.id)
	default:
		return closeBadMessage
	}
	return 0
}

// subscribe starts an operation.
func (s *socket) subscribe(m message) ws.StatusCode {
	if !s.isReady() {
		return closeNotSignedIn
	}
	params, no := wire.ParseParams(m.payload)
	if no == wire.BadRequest || m.id == "" || len(m.id) > maxID {
		return closeBadMessage
	}
	ctx, op, free := s.reserve(m.id)
	switch {
	case !free:
		return closeIDInUse
	case no != nil: // an emoji that was cut in two is no reason to end the socket with all its streams
		s.stop(m.id)
		s.turnDown(m.id, s.t.options.Refuse(ctx, no.Code, no.Reason, no.Message))
	case op == nil:
		s.turnDown(m.id, s.t.options.Refuse(ctx, refusal.LimitReached, "OPERATIONS", "Too many operations run on this socket."))
	default:
		op.free = s.intake.slot()
		s.start(func() { s.operate(ctx, op, params) }, func() { s.fail(op, s.t.operations.Fault(ctx)) })
	}
	return 0
}

// turnDown answers a `subscribe` of which nothing comes.
func (s *socket) turnDown(id string, no *gqlerror.Error) {
	s.t.operations.CountUnread()
	s.t.operations.CountErrors(gqlerror.List{no})
	s.control(textFrame(errorMessage(id, gqlerror.List{no})), nil)
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
	if len(s.operations) >= s.t.options.MaxOperations {
		return s.ctx, nil, true
	}
	op = &running{id: id}
	ctx, op.cancel = context.WithCancel(graphql.StartOperationTrace(context.WithoutCancel(s.ctx))) // whatever ends the socket ends its operations
	s.operations[id] = op
	if s.ending != nil {
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
	prepared, failed := s.t.operations.Prepare(ctx, s.exec, params)
	isStream := prepared.Operation == nil || operation.IsKind(prepared, ast.Subscription) // unknown: perhaps a stream
	if failed == nil && s.t.registry.IsDraining() {
		s.t.operations.Count(prepared, operation.OutcomeRefused)
		failed = &graphql.Response{Errors: gqlerror.List{s.t.options.Refuse(ctx, refusal.Draining.Code, refusal.Draining.Reason, refusal.Draining.Message)}}
	}
	switch {
	case failed != nil:
		s.refuse(op, isStream, failed.Errors)
	case isStream:
		s.subscribed(ctx, op, prepared)
	case operation.IsKind(prepared, ast.Mutation):
		if s.beginMutation(op) {
			defer s.endMutation()
			s.emit(op, s.t.operations.Execute(ctx, s.exec, prepared, s.holder(), s.Cut))
		}
	default:
		s.emit(op, s.t.operations.Execute(ctx, s.exec, prepared, s.holder(), s.Cut))
	}
}

// emit sends the result of a query or a mutation.
func (s *socket) emit(op *running, r operation.Result) {
	if r.Errs != nil {
		s.fail(op, r.Errs)
		return
	}
	s.answer(op, answerFrames(op.id, r.Body), r.Answer.Taken) // which does not keep the body
}

// refuse ends an operation with errors. A stream whose trouble passes takes its socket along: the client
// comes back and goes on, where `error` would be the end for it.
func (s *socket) refuse(op *running, isStream bool, errs gqlerror.List) {
	if code := passing(errs); isStream && code != 0 && s.isOpen(op) {
		s.t.operations.CountErrors(errs)
		s.end(code)
		return
	}
	s.fail(op, errs)
}

func (s *socket) fail(op *running, errs gqlerror.List) {
	s.t.operations.CountErrors(errs)
	s.answer(op, textFrame(errorMessage(op.id, errs)), func() {})
}

// answer sends the last frames of an operation, unless that has been stopped or the socket ends. Before they
// leave the id is free again, as the client may use it as soon as it has read them. taken is called when they have
// left, or never will.
func (s *socket) answer(op *running, frames []byte, taken func()) {
	due := s.t.operations.Due()
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
	s.pushAnswer(frames, due, taken)
}

// isOpen tells whether anything may still be sent for an operation.
func (s *socket) isOpen(op *running) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	silenced := s.ending != nil && (s.ending.answered == nil || !op.mutation)
	return s.operations[op.id] == op && !silenced
}

func (s *socket) beginMutation(op *running) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending != nil || s.operations[op.id] != op {
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
	if s.mutations == 0 && s.ending != nil && s.ending.answered != nil {
		close(s.ending.answered)
	}
}

func pongMessage(payload json.RawMessage) []byte {
	if len(payload) == 0 {
		return []byte(`{"type":"pong"}`)
	}
	return envelope(`{"type":"pong","payload":`, payload)
}

func nextPrefix(id string) []byte {
	return []byte(`{"id":` + string(wire.MustJSON(id)) + `,"type":"next","payload":`)
}

// answerFrames are the frames of a query's or a mutation's answer. It may be large, and is copied once.
func answerFrames(id string, body []byte) []byte {
	prefix, complete := nextPrefix(id), textFrame(completeMessage(id))
	b := make([]byte, 0, ws.MaxHeaderSize+len(prefix)+len(body)+1+len(complete))
	return append(appendNext(b, prefix, body), complete...)
}

func errorMessage(id string, errs gqlerror.List) []byte {
	return envelope(`{"id":`+string(wire.MustJSON(id))+`,"type":"error","payload":`, wire.MustJSON(errs))
}

func completeMessage(id string) []byte {
	return []byte(`{"id":` + string(wire.MustJSON(id)) + `,"type":"complete"}`)
}

func envelope(head string, payload []byte) []byte {
	b := make([]byte, 0, len(head)+len(payload)+1)
	return append(append(append(b, head...), payload...), '}')
}
