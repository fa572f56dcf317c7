// Package roomlog is the log of each room: what happened, at places 1, 2, 3 … without holes, and the chats it is about.
// It rests on one idea: the transaction that stores an event gives it its place, under the lock of the room's counter
// row, so that every reader is a position that asks for what follows it. It does not know who may read or write.
//
//	Reserve, Append → room_events → Follow: read on from a position, once for all who follow a room
//	       ↓                          ↑ woken by Wake, which may be missed: heads are compared
//	Committed ————————————————————————┘ on this node: handed over where it continues what has been read
//
// Locks, in the order in which they are taken: caches.mu, cache.sem, signal.mu. Nobody waits for cache.sem, which is
// held over a read, with another lock in hand. In the database a transaction takes rooms in order of their ids.
package roomlog

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"parley/db"
)

// ErrDiverged means that the log has another event at a position, or none: its history is another one.
var ErrDiverged = errors.New("the history behind the cursor is another one")

// A DivergedError says so of some rooms.
type DivergedError struct{ Rooms []uuid.UUID }

func (e *DivergedError) Error() string { return ErrDiverged.Error() }

// Unwrap returns ErrDiverged.
func (e *DivergedError) Unwrap() error { return ErrDiverged }

// MaxPage is how many events are read from a log at once, at most.
const MaxPage = 200

// Options of a Log.
type Options struct {
	WindowBytes   int64         // of events that are kept for those who follow rooms, in all
	HeadsInterval time.Duration // between two comparisons of followed rooms with the database
	OnError       func(error)   // told what went wrong in the background work of Run, which is tried again

	// Notify is called by Committed with the rooms whose logs have grown, and with the people who have come or gone:
	// other nodes look again. Wake may be called for them here as well.
	Notify func(about ...uuid.UUID)
}

// Log is the logs of all rooms of a database. It is safe for concurrent use.
type Log struct {
	*caches
	store      *db.Store
	statements *statements
	interval   time.Duration
}

// New makes a Log. Lost notifications are noticed only while Run runs.
func New(store *db.Store, o Options) *Log {
	l := &Log{store: store, statements: newStatements(store), interval: o.HeadsInterval}
	l.caches = newCaches(l, o)
	return l
}

// Run compares the heads of followed rooms with the database until ctx ends.
func (l *Log) Run(ctx context.Context) { l.watchHeads(ctx, l.interval) }
