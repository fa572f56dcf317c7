// Package transport carries GraphQL over HTTP, server-sent events and WebSockets. It knows requests,
// sockets and bytes, and nothing of chats: who is asking, and what an error is called, it asks through
// Options. gqlgen parses, checks and executes.
//
// The life of a request, and the rooms it goes through (each a folder here):
//
//	POST, GET                    POST, Accept: text/event-stream    upgrade: graphql-transport-ws
//	    │                                    │                                 │
//	    └──────── admission: has the server room? is the address too fast? ────┤         before the body,
//	    ┌────────────────────────────────────┬─────────────────────────────────┤         before the hijack
//	 http.go                              sse.go                              ws         origin, version, key
//	    ├── negotiate.go: Accept, type ──────┤                                 ├── ws/frame    limits, fragments, UTF-8
//	    ├── body.go: time, size ─────────────┤                                 ├── ws/intake   in order, not too fast
//	    ├── wire: JSON within bounds ────────┼──── budget: bytes coming in ────┤
//	    │                                    │                                 │
//	 Identify                             Identify                             ├── connection_init → Identify → ack
//	    └──────────────────┬─────────────────┴──────────── subscribe ──────────┘
//	                       │
//	                   operation      Prepare: gqlgen parses, validates, guards
//	                       │          Execute: a query or a mutation, one Result
//	                       │                   budget: what it may take of memory, until it is taken
//	                       │
//	                 a subscription: Options.Open judges its reader and names the logs
//	                       │
//	                    stream        a feed for all readers of a log who run the same operation: each event
//	                       │          executed and encoded once, kept in a window; stream/fair: who is served first
//	    ┌──────────────────┼──────────────────────────────┐
//	 a status           ssestream.go                ws/socketstream.go   prefix + result, many in one write
//	 and JSON           events, comments            ws/output.go         one lock; what the kernel refuses waits
//	                    from one goroutine:         the end: ws/closing.go
//	                    sseoutput.go
//
// Imports run down: transport → ws → stream, operation, admission, budget → wire → refusal. stream knows none of the
// others but wire. admission's registry holds all sockets and event streams: it sweeps them each second, closes those of an
// ended session, and empties itself when the server drains.
package transport

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/limit"
	"parley/transport/admission"
	"parley/transport/budget"
	"parley/transport/operation"
	"parley/transport/stream"
	"parley/transport/ws"
)

