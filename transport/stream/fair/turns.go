package fair

import (
	"context"
	"time"
)

// Turns are for what takes long and is done beside the tasks of Workers: a few at a time on a node, and one of each owner,
// who rests after it while the workers have something to do, so that what they serve comes first.
type Turns struct {
	workers *Workers
	all     chan struct{} // a semaphore
}

// An Owner is whose turns there are.
type Owner struct {
	own    chan struct{} // a semaphore of one
	rested time.Time     // until then the next one waits; guarded by own
}

// rest is how many times as long as a turn took its owner rests.
const rest = 3

// NewTurns makes turns, so many at a time.
func NewTurns(workers *Workers, most int) *Turns { return &Turns{workers, make(chan struct{}, most)} }

// NewOwner makes an owner.
func NewOwner() *Owner { return &Owner{own: make(chan struct{}, 1)} }

// Count is how many are being done.
func (x *Turns) Count() int { return len(x.all) }

// IsBusy tells whether the owner has a turn or waits to have one.
func (o *Owner) IsBusy() bool { return len(o.own) > 0 }

// Take waits for a turn of an owner and uses it, unless ctx ends before.
func (x *Turns) Take(ctx context.Context, o *Owner, do func() error) error {
	select {
	case o.own <- struct{}{}:
		defer func() { <-o.own }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := Pause(ctx, time.Until(o.rested)); err != nil {
		return err
	}
	select {
	case x.all <- struct{}{}:
		defer func() { <-x.all }()
	case <-ctx.Done():
		return ctx.Err()
	}
	begun := time.Now()
	defer func() {
		if x.workers.AreBusy(begun) {
			o.rested = time.Now().Add(rest * time.Since(begun))
		}
	}()
	return do()
}

// Pause waits so long, or until ctx ends.
func Pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
