package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/db/failure"
	"parley/db/sqlite"
	"parley/ent"
)

// Write runs fn in one writing transaction and commits it when fn returns nil. fn may run again
// after a conflict with another node, so it changes nothing but rows; it uses tx and no other
// client. ErrBusy, ErrFull, ErrDown: nothing was stored. ErrUnknownOutcome: it may have been.
func (s *Store) Write(ctx context.Context, fn func(*ent.Tx) error) error {
	if s.sqlite != nil {
		if err := s.sqlite.MayWrite(); err != nil {
			return err
		}
	}
	return s.WriteUrgent(ctx, fn)
}

// WriteUrgent is Write for what must not wait until there is space, such as the end of a session: the
// space that is kept free is there for it.
func (s *Store) WriteUrgent(ctx context.Context, fn func(*ent.Tx) error) error {
	const tries = 3
	for try := 1; ; try++ {
		err := s.writeOnce(ctx, fn)
		switch conflict := errors.Is(err, failure.ErrConflict); {
		case conflict && try == tries && !failure.IsUnique(err):
			return fmt.Errorf("%w: %w", ErrBusy, err)
		case err == nil || try == tries:
			return err
		case conflict:
		case failure.IsStale(err) && s.postgres != nil:
			s.postgres.DropIdle() // what else the pool holds is as dead as this
		default:
			return err
		}
	}
}

// writeOnce is one try. Until the commit the transaction is bound to ctx, and what ctx ends is rolled back.
func (s *Store) writeOnce(ctx context.Context, fn func(*ent.Tx) error) error {
	if err := s.fault(nil); err != nil {
		return err
	}
	owner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	bound := context.AfterFunc(ctx, cancel)
	tx, err := s.begin(owner)
	if err != nil {
		if fault := s.fault(err); fault != nil {
			return fmt.Errorf("begin: %w", fault)
		}
		return failure.Classify("begin", failure.EndedBy(ctx, err))
	}
	done := false
	defer func() {
		if !done {
			_ = tx.Rollback() // the error of fn, or its panic, says more
		}
	}()
	if err := fn(tx); err != nil {
		if fault := s.fault(err); fault != nil { // before the connection is free for others
			return fault
		}
		return failure.Classify("", failure.EndedBy(ctx, err))
	}
	if !bound() {
		return context.Cause(ctx)
	}
	done = true
	defer time.AfterFunc(s.longestEnd, cancel).Stop()
	return s.commit(tx)
}

// begin begins a transaction.
func (s *Store) begin(ctx context.Context) (*ent.Tx, error) {
	for begun := time.Now(); ; {
		tx, err := s.writer.Tx(ctx)
		if err == nil || s.sqlite == nil || !s.sqlite.BeginAgain(begun, err) {
			return tx, err
		}
	}
}

// fault is sqlite.Database.Fault. It is nil on Postgres, which ends by itself when its disk fails.
func (s *Store) fault(err error) error {
	if s.sqlite == nil {
		return nil
	}
	return s.sqlite.Fault(err)
}

func (s *Store) commit(tx sqlite.Transaction) error {
	if s.sqlite != nil {
		return s.sqlite.Commit(tx)
	}
	err := tx.Commit()
	if err == nil {
		return nil
	}
	if class := failure.PostgresCommit(err); class != nil {
		err = fmt.Errorf("%w: %w", class, err)
	}
	return fmt.Errorf("commit: %w", err)
}
