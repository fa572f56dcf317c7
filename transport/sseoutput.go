package transport

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"parley/transport/operation"
	"parley/transport/stream"
	"parley/transport/wire"
)

type connKey struct{}

// ConnContext is for http.Server: it lets event streams bound what the kernel keeps for them, and answers that nobody
// takes be given up.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// connOf is the connection of a request; nil: it is not known.
func connOf(ctx context.Context) net.Conn {
	conn, _ := ctx.Value(connKey{}).(net.Conn)
	return conn
}

// closeOf closes the connection of a request; nil: it is not known.
func closeOf(ctx context.Context) func() {
	conn := connOf(ctx)
	if conn == nil {
		return nil
	}
	return func() { _ = conn.Close() } // it may be gone already
}

// sendBuffer is what the kernel keeps for the reader of an event stream. Linux wakes who waits to write only when a
// third of it is free: with the 4 MiB that it grows to by itself, a reader of less than 90 KiB/s would seem to take nothing.
const sendBuffer = 128 << 10

// bindConn bounds what the kernel keeps for a stream, and for how long when the client is gone: a dead one is freed as
// soon as a socket would be, counted from a keep-alive.
func (t *Transports) bindConn(ctx context.Context) {
	if conn, ok := connOf(ctx).(*net.TCPConn); ok {
		_ = conn.SetWriteBuffer(sendBuffer) // the connection is gone
		freeWhenDead(conn, t.options.PingInterval+t.options.PongTimeout)
	}
}

// takeBy bounds all that is still to be written, however slowly it is taken.
func (s *response) takeBy(due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due = due
}

// The parts of an event, and of the last one.
const (
	eventHead = "event: next\n"
	dataHead  = "data: "
	eventEnd  = "\n\n"
	lastEvent = "event: complete\ndata:\n\n" // a browser drops events without data
)

// finish sends the last result. Errors without data are a `next` too: the protocol has no event for them. The body may
// be large and is charged as it is, so no more than a write is made of it at once.
func (s *response) finish(r operation.Result) {
	body := r.Body
	if r.Errs != nil {
		s.t.operations.CountErrors(r.Errs)
		body = wire.Encode(&graphql.Response{Errors: r.Errs})
	}
	pooled := outputs.Get().(*[]byte)
	defer outputs.Put(pooled)
	b := append((*pooled)[:0], eventHead+dataHead...)
	for goesOn := true; goesOn && len(body) > 0; b = b[:0] {
		n := upTo(ssePiece-len(eventHead+dataHead+eventEnd+lastEvent), body)
		b, body = appendLine(b, body[:n]), body[n:]
		if len(body) == 0 {
			b = append(b, eventEnd+lastEvent...)
		}
		goesOn = s.send(b)
	}
}

// longestID is what an id may have, since clients give it back in a header. Instead of a longer one goes an empty one,
// which has them forget the last.
const longestID = 4 << 10

// appendEvent appends a result as an event. body is JSON; an empty id is none.
func appendEvent(b []byte, id string, body []byte) []byte {
	b = append(b, eventHead...)
	switch {
	case len(id) > longestID:
		b = append(b, "id:\n"...)
	case id != "":
		b = append(append(append(b, "id: "...), id...), '\n')
	}
	return append(appendLine(append(b, dataHead...), body), eventEnd...)
}

// Each piece has WriteTimeout, so a slow reader lives and one that reads nothing is cut.
const ssePiece = 16 << 10

func (s *response) send(b []byte) bool {
	for len(b) > 0 {
		piece := b[:min(len(b), ssePiece)]
		b = b[len(piece):]
		if !s.extend() {
			return false
		}
		_, err := s.w.Write(piece)
		if err == nil {
			err = s.control.Flush()
		}
		if err != nil {
			if s.abort() && errors.Is(err, os.ErrDeadlineExceeded) {
				s.t.operations.CountDrop(operation.DropStalled)
			}
			return false
		}
	}
	return true
}

// sendEvents is send for what may hold an event that is larger than a write: that is charged to whose it is, and
// without room for it the response is cut. The client comes back and goes on from there.
func (s *response) sendEvents(b []byte) bool {
	if extra := int64(len(b) - stream.WriteBytes); extra > 0 {
		if !s.t.answers.Take(s.holder, extra) {
			s.abort()
			return false
		}
		defer s.t.answers.Give(s.holder, extra)
	}
	return s.send(b)
}

// extend gives the next write its time, unless the stream has ended.
func (s *response) extend() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	until := time.Now().Add(s.t.options.WriteTimeout)
	if !s.due.IsZero() {
		until = s.due
	}
	_ = s.control.SetWriteDeadline(until)
	return true
}

// abort cuts the response, so that the client sees a network error and comes back. gqlgen's server
// recovers http.ErrAbortHandler and would write an error into the stream. But net/http drops a connection
// after a write that failed, and behind a deadline in the past every write fails, the closing chunk too. It
// returns whether this was the end.
func (s *response) abort() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.ended = true
	_ = s.control.SetWriteDeadline(time.Unix(1, 0))
	s.cancel()
	return true
}

// outputs are buffers of writes.
var outputs = sync.Pool{New: func() any { b := make([]byte, 0, stream.WriteBytes); return &b }}
