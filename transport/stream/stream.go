package stream

import (
	"context"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// A Position is a place in a log and the tag of the event there. Places ascend, and two histories of one
// place have different tags. The zero Position lies before the first event.
type Position struct{ Place, Tag int64 }

// An Event is an entry of a log, as one kind of stream shows it.
type Event struct {
	Position
	At      time.Time // when it happened, for Stats; zero: not known
	Object  any       // what the subscription's resolver hands out; nil: the stream does not show it
	Subject any       // what the object is, comparable; nil: nothing that changes
	Changes bool      // older events with this subject are to be read again, not shown as they were
	Last    bool      // the log ends here
}

// A Tail is the end of a log, followed by one feed. Safe for concurrent use.
type Tail interface {
	// Next returns a page of what follows a position, in order and without a hole, as it is now. None: wait
	// for a notification. *EndError: the stream cannot go on from there; any other error passes by itself.
	Next(ctx context.Context, at Position) ([]Event, error)
	Leave()
}

// An EndError ends streams for good, with the reason inside.
type EndError struct{ Err error }

func (e *EndError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *EndError) Unwrap() error { return e.Err }

// A Stream is what lies behind a subscription: a reader of one or more logs. Readers of one
// log share a feed, and with it each execution, if they run the same operation.
type Stream struct {
	Logs []Log

	// CaughtUp returns the object of an event that says: everything older has been delivered. It comes once,
	// when every log has been read up to its Head. nil: nobody is told. at are the positions in the order of
	// Logs, nil for those that have ended.
	CaughtUp func(at []*Position) any

	// ID names positions to clients of event streams, which give it back as Last-Event-ID. at as above.
	ID func(at []*Position) string

	// Gone is the error that ends the stream behind the last event of its last log. Tell is what the client
	// is told of it, or of what an EndError holds.
	Gone error
	Tell func(why error) *gqlerror.Error
}

// A Log is one of a stream's logs.
type Log struct {
	Key      string                 // tells the log apart from all others
	At, Head Position               // where the reader begins, and where the log ended when it was opened
	Follow   func(wake func()) Tail // wake is called for each notification, and does not block
}
