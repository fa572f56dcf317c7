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

// Notifications may have been sent before somebody subscribed, so Subscribe begins with one for all rooms.
func allRoomsFirst(ctx context.Context, p Pair) error {
	p.One.Notify(uuid.New())
	e := subscribe(ctx, p.Two)
	err := e.begun()
	if notifications := e.received(); len(notifications) > 0 && len(notifications[0]) > 0 {
		err = fmt.Errorf("Subscribe began with %v", notifications[0])
	}
	return errors.Join(err, e.close())
}

// Whichever node notifies, both are told, the one that notified too.
func notificationReachesBothNodes(ctx context.Context, p Pair) error {
	one, two := subscribe(ctx, p.One), subscribe(ctx, p.Two)
	err := errors.Join(one.begun(), two.begun())
	if err == nil {
		err = errors.Join(reaches(p.One, one, two), reaches(p.Two, one, two))
	}
	return errors.Join(err, one.close(), two.close())
}

// Several subscribers of one broker are each told of every notification, also while others come and go.
func everySubscriberIsNotified(ctx context.Context, p Pair) error {
	var subscribers []*subscriber
	for range 5 {
		subscribers = append(subscribers, subscribe(ctx, p.Two))
	}
	var errs []error
	for _, e := range subscribers {
		errs = append(errs, e.begun())
	}
	if errors.Join(errs...) == nil {
		errs = append(errs, reaches(p.One, subscribers...), subscribers[2].close(), reaches(p.One, subscribers[0], subscribers[1], subscribers[3], subscribers[4]))
	}
	for _, e := range subscribers {
		errs = append(errs, e.close())
	}
	return errors.Join(errs...)
}

// When Subscribe has returned, wake is not called any more, whatever is sent meanwhile.
func nothingAfterTheEnd(ctx context.Context, p Pair) error {
	ctx, stop := context.WithCancel(ctx)
	var notifying sync.WaitGroup
	for range 4 {
		notifying.Go(func() {
			for ctx.Err() == nil {
				p.One.Notify(uuid.New())
			}
		})
	}
	defer notifying.Wait()
	defer stop()
	for range 20 {
		e := subscribe(ctx, p.Two)
		if err := errors.Join(e.begun(), e.close()); err != nil {
			return err
		}
		again := subscribe(ctx, p.Two) // when it has been told, so has the one before
		if err := errors.Join(again.begun(), reaches(p.One, again), again.close()); err != nil {
			return err
		}
		if n := e.late.Load(); n > 0 {
			return fmt.Errorf("%d notifications after Subscribe had returned", n)
		}
	}
	return nil
}

// A context that ends, or has ended, ends Subscribe, whether anything is sent or not; and it can subscribe again.
func endsWithItsContext(ctx context.Context, p Pair) error {
	over, stop := context.WithCancel(ctx)
	stop()
	for range 2 {
		silent, ended := subscribe(ctx, p.Two), subscribe(over, p.Two)
		if err := errors.Join(silent.begun(), silent.close(), ended.close()); err != nil {
			return err
		}
	}
	return nil
}

// soon returns an error when something takes as long as a sender could notice.
func soon(what string, do func()) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
		return nil
	case <-time.After(timeout):
		return fmt.Errorf("Notify blocks %s", what)
	}
}

// Notify returns at once: when nobody subscribes, when nobody does any more, when it is called faster than
// anything can carry it, and for as many rooms as there are.
func notifyNeverBlocks(ctx context.Context, p Pair) error {
	many := make([]uuid.UUID, 10_000)
	for i := range many {
		many[i] = uuid.New()
	}
	storm := func() {
		p.One.Notify(many...)
		for range 10_000 {
			p.One.Notify(many[0])
		}
	}
	if err := soon("when nobody subscribes", storm); err != nil {
		return err
	}
	e := subscribe(ctx, p.Two)
	if err := errors.Join(e.begun(), soon("while somebody subscribes", storm), e.close()); err != nil {
		return err
	}
	return soon("when nobody subscribes any more", storm)
}

// What is given to Notify belongs to its caller again when it returns.
func notifyKeepsNoRooms(ctx context.Context, p Pair) error {
	e := subscribe(ctx, p.Two)
	err := e.begun()
	forged := uuid.New()
	rooms := make([]uuid.UUID, 3)
	for range 1000 {
		for i := range rooms {
			rooms[i] = uuid.New()
		}
		p.One.Notify(rooms...)
		for i := range rooms {
			rooms[i] = forged
		}
	}
	if err == nil {
		err = reaches(p.One, e) // so what was sent before has come, as far as it comes
	}
	for _, notification := range e.received() {
		if slices.Contains(notification, forged) {
			err = errors.Join(err, errors.New("a room was received that was written into the slice after Notify had returned"))
			break
		}
	}
	return errors.Join(err, e.close())
}

// Notify and Subscribe may be called from many goroutines; the race detector says the rest.
func everythingAtOnce(ctx context.Context, p Pair) error {
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		b := []chat.Notifier{p.One, p.Two}[i%2]
		all.Go(func() {
			for range 20 {
				e := subscribe(ctx, b)
				errs[i] = errors.Join(errs[i], e.begun(), reaches(b, e), e.close())
			}
		})
		all.Go(func() {
			for range 200 {
				b.Notify(uuid.New(), uuid.New())
			}
		})
	}
	if err := soon("among others", all.Wait); err != nil {
		return err
	}
	return errors.Join(errs...)
}
