package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

// What can be wrong with a database, whichever it is.
var (
	ErrBusy           = errors.New("database busy")
	ErrFull           = errors.New("disk full")
	ErrDown           = errors.New("database unreachable")
	ErrUnknownOutcome = errors.New("outcome of the commit unknown")
	ErrNewer          = errors.New("database written by a later version")
	ErrOlder          = errors.New("database written by an earlier version")

	// errConflict: another node's transaction was in the way; the same again may succeed.
	errConflict = errors.New("transaction conflict")
)

// classify gives a driver's error its class and leaves every other error as it is.
func classify(doing string, err error) error {
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
	if isEnd(err) && !isConnect(err) { // a connect has a deadline of its own
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

// isEnd says that a context has ended.
func isEnd(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// isFault says that a disk or a file has failed in a way that no second try can mend: after a failed
// fsync the next one may report a success that is none.
func isFault(err error) bool {
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
