// Package failure gives what can go wrong with a database its class, whichever database it is: what a caller may do next
// depends on the class and on nothing else. It reads the errors of both drivers, and knows no connection and no table.
package failure

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// The classes.
var (
	ErrBusy           = errors.New("database busy")
	ErrFull           = errors.New("disk full")
	ErrDown           = errors.New("database unreachable")
	ErrUnknownOutcome = errors.New("outcome of the commit unknown")
	ErrNewer          = errors.New("database written by a later version")
	ErrOlder          = errors.New("database written by an earlier version")

	// ErrConflict: another node's transaction was in the way; the same again may succeed.
	ErrConflict = errors.New("transaction conflict")
)

// Classify gives a driver's error its class and leaves every other error as it is.
func Classify(doing string, err error) error {
	if err == nil {
		return nil
	}
	if class := classOf(err, doing == "commit"); class != nil {
		err = fmt.Errorf("%w: %w", class, err)
	}
	if doing == "" {
		return err
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func classOf(err error, committing bool) error {
	for _, known := range []error{ErrBusy, ErrFull, ErrDown, ErrUnknownOutcome} {
		if errors.Is(err, known) {
			return nil
		}
	}
	if isContextEnd(err) && !isConnect(err) { // a connect has a deadline of its own
		return nil
	}
	var lite sqlite3.Error
	if !errors.As(err, &lite) {
		return postgresClass(err)
	}
	if noIndexSpace(lite) {
		if committing {
			return ErrUnknownOutcome // the rows are in the WAL, and a crash now would bring them to light
		}
		return ErrFull
	}
	switch lite.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return ErrBusy
	case sqlite3.ErrFull:
		return ErrFull
	case sqlite3.ErrIoErr, sqlite3.ErrCantOpen, sqlite3.ErrNotADB, sqlite3.ErrCorrupt, sqlite3.ErrReadonly:
		return ErrDown
	}
	return nil
}

// isContextEnd says that a context has ended.
func isContextEnd(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// IsFault says that a disk or a file has failed in a way that no second try can repair: after a failed
// fsync the next one may report a success that is none.
func IsFault(err error) bool {
	var lite sqlite3.Error
	if !errors.As(err, &lite) || noIndexSpace(lite) {
		return false
	}
	switch lite.Code {
	case sqlite3.ErrIoErr, sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return true
	}
	return false
}

// noIndexSpace is how SQLite says that the disk is too full for a larger index of the WAL.
func noIndexSpace(err sqlite3.Error) bool { return err.ExtendedCode == sqlite3.ErrIoErrSHMSize }

// EndedBy returns the reason for which ctx has ended instead of an error that its end has caused: what a driver says
// of it depends on where it was. An error of the caller's own stays.
func EndedBy(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if cause != nil && (classOf(err, false) != nil || isContextEnd(err) || errors.Is(err, sql.ErrTxDone)) {
		return cause
	}
	return err
}

// OneLine makes an error one line: the driver of Postgres tells of each address it tried in a line of its own.
func OneLine(err error) error {
	if text := strings.Join(strings.Fields(err.Error()), " "); text != err.Error() {
		return &oneLine{err, text}
	}
	return err
}

type oneLine struct {
	error
	text string
}

func (e *oneLine) Error() string { return e.text }

func (e *oneLine) Unwrap() error { return e.error }