// Options are the limits and the questions of a Transports. The zero value works: every limit has its
// default, but the zero limit.Rate means none; everybody is anonymous, and only the server's own pages may open
// sockets.
type Options struct {
	// Identify puts who is asking into a context made from ctx, and returns that in any case. Over HTTP a
	// refusal is only noted there, and whatever checks the operation decides. A socket is closed: with 4401
	// for SESSION_REVOKED, 1013 for SERVER_BUSY, 4403 for all else. Called from many goroutines, but once for
	// a socket: each operation must check for itself that the session goes on. nil: nobody is ever signed in.
	Identify func(ctx context.Context, c operation.Credentials) (context.Context, operation.Session, *gqlerror.Error)

	// Detach returns a context with what a socket keeps of the request that opened it, and not its end. nil:
	// all of its values, and whatever these hold.
	Detach func(request context.Context) context.Context

	// Open judges a subscription for whoever is in ctx and returns what it reads, or the errors of one that may
	// not begin. lastEventID is the header of that name, or empty; it replaces the operation's own
	// position. nil: there are no subscriptions.
	Open func(ctx context.Context, op *graphql.OperationContext, lastEventID string) (*stream.Stream, gqlerror.List)

	// Refuse builds the errors that are found before gqlgen is asked, or beside it. reason may be empty.
	// nil: the message with `code` and `reason` as extensions.
	Refuse func(ctx context.Context, code, reason, message string) *gqlerror.Error

	// Origins reports whether pages of another origin may open sockets. The server's own may always, the
	// origin "null" never. nil: no other.
	Origins func(origin string) bool

	// OnStream is told when a connection of http.Server begins and ends to carry an event stream. It is called under a
	// lock and must not call back. nil: nobody is. Needs ConnContext.
	OnStream func(conn net.Conn, open bool)

	Logger *slog.Logger // for faults; nil: slog.Default()

	Codes []string // all that errors may have, so that Stats counts them by code; others are counted together

	MaxBody         int64         // PARLEY_HTTP_MAX_BODY, default 128 KiB
	BodyTimeout     time.Duration // PARLEY_HTTP_BODY_TIMEOUT, default 10 s
	ResponseTimeout time.Duration // PARLEY_HTTP_RESPONSE_TIMEOUT, default 15 s to take an answer, on every transport; not for streams
	SSEKeepAlive    time.Duration // PARLEY_SSE_KEEPALIVE, default 15 s without other output
	WriteTimeout    time.Duration // PARLEY_WRITE_TIMEOUT, default 15 s; each accepted byte starts it anew

	WindowEvents    int   // PARLEY_WINDOW_EVENTS, default 256 executed events kept per feed
	WindowTotal     int64 // bytes of them on the node, default 48 MiB: three quarters of PARLEY_WINDOW_TOTAL
	AnswersTotal    int64 // PARLEY_ANSWERS_TOTAL, default 64 MiB of answers that are made or not yet taken
	CatchUpParallel int   // PARLEY_CATCHUP_PARALLEL, default 8 reads at once by those who are further behind

	MaxMessage     int64         // PARLEY_WS_MAX_MESSAGE, default 128 KiB
	MessageTimeout time.Duration // PARLEY_WS_MESSAGE_TIMEOUT, default 10 s from the first byte of a message to its end
	MaxOperations  int           // PARLEY_WS_MAX_OPERATIONS on one socket, default 100
	InitTimeout    time.Duration // PARLEY_WS_INIT_TIMEOUT, default 5 s until connection_init
	PingInterval   time.Duration // PARLEY_WS_PING_INTERVAL, default 25 s without a byte from the client
	PongTimeout    time.Duration // PARLEY_WS_PONG_TIMEOUT, default 10 s more, then the socket is cut
	MaxParallel    int           // PARLEY_WS_MAX_PARALLEL queries and mutations on one socket, default 8; more are read later
	MessageRate    limit.Rate    // PARLEY_WS_MESSAGE_RATE of one socket; burst × 3; more are read later

	// A connection is a socket or an event stream. What comes from loopback is not counted by address.
	MaxConnections           int        // PARLEY_MAX_CONNECTIONS, default 10,000
	MaxConnectionsPerAddress int        // PARLEY_MAX_CONNECTIONS_PER_ADDRESS, default 200
	MaxUnsignedPerAddress    int        // PARLEY_MAX_UNSIGNED_PER_ADDRESS, sockets on which nobody has signed in, default 20
	MaxConnectionsPerUser    int        // PARLEY_MAX_CONNECTIONS_PER_USER, default 20
	UserRoomStreams          int        // PARLEY_USER_ROOM_STREAMS of one room by one person, default 20
	AcceptRate               limit.Rate // PARLEY_ACCEPT_RATE, new connections, shared fairly between addresses; burst × 2
	AddressRequestRate       limit.Rate // PARLEY_ADDRESS_REQUEST_RATE, requests and new connections from one address; burst × 4
}

// Transports are the three ways to ask, and all sockets and event streams that are open.
// Safe for concurrent use. It has no goroutine of its own while nothing is open.
type Transports struct {
	options    Options
	tuning     tuning
	registry   *admission.Registry
	feeds      *stream.Feeds
	gate       *admission.Gate
	answers    *budget.Answers
	inbound    *budget.Inbound
	sockets    *ws.Sockets
	operations *operation.Service
}

// tuning is what nobody sets but tests: sweeps, how long a closing may take, and how many are served at once.
type tuning struct {
	sweep time.Duration // between two looks at all sockets
	cut   time.Duration // from the beginning of a closing, or from the close frame, until the socket is cut
	stall time.Duration // the same for a peer that takes nothing
	drain time.Duration // all sockets together
	block int           // readers of a feed that are served in one go; the others come after them

	inbound, inboundShare int64 // bytes of requests that are coming in: on the whole node, and from an address before it counts as full
}

