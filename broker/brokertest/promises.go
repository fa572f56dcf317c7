package brokertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"parley/chat"
)

// Bells may have rung before somebody listened, so Listen begins with a look at all rooms.
func looksAtAllFirst(ctx context.Context, p Pair) error {
	p.One.Ring(uuid.New())
	e := listen(ctx, p.Two)
	err := e.begun()
	if bells := e.heard(); len(bells) > 0 && len(bells[0]) > 0 {
		err = fmt.Errorf("Listen began with a look at %v", bells[0])
	}
	return errors.Join(err, e.close())
}

// Whoever rings, both nodes hear it, the one that rang too.
func bellIsHeardOnBothNodes(ctx context.Context, p Pair) error {
	one, two := listen(ctx, p.One), listen(ctx, p.Two)
	err := errors.Join(one.begun(), two.begun())
	if err == nil {
		err = errors.Join(hears(p.One, one, two), hears(p.Two, one, two))
	}
	return errors.Join(err, one.close(), two.close())
}

// Several listeners of one broker each hear every bell, also while others come and go.
func everyListenerHears(ctx context.Context, p Pair) error {
	var ears []*ear
	for range 5 {
		ears = append(ears, listen(ctx, p.Two))
	}
	var errs []error
	for _, e := range ears {
		errs = append(errs, e.begun())
	}
	if errors.Join(errs...) == nil {
		errs = append(errs, hears(p.One, ears...), ears[2].close(), hears(p.One, ears[0], ears[1], ears[3], ears[4]))
	}
	for _, e := range ears {
		errs = append(errs, e.close())
	}
	return errors.Join(errs...)
}

// When Listen has returned, look is not called any more, whatever rings meanwhile.
func nothingAfterTheEnd(ctx context.Context, p Pair) error {
	ctx, stop := context.WithCancel(ctx)
	var ringing sync.WaitGroup
	for range 4 {
		ringing.Go(func() {
			for ctx.Err() == nil {
				p.One.Ring(uuid.New())
			}
		})
	}
	defer ringing.Wait()
	defer stop()
	for range 20 {
		e := listen(ctx, p.Two)
		if err := errors.Join(e.begun(), e.close()); err != nil {
			return err
		}
		again := listen(ctx, p.Two) // when it has been rung, so has the one before
		if err := errors.Join(again.begun(), hears(p.One, again), again.close()); err != nil {
			return err
		}
		if n := e.late.Load(); n > 0 {
			return fmt.Errorf("%d bells after Listen had returned", n)
		}
	}
	return nil
}

// A context that ends, or has ended, ends Listen, whether it rings or not; and it can listen again.
func endsWithItsContext(ctx context.Context, p Pair) error {
	over, stop := context.WithCancel(ctx)
	stop()
	for range 2 {
		silent, ended := listen(ctx, p.Two), listen(over, p.Two)
		if err := errors.Join(silent.begun(), silent.close(), ended.close()); err != nil {
			return err
		}
	}
	return nil
}

// soon answers an error when something takes as long as a sender could notice.
func soon(what string, do func()) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("Ring blocks %s", what)
	}
}

// Ring returns at once: when nobody listens, when nobody does any more, when it is called faster than
// anything can carry it, and for as many rooms as there are.
func ringNeverBlocks(ctx context.Context, p Pair) error {
	many := make([]uuid.UUID, 10_000)
	for i := range many {
		many[i] = uuid.New()
	}
	storm := func() {
		p.One.Ring(many...)
		for range 10_000 {
			p.One.Ring(many[0])
		}
	}
	if err := soon("when nobody listens", storm); err != nil {
		return err
	}
	e := listen(ctx, p.Two)
	if err := errors.Join(e.begun(), soon("while somebody listens", storm), e.close()); err != nil {
		return err
	}
	return soon("when nobody listens any more", storm)
}

// What is given to Ring belongs to its caller again when it returns.
func ringKeepsNoRooms(ctx context.Context, p Pair) error {
	e := listen(ctx, p.Two)
	err := e.begun()
	forged := uuid.New()
	rooms := make([]uuid.UUID, 3)
	for range 1000 {
		for i := range rooms {
			rooms[i] = uuid.New()
		}
		p.One.Ring(rooms...)
		for i := range rooms {
			rooms[i] = forged
		}
	}
	if err == nil {
		err = hears(p.One, e) // so what was rung before has come, as far as it comes
	}
	for _, bell := range e.heard() {
		if slices.Contains(bell, forged) {
			err = errors.Join(err, errors.New("a room was heard that was written into the slice after Ring had returned"))
			break
		}
	}
	return errors.Join(err, e.close())
}

// Ring and Listen may be called from many goroutines; the race detector says the rest.
func everythingAtOnce(ctx context.Context, p Pair) error {
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		b := []chat.Broker{p.One, p.Two}[i%2]
		all.Go(func() {
			for range 20 {
				e := listen(ctx, b)
				errs[i] = errors.Join(errs[i], e.begun(), hears(b, e), e.close())
			}
		})
		all.Go(func() {
			for range 200 {
				b.Ring(uuid.New(), uuid.New())
			}
		})
	}
	if err := soon("among others", all.Wait); err != nil {
		return err
	}
	return errors.Join(errs...)
}
