package brokertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Who rings hears it at once, without the way over the network, and never a second time by it.
func ownBellIsHeardOnceAndAtOnce(ctx context.Context, p Pair) error {
	one, two := listen(ctx, p.One), listen(ctx, p.Two)
	err := errors.Join(one.begun(), two.begun(), hears(p.One, two), hears(p.Two, one)) // connected
	room := uuid.New()
	p.One.Ring(room)
	if n := one.count(room); n != 1 {
		err = errors.Join(err, fmt.Errorf("when Ring returned, its own node had heard it %d times", n))
	}
	// What follows it on the way to the other and back has overtaken no echo.
	err = errors.Join(err, hears(p.One, two), hears(p.Two, one))
	if n := one.count(room); n != 1 {
		err = errors.Join(err, fmt.Errorf("a bell was heard %d times where it was rung", n))
	}
	return errors.Join(err, one.close(), two.close())
}

// When the bus has been away, nobody knows what rang: both nodes look at all rooms.
func looksAtAllAfterACut(ctx context.Context, p Pair) error {
	one, two := listen(ctx, p.One), listen(ctx, p.Two)
	err := errors.Join(one.begun(), two.begun(), hears(p.One, one, two), hears(p.Two, one, two))
	for range 2 {
		p.Cut()
		before := []int{len(one.heard()), len(two.heard())}
		p.Mend()
		for i, e := range []*ear{one, two} {
			if within(patience, func() bool { return slices.ContainsFunc(e.heard()[before[i]:], all) }) != nil {
				err = errors.Join(err, fmt.Errorf("node %d does not look at all rooms after a cut", i+1))
			}
		}
		err = errors.Join(err, hears(p.One, one, two), hears(p.Two, one, two))
	}
	return errors.Join(err, one.close(), two.close())
}

// While the bus is away Ring blocks nobody and goes on ringing on its own node; and a broker that is made
// meanwhile finds the bus when it is back.
func ringsWhileCut(ctx context.Context, p Pair) error {
	p.Cut()
	one, two := listen(ctx, p.One), listen(ctx, p.Two)
	err := errors.Join(one.begun(), two.begun())
	room := uuid.New()
	err = errors.Join(err, soon("while the bus is away", func() {
		for range 10_000 {
			p.One.Ring(uuid.New())
		}
		p.One.Ring(room)
	}))
	if one.count(room) != 1 {
		err = errors.Join(err, errors.New("while the bus is away its own node does not hear a bell"))
	}
	p.Mend()
	return errors.Join(err, hears(p.One, one, two), hears(p.Two, one, two), one.close(), two.close())
}

// A broker ends while the bus is away: Run looks whether anything is left of it.
func endsWhileCut(ctx context.Context, p Pair) error {
	e := listen(ctx, p.One)
	err := errors.Join(e.begun(), hears(p.Two, e))
	p.Cut()
	p.One.Ring(uuid.New())
	err = errors.Join(err, e.close())
	began := time.Now()
	p.Close()
	if took := time.Since(began); took > patience {
		err = errors.Join(err, fmt.Errorf("it took %v to end", took))
	}
	return err
}

func all(rooms []uuid.UUID) bool { return len(rooms) == 0 }

// count answers how often a room was named.
func (e *ear) count(room uuid.UUID) (n int) {
	for _, rooms := range e.heard() {
		if slices.Contains(rooms, room) {
			n++
		}
	}
	return n
}
