package stream

import (
	"runtime"
	"testing"
	"time"
)

// Blocks of a person whose own feeds have cost much come behind those of others, however many and however
// early they became due; among one person's the first comes first, a
// feed that many read stands for itself, and nobody saves up what they did not use.
func TestWhoHasCostLeastComesFirst(t *testing.T) {
	x := workers{running: runtime.GOMAXPROCS(0)} // this test is all of them
	person := func() (due func() *block) {
		owner := &quota{}
		return func() *block {
			f := &feed{}
			f.owner.Store(owner)
			f.people.Store(1)
			b := &block{feed: f}
			x.add(b)
			return b
		}
	}
	popular := &feed{}
	popular.people.Store(500)
	shared := func() *block {
		b := &block{feed: popular}
		x.add(b)
		return b
	}
	serve := func(want *block, took time.Duration) {
		t.Helper()
		b, q := x.take()
		if b != want {
			t.Fatalf("another block was served")
		}
		x.done(b, q, took)
	}
	alone, late := person(), person()
	first, second, third := alone(), alone(), alone()
	serve(first, 10*time.Millisecond)
	of := shared()
	serve(of, 100*time.Millisecond) // it has waited for one block, and not for three
	serve(second, time.Millisecond)
	again := shared()
	x.add(second) // is due once more, behind the third
	serve(again, 100*time.Millisecond)
	serve(third, time.Millisecond)
	newcomer := late()
	serve(newcomer, 20*time.Millisecond) // as if it had cost what whoever was served last had
	serve(second, time.Millisecond)
	last, theirs := late(), alone()
	serve(theirs, 0)
	serve(last, 0)
	if b, _ := x.take(); b != nil || len(x.waiting) != 0 {
		t.Error("a block is left")
	}
}
