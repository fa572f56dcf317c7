// Package background runs what is left to do behind calls. It rests on one idea: what that is stands in the database, so a round
// that fails is tried again, and what a restart interrupts goes on.
package background

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// A Job is done in rounds, each of all that there is to do. Those of two nodes at once must do no harm.
type Job struct {
	what  string
	every time.Duration
	round func(context.Context) error
	fail  func(error)
	due   chan struct{} // holds one when there is something new to do
}

// New makes a Job. It says what it is for in the errors of rounds, which fail is told; a round comes after each Wake, and after a
// time, for what another node has left.
func New(what string, every time.Duration, round func(context.Context) error, fail func(error)) *Job {
	return &Job{what: what, every: every, round: round, fail: fail, due: make(chan struct{}, 1)}
}

// Wake says that there is something to do. It does not block.
func (j *Job) Wake() {
	select {
	case j.due <- struct{}{}:
	default: // it is going to look anyway
	}
}

// Run does rounds until ctx ends, the first at once.
func (j *Job) Run(ctx context.Context) {
	tick := time.NewTicker(j.every)
	defer tick.Stop()
	for {
		if err := Recovered(func() error { return j.round(ctx) }); err != nil && ctx.Err() == nil {
			j.fail(fmt.Errorf("%s: %w", j.what, err))
		}
		select {
		case <-tick.C:
		case <-j.due:
		case <-ctx.Done():
			return
		}
	}
}

// Recovered makes a panic an error: one bad round must not take the server down.
func Recovered(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in background work: %v", p)
		}
	}()
	return do()
}

// Each does something for each of some rows. One that fails holds back no other; it returns the first error.
func Each(ctx context.Context, rows []uuid.UUID, do func(uuid.UUID) error) error {
	var first error
	for _, id := range rows {
		if err := ctx.Err(); err != nil {
			return cmp.Or(first, err)
		}
		if err := Recovered(func() error { return do(id) }); err != nil {
			first = cmp.Or(first, fmt.Errorf("%s: %w", id, err))
		}
	}
	return first
}
