package brokertest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"parley/chat"
)

var promisesOfSignals = []promise{
	{"SignalReachesBothNodes", signalReachesBothNodes},
	{"NoneIsTooLarge", noneIsTooLarge},
	{"OwnNodeHearsASignalOnceAndAtOnce", ownNodeHearsOnceAndAtOnce},
	{"SignalKeepsNothing", signalKeepsNothing},
	{"SignalNeverBlocks", signalNeverBlocks},
	{"NoSignalsAfterTheEnd", noSignalsAfterTheEnd},
}

// A hearing is a running Signals, and what it was given.
type hearing struct {
	stop  context.CancelFunc
	ended chan struct{} // closed when Signals has returned

	mu   sync.Mutex
	got  [][]byte
	late int // signals after Signals had returned
}

func hear(ctx context.Context, b chat.Notifier) *hearing {
	ctx, stop := context.WithCancel(ctx)
	e := &hearing{stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(e.ended)
		_ = b.Signals(ctx, e.take)
	}()
	return e
}

func (e *hearing) take(content []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.ended:
		e.late++
	default:
	}
	e.got = append(e.got, bytes.Clone(content))
}

// count returns how often some content has come.
func (e *hearing) count(content []byte) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, got := range e.got {
		if bytes.Equal(got, content) {
			n++
		}
	}
	return n
}

// close ends the hearing and wants Signals to return.
func (e *hearing) close() error {
	e.stop()
	select {
	case <-e.ended:
		return nil
	case <-time.After(timeout):
		return errors.New("Signals goes on although its context has ended")
	}
}

// sends sends a signal, since it may be lost again and again, until all have it.
func sends(b chat.Notifier, content []byte, to ...*hearing) error {
	err := within(timeout, func() bool {
		b.Signal(string(content), content)
		return !slices.ContainsFunc(to, func(e *hearing) bool { return e.count(content) == 0 })
	})
	if err != nil {
		return fmt.Errorf("a signal of %d bytes that was sent again and again did not come: %w", len(content), err)
	}
	return nil
}

// random is content of so many bytes.
func random(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.Read(b) // never fails
	return b
}

// Whichever node sends, both are given the content as it was, the one that sent it too: the largest and the smallest.
func signalReachesBothNodes(ctx context.Context, p Pair) error {
	one, two := hear(ctx, p.One), hear(ctx, p.Two)
	var errs []error
	for _, size := range []int{chat.MaxSignal, 1, 300} {
		errs = append(errs, sends(p.One, random(size), one, two), sends(p.Two, random(size), one, two))
	}
	return errors.Join(append(errs, one.close(), two.close())...)
}

// What is larger than a signal may be is given to neither node, and keeps nothing from what follows it.
func noneIsTooLarge(ctx context.Context, p Pair) error {
	one, two := hear(ctx, p.One), hear(ctx, p.Two)
	err := sends(p.One, random(20), one, two) // connected
	content := random(chat.MaxSignal + 1)
	p.One.Signal("slot", content)
	err = errors.Join(err, sends(p.One, random(20), one, two))
	if n := one.count(content) + two.count(content); n > 0 {
		err = errors.Join(err, fmt.Errorf("a signal that is too large was given to %d", n))
	}
	return errors.Join(err, one.close(), two.close())
}

// The node that sends is given its signal before Signal returns, and never a second time over the network.
func ownNodeHearsOnceAndAtOnce(ctx context.Context, p Pair) error {
	one, two := hear(ctx, p.One), hear(ctx, p.Two)
	err := errors.Join(sends(p.One, random(20), one, two), sends(p.Two, random(20), one, two)) // connected
	content := random(20)
	p.One.Signal("slot", content)
	if n := one.count(content); n != 1 {
		err = errors.Join(err, fmt.Errorf("when Signal returned, its own node had it %d times", n))
	}
	err = errors.Join(err, sends(p.One, random(20), two), sends(p.Two, random(20), one)) // nothing overtakes what comes back
	if n := one.count(content); n != 1 {
		err = errors.Join(err, fmt.Errorf("a signal came %d times where it was sent", n))
	}
	return errors.Join(err, one.close(), two.close())
}

// What is given to Signal belongs to its caller again when it returns.
func signalKeepsNothing(ctx context.Context, p Pair) error {
	e := hear(ctx, p.Two)
	err := sends(p.One, random(20), e)
	forged, content := random(20), make([]byte, 20)
	for i := range 200 {
		copy(content, random(20))
		p.One.Signal(fmt.Sprint(i), content)
		copy(content, forged)
	}
	err = errors.Join(err, sends(p.One, random(20), e))
	if e.count(forged) > 0 {
		err = errors.Join(err, errors.New("content came that was written after Signal had returned"))
	}
	return errors.Join(err, e.close())
}

// Signal returns at once, whether anybody listens or not, when it is called faster than anything can carry it.
func signalNeverBlocks(ctx context.Context, p Pair) error {
	content := random(chat.MaxSignal)
	storm := func() {
		for i := range 2000 {
			p.One.Signal(fmt.Sprint(i), content)
		}
	}
	e := hear(ctx, p.Two)
	return errors.Join(soon("while somebody listens", storm), e.close(), soon("when nobody listens", storm))
}

// When Signals has returned, got is not called any more.
func noSignalsAfterTheEnd(ctx context.Context, p Pair) error {
	for range 20 {
		e := hear(ctx, p.Two)
		if err := errors.Join(sends(p.One, random(20), e), e.close()); err != nil {
			return err
		}
		again := hear(ctx, p.Two)
		if err := errors.Join(sends(p.One, random(20), again), again.close()); err != nil {
			return err
		}
		e.mu.Lock()
		late := e.late
		e.mu.Unlock()
		if late > 0 {
			return fmt.Errorf("%d signals after Signals had returned", late)
		}
	}
	return nil
}

// What is sent while the bus is away reaches its own node alone: when it is back nobody is given what is old.
func noSignalsOfACut(ctx context.Context, p Pair) error {
	one, two := hear(ctx, p.One), hear(ctx, p.Two)
	woken := subscribe(ctx, p.One)
	err := errors.Join(sends(p.One, random(20), one, two), woken.begun())
	before := len(woken.received())
	p.Cut()
	content := random(20)
	err = errors.Join(err, within(timeout, func() bool { // until its node has noticed
		p.One.Signal("slot", random(20))
		return !p.Connected()
	}))
	p.One.Signal("slot", content)
	p.Restore()
	err = errors.Join(err, within(timeout, func() bool { return len(woken.received()) > before }), sends(p.One, random(20), one, two))
	if one.count(content) != 1 || two.count(content) != 0 {
		err = errors.Join(err, fmt.Errorf("a signal of a cut came %d times to its node, and %d times to the other", one.count(content), two.count(content)))
	}
	return errors.Join(err, one.close(), two.close(), woken.close())
}
