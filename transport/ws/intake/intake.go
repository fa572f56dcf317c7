// Package intake takes what a client sends in its order and no faster than it may. What is too fast or too many is taken
// later, and none is lost. It knows neither the client nor what it sends.
package intake

import (
	"sync"
	"time"

	"parley/limit"
)

// This much is read ahead of what may be taken, so that a close frame behind it is seen. What is behind that stays
// with the kernel, whose window then closes: the client's writes wait.
const (
	AheadMessages = 32
	aheadBytes    = 32 << 10
)

// Options are the limits of an Intake. All are needed.
type Options struct {
	Rate     *limit.Limiter
	Parallel int            // requests that run at once
	Start    func(f func()) // runs f in a goroutine, unless nothing is to be taken any more
}

// An Intake is that of one client. While nothing has to wait it costs no goroutine. Its lock may be taken under the
// locks of whoever owns it: nothing is called under it.
type Intake struct {
	options Options
	changed sync.Cond // of anything below

	mu      sync.Mutex // guards all below
	ahead   []incoming // what was read and has to wait
	bytes   int        // of these
	taking  bool       // a goroutine takes them
	held    bool       // the reader waits too
	running int        // requests that have a slot
	stopped bool
}

// An incoming is what the client sent, and how to act on it.
type incoming struct {
	bytes int
	act   func()
}

// New makes an Intake.
func New(o Options) *Intake {
	k := &Intake{options: o}
	k.changed.L = &k.mu
	return k
}

// Put acts on what the reader has read, now or later, and returns when it may read on. Only the reader calls it.
func (k *Intake) Put(bytes int, act func()) {
	switch now, start := k.admit(incoming{bytes, act}); {
	case now:
		act()
		return
	case start:
		k.options.Start(k.takeAhead)
	}
	k.hold()
}

// admit says whether to act now; else the message waits, and start says whether nobody takes those that do.
func (k *Intake) admit(one incoming) (now, start bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopped {
		return false, false
	}
	if !k.taking && k.running < k.options.Parallel && k.options.Rate.Take(time.Now()) == 0 {
		return true, false
	}
	start, k.taking = !k.taking, true
	k.ahead = append(k.ahead, one)
	k.bytes += one.bytes
	return false, start
}

// hold keeps the reader back while too much is read ahead. The client cannot be heard meanwhile.
func (k *Intake) hold() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for !k.stopped && (len(k.ahead) >= AheadMessages || k.bytes >= aheadBytes) {
		k.held = true
		k.changed.Wait()
	}
	k.held = false
}

// Holds tells whether the reader is kept back, so that hearing nothing says nothing of the client.
func (k *Intake) Holds() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.held
}

// takeAhead takes what was read ahead until there is nothing left.
func (k *Intake) takeAhead() {
	for act := k.next(); act != nil; act = k.next() {
		act()
	}
}

// next waits until the next may be taken, and is nil when there is none.
func (k *Intake) next() func() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for !k.stopped && len(k.ahead) > 0 {
		if wait := k.options.Rate.Take(time.Now()); wait > 0 {
			k.rest(wait)
			continue
		}
		one := k.ahead[0]
		k.ahead[0] = incoming{}
		k.ahead = k.ahead[1:]
		k.bytes -= one.bytes
		k.changed.Broadcast()
		return one.act
	}
	k.ahead, k.taking = nil, false
	return nil
}

// rest waits for a while, or for a change; the caller holds mu.
func (k *Intake) rest(wait time.Duration) {
	timer := time.AfterFunc(wait, func() {
		k.mu.Lock() // not before the caller waits
		defer k.mu.Unlock()
		k.changed.Broadcast()
	})
	defer timer.Stop()
	k.changed.Wait()
}

// Slot waits until fewer than Options.Parallel requests run, and counts one more. free ends that: call it when the
// request has ended, or has turned out to be a subscription; more than once does no harm. Only what Put calls may call
// Slot.
func (k *Intake) Slot() (free func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for !k.stopped && k.running >= k.options.Parallel {
		k.changed.Wait()
	}
	k.running++
	return sync.OnceFunc(func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.running--
		k.changed.Broadcast()
	})
}

// Stop lets go of whoever waits. Nothing is taken any more.
func (k *Intake) Stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopped = true
	k.changed.Broadcast()
}
