package passwords

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/auth"
)

const maxWait = 2 * time.Second

// queue lines callers up behind a slot that is taken, one after the other, and returns in which order
// they got it: the first slot is released when all wait, and each releases theirs at once.
func queue(t *testing.T, s *slots, networks ...string) (order []string) {
	t.Helper()
	if err := s.acquire(t.Context(), "first"); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, network := range networks {
		all.Go(func() {
			err := s.acquire(t.Context(), network)
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, auth.ErrBusy) {
				order = append(order, "-"+network)
				return
			}
			order = append(order, network)
			s.release()
		})
		synctest.Wait() // so it is in the queue
	}
	s.release()
	all.Wait()
	if running, waiting := s.counts(); running+waiting+len(s.queues)+len(s.turns) != 0 {
		t.Errorf("%d run, %d wait, %d queues, %d turns are left", running, waiting, len(s.queues), len(s.turns))
	}
	return order
}

// All of one network waited before anybody else: who came from elsewhere waited for all of them.
func TestNetworksTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := queue(t, newSlots(1, 10, maxWait), "a", "a", "a", "a", "b", "c", "b")
		if want := []string{"a", "b", "c", "a", "b", "a", "a"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// One network took all the room to wait, and everybody else was refused.
func TestRoomToWaitIsShared(t *testing.T) {
	for _, c := range []struct{ comes, want []string }{
		{[]string{"a", "a", "a", "a"}, []string{"-a", "a", "a", "a"}},
		{[]string{"a", "a", "a", "b"}, []string{"-a", "a", "b", "a"}},
		{[]string{"a", "a", "a", "b", "b"}, []string{"-a", "-b", "a", "b", "a"}}, // b would have as many as a
		{[]string{"a", "a", "a", "b", "c"}, []string{"-a", "-a", "a", "b", "c"}},
		{[]string{"a", "b", "c", "d"}, []string{"-d", "a", "b", "c"}},
		{[]string{"", "", "b", "c"}, []string{"-", "", "b", "c"}}, // addresses that are not known are one network
		{[]string{"", "b", "c", "d"}, []string{"-d", "", "b", "c"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			if got := queue(t, newSlots(1, 3, maxWait), c.comes...); !slices.Equal(got, c.want) {
				t.Errorf("%v: got %v, want %v", c.comes, got, c.want)
			}
		})
	}
}

func TestWhoGivesUpLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1, 4, maxWait)
		_ = s.acquire(t.Context(), "first")
		ctx, leave := context.WithCancel(t.Context())
		ends := make(chan error, 3)
		go func() { ends <- s.acquire(ctx, "a") }()
		synctest.Wait()
		leave()
		if err := <-ends; !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		for range 2 {
			go func() { ends <- s.acquire(t.Context(), "a") }()
		}
		time.Sleep(maxWait) // virtual
		synctest.Wait()
		for range 2 {
			if err := <-ends; !errors.Is(err, auth.ErrBusy) {
				t.Fatalf("got %v", err)
			}
		}
		s.release()
		if running, waiting := s.counts(); running+waiting+len(s.queues)+len(s.turns) != 0 {
			t.Errorf("%d run, %d wait, %d queues, %d turns are left", running, waiting, len(s.queues), len(s.turns))
		}
	})
}

// Whatever comes and goes at once, never more hold a slot than there are, and none is lost.
func TestSlotsAtOnce(t *testing.T) {
	s := newSlots(3, 8, maxWait)
	held := make(chan struct{}, 3)
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() { comeAndGo(t, s, i, held) })
	}
	all.Wait()
	if running, waiting := s.counts(); running+waiting+len(s.queues)+len(s.turns) != 0 {
		t.Errorf("%d run, %d wait, %d queues, %d turns are left", running, waiting, len(s.queues), len(s.turns))
	}
}

// comeAndGo acquires and releases slots, and sometimes leaves while it waits.
func comeAndGo(t *testing.T, s *slots, i int, held chan struct{}) {
	for round := range 200 {
		ctx, leave := context.WithCancel(t.Context())
		if (i+round)%3 == 0 {
			go leave()
		}
		if s.acquire(ctx, fmt.Sprint(i%5)) == nil {
			select {
			case held <- struct{}{}:
			default:
				t.Error("more hold a slot than there are")
			}
			<-held
			s.release()
		}
		leave()
	}
}
