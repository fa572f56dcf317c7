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
	Shows   any       // what else the object may show, like Subject
	Changes bool      // older events that show this subject are to be read again, not shown as they were
	Revokes *Revocation
}

// A Revocation ends reading: whoever it is about and has not been given what lies before it, is not given that any more.
type Revocation struct {
	Of  string // the user it is about; empty: everybody, and the log ends with the event
	Why error  // what the client is told, if no log of the stream is left
}

// A Tail is the end of a log, followed by one feed. Safe for concurrent use.
type Tail interface {
	// Next returns a page of what follows a position, in order and without a hole, as it is now. None: wait
	// for a notification. *EndError: the stream cannot go on from there; any other error passes by itself.
	Next(ctx context.Context, at Position) ([]Event, error)
	// Changes returns what tells whether a subject may have been changed since the call, and that been answered. Then
	// whatever was read before is to be read again, not shown.
	Changes() (changed func(subject any) bool)
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

	// Judge says whether the user may read a log behind a revocation that is about nobody else. nil: then no
	// revocation lets them go on. *EndError as with Tail.Next; any other error passes by itself.
	Judge func(ctx context.Context, log int) (Verdict, error)

	// Tell is what the client is told of a Revocation, of a Verdict, or of what an EndError holds.
	Tell func(why error) *gqlerror.Error
}

// A Verdict says whether a user may read a log, and where it ended when that was read.
type Verdict struct {
	Head Position
	Why  error // they may not, see Revocation; nil: they may
	Last Event // if they may not: the last that they are given, at the place of their revocation
}

// A Log is one of a stream's logs.
type Log struct {
	Key      string                 // tells the log apart from all others
	At, Head Position               // where the reader begins, and where the log ended when it was opened
	Follow   func(wake func()) Tail // wake is called for each notification, and does not block
}
