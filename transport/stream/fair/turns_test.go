package fair

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// So many turns are used at a time, and one of each owner; who does not wait any more has none.
func TestTurnsAreFewAndOneOfEachOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, release := NewTurns(New(slog.New(slog.DiscardHandler)), 2), make(chan struct{})
		owners, running := []*Owner{NewOwner(), NewOwner(), NewOwner()}, make([]int, 3)
		begun := make(chan int, 10)
		for _, i := range []int{0, 0, 1, 2} {
			go func() {
				_ = turns.Take(t.Context(), owners[i], func() error {
					begun <- i
					<-release
					return nil
				})
			}()
			synctest.Wait()
		}
		for len(begun) > 0 {
			running[<-begun]++
		}
		if !slices.Equal(running, []int{1, 1, 0}) || turns.Count() != 2 || !owners[2].IsBusy() {
			t.Errorf("%v run, %d at a time", running, turns.Count())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := turns.Take(ctx, NewOwner(), func() error { panic("not its turn") }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		close(release)
		synctest.Wait()
		if turns.Count() != 0 || len(begun) != 2 || owners[0].IsBusy() {
			t.Errorf("%d are left, %d came later", turns.Count(), len(begun))
		}
	})
}

// Who has used a turn while the workers had something to do rests, and nobody else does.
func TestWhoHasUsedATurnRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		workers := New(slog.New(slog.DiscardHandler))
		turns, owner := NewTurns(workers, 2), NewOwner()
		took := func(owner *Owner) time.Duration {
			begun := time.Now()
			_ = turns.Take(t.Context(), owner, func() error { time.Sleep(time.Second); return nil })
			return time.Since(begun)
		}
		took(owner)
		if got := took(owner); got != time.Second {
			t.Errorf("with nothing to serve, the second took %v", got)
		}
		workers.Add(&Task{Serve: func() {}, Queue: func() *Queue { return &Queue{} }, Shares: func() int64 { return 1 }})
		synctest.Wait()
		took(owner)
		if got := took(owner); got != (1+rest)*time.Second {
			t.Errorf("the second took %v", got)
		}
		if got := took(NewOwner()); got != time.Second {
			t.Errorf("another's took %v", got)
		}
	})
}
