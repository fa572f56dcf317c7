package fair

import (
	"runtime"
	"testing"
	"time"
)

// Tasks of a person whose own feeds have cost much come behind those of others, however many and however
// early they became due; among one person's the first comes first, a
// feed that many read stands for itself, and nobody saves up what they did not use.
func TestWhoHasCostLeastComesFirst(t *testing.T) {
	x := Workers{running: runtime.GOMAXPROCS(0)} // this test is all of them
	add := func(q *Queue, shares int64) *Task {
		one := &Task{Queue: func() *Queue { return q }, Shares: func() int64 { return shares }}
		x.Add(one)
		return one
	}
	person := func() (due func() *Task) {
		own := &Queue{}
		return func() *Task { return add(own, 1) }
	}
	popular := &Queue{}
	shared := func() *Task { return add(popular, 500) }
	serve := func(want *Task, took time.Duration) {
		t.Helper()
		b, q := x.take()
		if b != want {
			t.Fatalf("another task was served")
		}
		x.done(b, q, took)
	}
	alone, late := person(), person()
	first, second, third := alone(), alone(), alone()
	serve(first, 10*time.Millisecond)
	of := shared()
	serve(of, 100*time.Millisecond) // it has waited for one task, and not for three
	serve(second, time.Millisecond)
	again := shared()
	x.Add(second) // is due once more, behind the third
	serve(again, 100*time.Millisecond)
	serve(third, time.Millisecond)
	newcomer := late()
	serve(newcomer, 20*time.Millisecond) // as if it had cost what whoever was served last had
	serve(second, time.Millisecond)
	last, theirs := late(), alone()
	serve(theirs, 0)
	serve(last, 0)
	if b, _ := x.take(); b != nil || len(x.waiting) != 0 {
		t.Error("a task is left")
	}
}
