package budget

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func person(name string) Holder { return Holder{user: name} }

// One holder may have a fifth of all, and when many have what they may, somebody new still finds room.
func TestAnswersAreShared(t *testing.T) {
	const most = 64 << 20
	x := NewAnswers(most)
	for people := 1; people <= 20; people++ {
		by := person(fmt.Sprint(people))
		for x.Take(by, 1<<10) {
		}
		if x.Take(person("1"), 1<<10) {
			t.Fatalf("of %d the first has no limit", people)
		}
		if held := x.held[by]; people == 1 && (held > most/5 || held < most/5-4<<10) {
			t.Errorf("the first has %d bytes", held)
		}
		if !x.Take(person("new"), 100<<10) {
			t.Errorf("%d people leave nothing to others", people)
		}
		x.Give(person("new"), 100<<10)
	}
	for by, bytes := range x.held {
		x.Give(by, bytes)
	}
	if x.all != 0 || len(x.held) != 0 {
		t.Errorf("left: %d, %v", x.all, x.held)
	}
}

// What is read for an answer and the answer itself have a limit each, and count together.
func TestAnswerIsCharged(t *testing.T) {
	x := NewAnswers(64 << 20)
	a := &Answer{of: x, by: person("ann")}
	if err := a.Begin(t.Context(), 1000); err != nil || x.all != 1000+leastCharge {
		t.Errorf("%v, %d bytes", err, x.all)
	}
	for range 4 {
		if err := a.Read(1 << 20); err != nil {
			t.Error(err)
		}
	}
	if err := a.Read(1); !errors.Is(err, ErrLargeAnswer) {
		t.Errorf("text: %v", err)
	}
	if err := a.Write(MaxAnswer + 1); !errors.Is(err, ErrLargeAnswer) {
		t.Errorf("answer: %v", err)
	}
	if err := a.Write(MaxAnswer); err != nil || x.all < 8<<20 || x.all > 8<<20+1000+2*leastCharge {
		t.Errorf("%v, %d bytes", err, x.all)
	}
	second := &Answer{of: x, by: person("ann")}
	if err := errors.Join(second.Write(MaxAnswer), second.Write(MaxAnswer)); !errors.Is(err, ErrManyAnswers) {
		t.Errorf("the third: %v", err)
	}
	a.ChargeResult(5000)
	second.ChargeResult(0)
	if x.all != 5000 {
		t.Errorf("%d bytes when it was made", x.all)
	}
	a.ChargeResult(0)
	if x.all != 0 || len(x.held) != 0 {
		t.Errorf("left: %d, %v", x.all, x.held)
	}
}

// With as little as may be, whatever may be asked for is executed when nothing else is.
func TestLeastTotalIsEnough(t *testing.T) {
	for _, bytes := range []int{0, 2_000_000, 400_000_000} {
		a := &Answer{of: NewAnswers(LeastTotal(bytes)), by: person("ann")}
		now, cancel := context.WithCancel(t.Context())
		cancel() // it does not wait
		err := a.Begin(now, bytes)
		for read, next := 0, 0; err == nil && read < MaxAnswer; read += next {
			next = min(1000, MaxAnswer-read)
			err = a.Read(next)
		}
		if err = errors.Join(err, a.Write(MaxAnswer)); err != nil {
			t.Errorf("%d bytes besides texts: %v", bytes, err)
		}
	}
}

// What waits for room gets it as soon as there is, or gives up when its time is over.
func TestAnswersWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewAnswers(50 * leastCharge)
		first := &Answer{of: x, by: person("ann")}
		if err := first.AwaitWrite(t.Context(), 10*leastCharge); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			if err := (&Answer{of: x, by: person("ann")}).AwaitWrite(short, 4*leastCharge); !errors.Is(err, ErrManyAnswers) {
				t.Errorf("got %v", err)
			}
		})
		for range 2 {
			all.Go(func() {
				a := &Answer{of: x, by: person("ann")}
				if err := a.AwaitWrite(t.Context(), 5*leastCharge); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if x.Bytes() != 10*leastCharge {
			t.Errorf("%d bytes", x.Bytes())
		}
		first.ChargeResult(0)
		all.Wait()
		if x.Bytes() != 10*leastCharge {
			t.Errorf("%d bytes", x.Bytes())
		}
	})
}

