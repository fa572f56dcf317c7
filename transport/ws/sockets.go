// Package ws speaks graphql-transport-ws: it upgrades connections, reads what clients ask for no faster than they may,
// and writes without waiting for them. Whoever takes nothing is closed. What is asked for it has executed by others, and
// a stream is an outlet of stream.Feeds. It knows no plain HTTP: refusals before the upgrade are written by a function
// it is given.
//
// Locks of a socket, in their order: writing, held for one write, which never waits; mu. Behind mu comes that of its
// intake. Under writing, what ends an operation leaves its stream, which takes the locks of stream; under either, memory
// is charged, which takes those of budget.
package ws

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/limit"
	"parley/meter"
	"parley/transport/admission"
	"parley/transport/budget"
	"parley/transport/operation"
	"parley/transport/refusal"
	"parley/transport/stream"
	"parley/transport/ws/frame"
)

// Options are what sockets need, and their limits. All are needed.
type Options struct {
	Operations *operation.Service
	Gate       *admission.Gate
	Registry   *admission.Registry
	Feeds      *stream.Feeds
	Answers    *budget.Answers
	Inbound    *budget.Inbound

	Refuse  func(w http.ResponseWriter, r *http.Request, no *refusal.Refusal) // writes a refusal before the upgrade
	Detach  func(request context.Context) context.Context                     // what a socket keeps of its request
	Origins func(origin string) bool                                          // other pages that may open sockets

	MaxMessage     int64         // bytes
	MessageTimeout time.Duration // from the first byte of a message to its end
	MaxOperations  int           // on one socket
	InitTimeout    time.Duration // until connection_init
	PingInterval   time.Duration // without a byte from the client
	PongTimeout    time.Duration // more, then the socket is cut
	MaxParallel    int           // queries and mutations on one socket; more are read later
	MessageRate    limit.Rate
	WriteTimeout   time.Duration // each accepted byte starts it anew

	Cut   time.Duration // from the beginning of a closing, or from the close frame, until the socket is cut
	Stall time.Duration // the same for a peer that takes nothing
}

// Sockets are the transport over WebSockets, and all that are open. Safe for concurrent use.
type Sockets struct {
	Options
	closed *meter.Tally
}

// How sockets end without a close code of the server.
const (
	closeClient = "client" // it closed the socket
	closeLost   = "lost"   // the connection broke
)

// New makes the transport.
func New(o Options) *Sockets {
	ends := []string{closeClient, closeLost}
	for _, code := range frame.Codes() {
		ends = append(ends, strconv.Itoa(int(code)))
	}
	return &Sockets{Options: o, closed: meter.NewTally(ends...)}
}

// Closed are the sockets that are gone, by the code the server closed them with, or "client" or "lost".
func (x *Sockets) Closed() map[string]uint64 { return x.closed.Counts() }

// gone counts a socket that is gone; c is how it was closed, or nil.
func (x *Sockets) gone(c *closing) {
	switch {
	case c == nil:
		x.closed.Add(closeLost, 1)
	case c.code == 0:
		x.closed.Add(closeClient, 1)
	default:
		x.closed.Add(strconv.Itoa(int(c.code)), 1)
	}
}

// passing is the close code for an operation whose errors pass by themselves, and 0 for all others.
func passing(errs gqlerror.List) frame.Code {
	switch refusal.Passing(errs) {
	case refusal.ShuttingDown:
		return frame.CloseRestart
	case refusal.Busy:
		return frame.CloseTryLater
	}
	return 0
}
