// Package roomlog is the log of each room: what happened, at places 1, 2, 3 … without holes, and the chats it is about.
// It rests on one idea: the transaction that stores an event gives it its place, under the lock of the room's counter
// row, so that every reader is a position that asks for what follows it. It does not know who may read or write, and
// keeps nothing in memory.
//
//	Reserve, Append → room_events → Since: what follows a position
//	       ↓
//	     Commit: the same rows, for those who follow the room on this node
//
// A transaction takes rooms in order of their ids.
package roomlog

import (
	"errors"

	"github.com/google/uuid"

	"parley/db"
)

var (
	// ErrNoChat means that there is no such chat, or none that the caller may know of.
	ErrNoChat = errors.New("no such chat")
	// ErrDiverged means that the log has another event at a position, or none: its history is another one.
	ErrDiverged = errors.New("the history behind the cursor is another one")
	// ErrHole is a log whose places do not follow one another: a fault of ours or of the disk.
	ErrHole = errors.New("a hole in a log")
)

// A DivergedError says so of some rooms.
type DivergedError struct{ Rooms []uuid.UUID }

func (e *DivergedError) Error() string { return ErrDiverged.Error() }

// Unwrap returns ErrDiverged.
func (e *DivergedError) Unwrap() error { return ErrDiverged }

// MaxPage is how many events are read from a log at once, at most.
const MaxPage = 200

// Log is the logs of all rooms of a database. It is safe for concurrent use.
type Log struct {
	store      *db.Store
	statements *statements
}

// New makes a Log.
func New(store *db.Store) *Log { return &Log{store: store, statements: newStatements(store)} }