// What is small needs no room, so nobody is kept from signing in or out. Of one holder only so many wait, and those of
// others who fit do not wait behind them.
func TestSmallAnswersNeedNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewAnswers(50 * leastCharge)
		greedy := &Answer{of: x, by: person("ann")}
		if err := greedy.AwaitWrite(t.Context(), 10*leastCharge); err != nil {
			t.Fatal(err)
		}
		small := &Answer{of: x, by: person("ann")}
		if err := errors.Join(small.Begin(t.Context(), leastCharge), small.Write(leastCharge), small.AwaitWrite(t.Context(), leastCharge)); err != nil {
			t.Errorf("small: %v", err)
		}
		small.ChargeResult(0)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range maxWaiters {
			all.Go(func() { _ = (&Answer{of: x, by: person("ann")}).AwaitWrite(ctx, 10*leastCharge) })
		}
		synctest.Wait()
		if err := (&Answer{of: x, by: person("ann")}).AwaitWrite(t.Context(), 2*leastCharge); !errors.Is(err, ErrManyAnswers) {
			t.Errorf("one waiter more: %v", err)
		}
		bobs := &Answer{of: x, by: person("bob")}
		if err := bobs.AwaitWrite(t.Context(), 8*leastCharge); err != nil {
			t.Fatal(err)
		}
		second := &Answer{of: x, by: person("bob")}
		all.Go(func() {
			if err := second.AwaitWrite(t.Context(), 8*leastCharge); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		for range maxWaiters { // each time some are looked at, and ann's do not fit
			bobs.ChargeResult(int(bobs.charged) - 1)
		}
		bobs.ChargeResult(0)
		synctest.Wait()
		cancel()
		all.Wait()
		second.ChargeResult(0)
		greedy.ChargeResult(0)
		if x.Bytes() != 0 || len(x.waiters) != 0 || x.waiting.Len() != 0 {
			t.Errorf("left: %d bytes, %v, %d", x.Bytes(), x.waiters, x.waiting.Len())
		}
	})
}

// An answer that waits behind what a slow reader of a stream has not taken is due like any other.
// Events that are larger than a write are charged to whose they are. Who has no room for one more loses the
// connection, and may come back.
// Untaken answers take half of all at most: whoever has most of those that have waited long loses the oldest, and a
// new one is not cut before its client could take it.
func TestUntakenAnswersMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := NewAnswers(100 << 10)
		var cut []string
		made := func(name, whose string, bytes int) *Answer {
			a := &Answer{of: x, by: person(whose), cut: func() { cut = append(cut, name) }}
			a.of.Give(a.by, -int64(bytes))
			a.charged = int64(bytes)
			a.ChargeResult(bytes)
			return a
		}
		all := []*Answer{made("bob's", "bob", 12<<10), made("ann's first", "ann", 7<<10), made("ann's second", "ann", 8<<10)}
		time.Sleep(longUntaken)
		all = append(all, made("carol's", "carol", 20<<10), made("ann's third", "ann", 9<<10))
		if got := strings.Join(cut, ", "); got != "ann's first" || x.untakenBytes != 49<<10 {
			t.Errorf("%s had to go, and %d bytes are untaken", got, x.untakenBytes)
		}
		all = append(all, made("carol's second", "carol", 20<<10))
		if got := strings.Join(cut, ", "); got != "ann's first, bob's, ann's second" || x.untakenBytes != 49<<10 {
			t.Errorf("%s had to go, and %d bytes are untaken", got, x.untakenBytes)
		}
		all = append(all, made("carol's third", "carol", 20<<10))
		if got := cut[len(cut)-1]; got != "carol's" {
			t.Errorf("%s had to go, which is not the oldest", got)
		}
		for _, a := range all {
			a.Taken()
		}
		if x.all+x.untakenBytes != 0 || x.untaken.Len()+len(x.held) != 0 {
			t.Errorf("left: %d bytes of %v, %d untaken", x.all, x.held, x.untakenBytes)
		}
	})
}

// A client that goes while its query runs over an event stream leaves nothing behind, and neither does one that
// takes its answer.
// Until it is taken, an answer takes what is charged for it and little more: over an event stream too, where characters
// may grow to three times their size, and over a socket, where it is copied into a frame.
