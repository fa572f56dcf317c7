package brokertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// The node that notifies is told at once, without the way over the network, and never a second time by it.
func ownNodeIsNotifiedOnceAndAtOnce(ctx context.Context, p Pair) error {
	one, two := subscribe(ctx, p.One), subscribe(ctx, p.Two)
	err := errors.Join(one.begun(), two.begun(), reaches(p.One, two), reaches(p.Two, one)) // connected
	room := uuid.New()
	p.One.Notify(room)
	if n := one.count(room); n != 1 {
		err = errors.Join(err, fmt.Errorf("when Notify returned, its own node had received it %d times", n))
	}
	// What follows it on the way to the other and back has overtaken nothing that comes back.
	err = errors.Join(err, reaches(p.One, two), reaches(p.Two, one))
	if n := one.count(room); n != 1 {
		err = errors.Join(err, fmt.Errorf("a notification was received %d times where it was sent", n))
	}
	return errors.Join(err, one.close(), two.close())
}

// When the bus has been away, nobody knows what was sent: both nodes wake all rooms.
func allRoomsAfterACut(ctx context.Context, p Pair) error {
	one, two := subscribe(ctx, p.One), subscribe(ctx, p.Two)
	err := errors.Join(one.begun(), two.begun(), reaches(p.One, one, two), reaches(p.Two, one, two))
	for range 2 {
		p.Cut()
		before := []int{len(one.received()), len(two.received())}
		p.Restore()
		for i, e := range []*subscriber{one, two} {
			if within(timeout, func() bool { return slices.ContainsFunc(e.received()[before[i]:], all) }) != nil {
				err = errors.Join(err, fmt.Errorf("node %d does not wake all rooms after a cut", i+1))
			}
		}
		err = errors.Join(err, reaches(p.One, one, two), reaches(p.Two, one, two))
	}
	return errors.Join(err, one.close(), two.close())
}

// While the bus is away Notify blocks nobody and still reaches its own node; and a broker that is made
// meanwhile finds the bus when it is back.
func notifiesWhileCut(ctx context.Context, p Pair) error {
	p.Cut()
	one, two := subscribe(ctx, p.One), subscribe(ctx, p.Two)
	err := errors.Join(one.begun(), two.begun())
	room := uuid.New()
	err = errors.Join(err, soon("while the bus is away", func() {
		for range 10_000 {
			p.One.Notify(uuid.New())
		}
		p.One.Notify(room)
	}))
	if one.count(room) != 1 {
		err = errors.Join(err, errors.New("while the bus is away its own node is not notified"))
	}
	p.Restore()
	return errors.Join(err, reaches(p.One, one, two), reaches(p.Two, one, two), one.close(), two.close())
}

// A broker ends while the bus is away: Run looks whether anything is left of it.
func endsWhileCut(ctx context.Context, p Pair) error {
	e := subscribe(ctx, p.One)
	err := errors.Join(e.begun(), reaches(p.Two, e))
	p.Cut()
	p.One.Notify(uuid.New())
	err = errors.Join(err, e.close())
	began := time.Now()
	p.Close()
	if took := time.Since(began); took > timeout {
		err = errors.Join(err, fmt.Errorf("it took %v to end", took))
	}
	return err
}

func all(rooms []uuid.UUID) bool { return len(rooms) == 0 }

// count returns how often a room was named.
func (e *subscriber) count(room uuid.UUID) (n int) {
	for _, rooms := range e.received() {
		if slices.Contains(rooms, room) {
			n++
		}
	}
	return n
}
