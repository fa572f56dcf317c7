package stream

import (
	"context"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/stream/window"
)

// A Position is where a reader stands in a log.
type Position = window.Position

// A Revocation is an event that ends reading.
type Revocation = window.Revocation

// An Event is an entry of a log, as one kind of stream shows it.
type Event struct {
	Position
	At      time.Time // when it happened, for Stats; zero: not known
	Object  any       // what the subscription's resolver hands out; nil: the stream does not show it
	Subject any       // what the object is, comparable; nil: nothing that changes
	Shows   any       // what else the object may show, like Subject
	Changes bool      // older events that show this subject, or all if there is none, are to be read again, not shown as they were
	Revokes *Revocation
	Revoked int64 // the place of the newest revocation in the log when this was read, see Stream.Judge; 0: there was none
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

// A Stream is what lies behind a subscription: a reader of each of some logs. Readers of one log share a feed, and
// with it each execution, if they run the same operation.
type Stream struct {
	Logs []Log // that it begins with, at least one if there is no Set
	Set  *Set  // the logs are these, and change while the stream runs; nil: they stay as they are

	// Followed is called once, when all Logs are followed: it has those woken that have grown since they were opened, and
	// may wait for the database. nil: whoever is the first to follow a log reads it at once.
	Followed func()

	// CaughtUp returns the object of an event that says: everything older has been delivered. It comes once, when each of
	// Logs has been read up to its Head. nil: nobody is told. at are the logs that go on, those of Logs in their order in
	// front.
	CaughtUp func(at []Reached) any

	// ID names positions to clients of event streams, which give it back as Last-Event-ID. at as above.
	ID func(at []Reached) string

	// Judge says whether the user may read a log, after a revocation that is about nobody else, or one that lies beyond
	// what has been read. nil: no revocation lets them go on, and Event.Revoked is 0. *EndError as with Tail.Next; any
	// other error passes by itself.
	Judge func(ctx context.Context, log string) (Verdict, error)

	// Tell is what the client is told of a Revocation, of a Verdict, or of what an EndError holds.
	Tell func(why error) *gqlerror.Error
}

// Reached is how far a stream has come in a log: the position of the last event that was handed out, or where it began.
type Reached struct {
	Log string // its Key
	Position
}

// A Set is which logs a stream has, where that changes while it runs. It is compared, not moved: a log that the stream
// reads already is left alone, also if the set has lost it, and ends by its own revocation. The stream does not end for
// want of logs, and counts once in Options.UserRoomStreams, together with the user's other streams that have a set.
//
// A stream is resumed from the set as it was at the beginning, never from a later state: a log that has ended for the
// stream may be in the set again before anybody knows here, and what then lies behind it is known by nothing else.
type Set struct {
	// Follow begins to call wake whenever the set may have changed since Stream.Logs were read. wake does not block. leave
	// ends it.
	Follow func(wake func()) (leave func())

	// Read returns all logs of the set as it is now. A log that is new to the stream, or is there again after it had ended
	// for it, is read from its At. It is called after each wake and when a log has ended. *EndError as with Tail.Next; any
	// other error passes by itself.
	Read func(ctx context.Context) ([]Log, error)
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
	Alone    bool                   // what it holds is for this stream only, so the feed is not shared
}
