package sqlite

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"parley/db/failure"
)

// faults let nothing be written behind a write that the disk has failed: after a failed fsync the next one may report
// a success that is none.
type faults struct {
	tell  func(error) // Options.OnFault
	first atomic.Pointer[error]
	told  sync.Once

	// Held during a commit: its connection is free for others before its error is seen.
	committing sync.Mutex
}

// see returns failure.ErrDown when err is a fault, or another write has met one. Then it returns when Options.OnFault has, which
// ends the process of a server.
func (f *faults) see(err error) error {
	if failure.IsFault(err) {
		f.first.CompareAndSwap(nil, &err)
	}
	first := f.first.Load()
	if first == nil {
		return nil
	}
	f.told.Do(func() { f.tell(*first) })
	return fmt.Errorf("%w: a write failed: %w", failure.ErrDown, *first)
}

// commit commits, unless another write has met a fault meanwhile.
func (f *faults) commit(tx Transaction) error {
	f.committing.Lock()
	defer f.committing.Unlock()
	if fault := f.see(nil); fault != nil {
		return errors.Join(fault, tx.Rollback())
	}
	err := tx.Commit()
	if fault := f.see(err); fault != nil {
		return fmt.Errorf("commit: %w", fault)
	}
	return failure.Classify("commit", err)
}

// A Transaction is one that somebody ends.
type Transaction interface {
	Commit() error
	Rollback() error
}
