package ws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/99designs/gqlgen/graphql"
	gobwas "github.com/gobwas/ws"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/admission"
	"parley/transport/budget"
	"parley/transport/operation"
	"parley/transport/stream"
)

// newSockets makes sockets with what lies below them. change may set what differs from what is usual.
func newSockets(open func(context.Context, *graphql.OperationContext, string) (*stream.Stream, gqlerror.List), change func(o *Options, s *stream.Options)) *Sockets {
	logger := slog.New(slog.DiscardHandler)
	refuse := func(_ context.Context, code, _, message string) *gqlerror.Error {
		return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": code}}
	}
	o := Options{
		Registry: admission.NewRegistry(admission.Times{Sweep: 100 * time.Millisecond, Quiet: time.Second, Drain: 10 * time.Second}, logger),
		Answers:  budget.NewAnswers(64 << 20), Inbound: budget.NewInbound(32<<20, 1<<20),
		MaxMessage: 128 << 10, MessageTimeout: time.Hour, MaxOperations: 100, InitTimeout: time.Hour,
		PingInterval: time.Hour, PongTimeout: time.Hour, MaxParallel: 100, WriteTimeout: time.Hour, Cut: time.Second, Stall: time.Second,
	}
	o.Gate = admission.NewGate(admission.Limits{Connections: 1000, ConnectionsPerAddress: 1000, UnsignedPerAddress: 1000, ConnectionsPerUser: 1000}, o.Registry)
	o.Operations = operation.New(operation.Options{Open: open, Refuse: refuse, Logger: logger, Timeout: time.Hour}, o.Answers)
	s := stream.Options{
		WindowEvents: 256, WindowTotal: 1 << 20, CatchUpParallel: 8, UserRoomStreams: 20, Block: 512, Logger: logger, Fault: o.Operations.Fault,
	}
	change(&o, &s)
	o.Feeds = stream.New(s)
	return New(o)
}

// connect opens a socket over a pipe, on which somebody has signed in.
func connect(sockets *Sockets, exec graphql.GraphExecutor, far net.Conn, user string) *socket {
	slot, _ := sockets.Gate.EnterSocket(&http.Request{RemoteAddr: "127.0.0.1:1"})
	s := newSocket(sockets, exec, far, nil, slot)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.phase, s.session = ready, operation.Session{ID: "s", User: user}
	return s
}

// A rig is one socket over a pipe in virtual time, whose operations wait and whose streams read one log.
type rig struct {
	t       *testing.T
	sockets *Sockets
	socket  *socket
	near    net.Conn
	log     *rigLog
	started chan struct{}
	release chan struct{}
	stopped chan struct{}
	leaving func(b []byte) // sees what leaves; nil: nobody does
}

// A watchedConn shows what leaves.
type watchedConn struct {
	net.Conn
	r *rig
}

func (c watchedConn) Write(b []byte) (int, error) {
	if c.r.leaving != nil {
		c.r.leaving(b)
	}
	return c.Conn.Write(b)
}

func newRig(t *testing.T, change func(o *Options)) *rig {
	r := &rig{t: t, log: &rigLog{}, started: make(chan struct{}, 100), release: make(chan struct{}), stopped: make(chan struct{}, 100)}
	r.sockets = newSockets(r.open, func(o *Options, _ *stream.Options) { change(o) })
	near, far := net.Pipe()
	r.near = near
	r.socket = connect(r.sockets, rigExecutor{r}, watchedConn{far, r}, "ann")
	r.sockets.Registry.AddSocket(r.socket)
	go func() {
		defer r.socket.slot.Leave()
		r.socket.serve()
	}()
	return r
}

// gone wants nothing of the socket to be left.
func (r *rig) gone() {
	r.t.Helper()
	synctest.Wait()
	if n, _ := r.sockets.Registry.Count(); n != 0 || r.sockets.Gate.Counts() != (admission.Counts{}) {
		r.t.Errorf("%d sockets are left, and %+v", n, r.sockets.Gate.Counts())
	}
	time.Sleep(time.Second) // until the sweeper sees it
}

// send sends messages, and waits as long as they are not read.
func (r *rig) send(texts ...string) {
	for _, text := range texts {
		r.sendFrame(gobwas.NewTextFrame([]byte(text)))
	}
}

