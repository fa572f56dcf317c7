// Package budget bounds the bytes that requests take of the node's memory: those that are still coming in, and
// responses ("answers") from the first row that is read for one until the client has taken it. Nobody can use up what
// others need, because what one holder has is bounded by what is free. It knows no connection: it is told how to end one.
//
// Lock order: Answer.mu, then Answers.mu; Inbound.mu is taken alone. Connections are ended without a lock.
package budget

import (
	"container/list"
	"context"
	"errors"
	"net/netip"
	"sync"
)

// MaxAnswer is how many bytes an answer may have, and the text that is read for it.
const MaxAnswer = 4 << 20

// Why an answer is not made.
var (
	ErrLargeAnswer = errors.New("the answer is larger than it may be")
	ErrManyAnswers = errors.New("too many answers are under way")
)

// leastCharge is what is charged at once, so that most operations are charged once or twice. It needs no room: all that
// one socket may leave untaken of such is within what each connection may cost.
const leastCharge = 8 << 10

// Answers counts the bytes of answers under way, from the first row that is read for one until the client has taken
// the last byte of it. Nobody may hold more than a quarter of what is free, so that whoever comes finds room still: one
// holder has at most a fifth of all. What takes no more than leastCharge needs no room, so that nobody is kept from
// signing in or out by answers that others leave untaken. And those take no more than half of all: then whoever
// has most that nobody takes loses the oldest, and its connection.
type Answers struct {
	most int64

	mu      sync.Mutex // guards all below
	all     int64
	held    map[Holder]int64 // by those who hold any
	waiting list.List        // of *waiter, those who have waited longest in front
	waiters map[Holder]int   // how many of these; those who have any
	untaken list.List        // of *Answer: those that are made and not taken, the oldest in front

	untakenBytes int64 // of these
}

// A waiter waits for room.
type waiter struct {
	by    Holder
	bytes int64
	fits  chan struct{} // closed once it is charged
}

const (
	maxWaiters  = 64 // of one holder; more are refused
	looksAtOnce = 16 // waiters, each time there is more room
)

// LeastTotal is how large Options.AnswersTotal must be for the largest answer, and as much text that is read for it, of an
// operation that takes so many bytes besides: with less it could never be executed.
func LeastTotal(bytes int) int64 {
	return answersShare * (int64(bytes) + 2*MaxAnswer + 2*leastCharge)
}

// answersShare is the part of all that one holder has at most.
const answersShare = 5

// A Holder is a person or, where nobody is signed in, an address.
type Holder struct {
	user    string
	address netip.Prefix
}

// HolderOf is a person by their id, or an address for whom it is empty.
func HolderOf(user string, address netip.Prefix) Holder {
	if user != "" {
		return Holder{user: user}
	}
	return Holder{address: address}
}

// NewAnswers bounds answers to so many bytes in all.
func NewAnswers(most int64) *Answers {
	return &Answers{most: most, held: map[Holder]int64{}, waiters: map[Holder]int{}}
}

// Take charges a holder, if there is room for it.
func (x *Answers) Take(by Holder, bytes int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	fits := x.fits(by, bytes)
	if fits {
		x.change(by, bytes)
	}
	return fits
}

// fits is asked under the lock.
func (x *Answers) fits(by Holder, bytes int64) bool {
	return (answersShare-1)*(x.held[by]+bytes) <= x.most-x.all-bytes
}

// Give changes what a holder is charged, and asks nobody.
func (x *Answers) Give(by Holder, bytes int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.change(by, -bytes)
}

// change is called under the lock.
func (x *Answers) change(by Holder, bytes int64) {
	x.charge(by, bytes)
	for looks := min(looksAtOnce, x.waiting.Len()); bytes < 0 && looks > 0; looks-- {
		e := x.waiting.Front()
		if w := e.Value.(*waiter); x.fits(w.by, w.bytes) {
			x.charge(w.by, w.bytes)
			x.unwait(e)
			close(w.fits)
		} else {
			x.waiting.MoveToBack(e) // others may fit
		}
	}
}

func (x *Answers) charge(by Holder, bytes int64) {
	x.all += bytes
	if x.held[by] += bytes; x.held[by] == 0 {
		delete(x.held, by)
	}
}

func (x *Answers) unwait(e *list.Element) {
	by := x.waiting.Remove(e).(*waiter).by
	if x.waiters[by]--; x.waiters[by] == 0 {
		delete(x.waiters, by)
	}
}

// await is take that waits for room until ctx ends.
func (x *Answers) await(ctx context.Context, by Holder, bytes int64) error {
	x.mu.Lock()
	if x.fits(by, bytes) {
		x.change(by, bytes)
		x.mu.Unlock()
		return nil
	}
	if x.waiters[by] >= maxWaiters {
		x.mu.Unlock()
		return ErrManyAnswers
	}
	w := &waiter{by, bytes, make(chan struct{})}
	e := x.waiting.PushBack(w)
	x.waiters[by]++
	x.mu.Unlock()
	select {
	case <-w.fits:
		return nil
	case <-ctx.Done():
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	select {
	case <-w.fits: // meanwhile
		return nil
	default:
		x.unwait(e)
		return ErrManyAnswers
	}
}

// Bytes are all that are charged.
func (x *Answers) Bytes() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.all
}
