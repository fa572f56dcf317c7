package sqlite

import (
	"errors"
	"testing"

	"github.com/mattn/go-sqlite3"

	"parley/db/failure"
)

// A commit that waits while another one's fails is not carried out.
func TestNobodyCommitsBehindAFault(t *testing.T) {
	f := faults{tell: func(error) {}}
	first, second := &scripted{end: sqlite3.Error{Code: sqlite3.ErrIoErr}}, &scripted{}
	ended := make(chan error)
	first.during = func() { go func() { ended <- f.commit(second) }() }
	if err := f.commit(first); !errors.Is(err, failure.ErrDown) {
		t.Errorf("the one that fails: %v", err)
	}
	if err := <-ended; !errors.Is(err, failure.ErrDown) || second.committed || !second.rolledBack {
		t.Errorf("the one behind it: %v, committed %v, rolled back %v", err, second.committed, second.rolledBack)
	}
}

// scripted is a transaction whose commit ends as it is told.
type scripted struct {
	during                func()
	end                   error
	committed, rolledBack bool
}

func (s *scripted) Commit() error {
	s.committed = true
	if s.during != nil {
		s.during()
	}
	return s.end
}

func (s *scripted) Rollback() error {
	s.rolledBack = true
	return nil
}