func (r *rig) sendFrame(f gobwas.Frame) { _ = gobwas.WriteFrame(r.near, gobwas.MaskFrame(f)) }

// read is the next frame.
func (r *rig) read() (kind gobwas.OpCode, payload []byte) {
	r.t.Helper()
	h, err := gobwas.ReadHeader(r.near)
	payload = make([]byte, h.Length)
	if err == nil {
		_, err = io.ReadFull(r.near, payload)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return h.OpCode, payload
}

// expect wants these frames next: a part of the payload of each, or the code of a close frame.
func (r *rig) expect(wants ...string) {
	r.t.Helper()
	for _, want := range wants {
		kind, payload := r.read()
		got := string(payload)
		if kind == gobwas.OpClose {
			code, _ := gobwas.ParseCloseFrameData(payload)
			got = fmt.Sprint("close ", code)
		}
		if !strings.Contains(got, want) {
			r.t.Fatalf("got %s, want %s", got, want)
		}
	}
}

// open begins behind the head of the log.
func (r *rig) open(context.Context, *graphql.OperationContext, string) (*stream.Stream, gqlerror.List) {
	at := stream.Position{Place: int64(len(r.log.events)), Tag: 1}
	if at.Place == 0 {
		at.Tag = 0
	}
	return &stream.Stream{
		Logs: []stream.Log{{Key: "log", At: at, Head: at, Follow: r.log.follow}},
		Tell: func(why error) *gqlerror.Error { return gqlerror.Errorf("%v", why) },
	}, nil
}

// A rigLog is a log in memory, which one feed follows.
type rigLog struct {
	events []stream.Event
	wake   func()
	hear   func([]stream.Signal)
}

func (l *rigLog) follow(wake func()) stream.Tail {
	l.wake = wake
	return l
}

// add appends an event and notifies. Everybody else must be waiting. nil: the log ends.
func (l *rigLog) add(value any) {
	synctest.Wait()
	at := stream.Position{Place: int64(len(l.events) + 1), Tag: 1}
	e := stream.Event{Position: at, Object: value}
	if value == nil {
		e.Revokes = &stream.Revocation{Why: errors.New("gone")}
	}
	l.events = append(l.events, e)
	l.wake()
}

func (l *rigLog) Next(_ context.Context, at stream.Position) ([]stream.Event, error) {
	return l.events[at.Place:], nil
}

func (l *rigLog) Hear(tell func([]stream.Signal)) { l.hear = tell }

// tell tells a signal of now. Everybody else must be waiting.
func (l *rigLog) tell(value any) {
	synctest.Wait()
	l.hear([]stream.Signal{{Object: value, Slot: value, Head: int64(len(l.events)), Until: time.Now().Add(time.Minute)}})
}

func (l *rigLog) Changes() func(any) bool { return noChanges }

func noChanges(any) bool { return false }

func (l *rigLog) Leave() {}

// A rigExecutor executes subscriptions, and queries and mutations that wait.
type rigExecutor struct{ r *rig }

func (rigExecutor) CreateOperationContext(_ context.Context, p *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	op := &ast.OperationDefinition{Operation: ast.Query}
	for _, kind := range []ast.Operation{ast.Mutation, ast.Subscription} {
		if strings.HasPrefix(p.Query, string(kind)) {
			op.Operation = kind
		}
	}
	return &graphql.OperationContext{RawQuery: p.Query, Operation: op, Doc: &ast.QueryDocument{}}, nil
}

func (e rigExecutor) DispatchOperation(ctx context.Context, op *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	if op.Operation.Operation == ast.Subscription {
		return modelExecutor{}.DispatchOperation(ctx, op)
	}
	return func(ctx context.Context) *graphql.Response {
		e.r.started <- struct{}{}
		select {
		case <-e.r.release:
		case <-ctx.Done():
			e.r.stopped <- struct{}{}
		}
		return &graphql.Response{Data: json.RawMessage(`{"wait":"waited"}`)}
	}, ctx
}

func (rigExecutor) DispatchError(context.Context, gqlerror.List) *graphql.Response { return nil }