func (o *Options) tuning() tuning {
	share := 4 * max(o.MaxBody, o.MaxMessage)
	return tuning{
		sweep: time.Second, cut: time.Second, stall: 5 * time.Second, drain: 10 * time.Second, block: 512,
		inbound: max(32<<20, share), inboundShare: share,
	}
}

// New makes the transports. Register All with the gqlgen server, and nothing else.
func New(o Options) *Transports {
	o = o.WithDefaults()
	return build(o, o.tuning())
}

// build takes options that are complete.
func build(o Options, p tuning) *Transports {
	t := &Transports{options: o, tuning: p}
	t.registry = admission.NewRegistry(admission.Times{Sweep: p.sweep, Quiet: p.cut, Drain: p.drain}, o.Logger)
	t.inbound = budget.NewInbound(p.inbound, p.inboundShare)
	t.answers = budget.NewAnswers(o.AnswersTotal)
	t.operations = operation.New(operation.Options{
		Identify: o.Identify, Open: o.Open, Refuse: o.Refuse, Logger: o.Logger, Codes: o.Codes, Timeout: o.ResponseTimeout,
	}, t.answers)
	t.feeds = stream.New(stream.Options{
		WindowEvents: o.WindowEvents, WindowTotal: o.WindowTotal, CatchUpParallel: o.CatchUpParallel, UserRoomStreams: o.UserRoomStreams,
		Block: p.block, Logger: o.Logger, Fault: t.operations.Fault,
	})
	t.gate = admission.NewGate(admission.Limits{
		Connections: o.MaxConnections, ConnectionsPerAddress: o.MaxConnectionsPerAddress, UnsignedPerAddress: o.MaxUnsignedPerAddress,
		ConnectionsPerUser: o.MaxConnectionsPerUser, AcceptRate: o.AcceptRate, AddressRequestRate: o.AddressRequestRate, OnStream: o.OnStream,
	}, t.registry)
	t.sockets = ws.New(ws.Options{
		Operations: t.operations, Gate: t.gate, Registry: t.registry, Feeds: t.feeds, Answers: t.answers, Inbound: t.inbound,
		Refuse: t.refuseUpgrade, Detach: o.Detach, Origins: o.Origins,
		MaxMessage: o.MaxMessage, MessageTimeout: o.MessageTimeout, MaxOperations: o.MaxOperations, InitTimeout: o.InitTimeout,
		PingInterval: o.PingInterval, PongTimeout: o.PongTimeout, MaxParallel: o.MaxParallel, MessageRate: o.MessageRate,
		WriteTimeout: o.WriteTimeout, Cut: p.cut, Stall: p.stall,
	})
	return t
}

// All are the transports in the order in which they must be registered: HTTP takes everything that
// the others leave, and so owns the refusals.
func (t *Transports) All() []graphql.Transport {
	return []graphql.Transport{t.sockets, eventStream{t}, plainHTTP{t}}
}

// EndSessions closes the sockets of these sessions with 4401 and cuts their event streams. No frame of
// a stream leaves after it has returned. A socket with a running mutation, the logout itself perhaps,
// is closed behind the mutation's answer. It may wait, at most a second, for writes that are under way.
func (t *Transports) EndSessions(ids ...string) { t.registry.EndSessions(ids) }

// StopAccepting refuses new sockets and event streams from now on. All else goes on.
func (t *Transports) StopAccepting() { t.registry.StopAccepting() }

// Drain refuses new requests, sockets and operations, cuts all event streams, and closes all sockets
// with 1012 in random order: a few milliseconds apart, within 10 s. It returns when all are gone, or when
// ctx ends, and then cuts what is left. Plain requests that run are left to http.Server.Shutdown.
func (t *Transports) Drain(ctx context.Context) { t.registry.Drain(ctx) }

// Renew tells the socket on which an operation with ctx runs that its session is good until then, leeway
// included: the deadline moves and all streams run on. It does nothing if the socket belongs to another
// session, or is none. Call it when the new tokens are stored.
func Renew(ctx context.Context, sessionID string, until time.Time) { ws.Renew(ctx, sessionID, until) }
