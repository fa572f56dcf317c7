package load

import (
	"maps"
	"slices"

	"parley/bench/report"
)

// A streamCheck checks what one subscriber of a room is given: each number exactly once, one after the
// other, and under each the same chat as everybody else. It belongs to one goroutine.
type streamCheck struct {
	who     string
	last    int // the highest number so far; the stream starts behind it
	ledger  *ledger
	skipped map[int]bool // numbers that were jumped over and have not come since
	faults  report.Problems
}

func newStreamCheck(who string, after int, shared *ledger) *streamCheck {
	return &streamCheck{who: who, last: after, ledger: shared}
}

// take checks one delivery.
func (o *streamCheck) take(number int, text []byte) {
	switch {
	case number == o.last+1:
		o.last = number
	case number > o.last:
		if o.skipped == nil {
			o.skipped = map[int]bool{}
		}
		// A hole this large is named by its first numbers; to remember more would help nobody.
		for n := o.last + 1; n < number && len(o.skipped) < 1000; n++ {
			o.skipped[n] = true
		}
		o.last = number
	case o.skipped[number]:
		delete(o.skipped, number)
		o.faults.Add("%s: number %d came after number %d", o.who, number, o.last)
	default:
		o.faults.Add("%s: number %d came twice", o.who, number)
	}
	if !o.ledger.same(number, text) {
		o.faults.Add("%s: number %d is another chat than others got", o.who, number)
	}
}

// finish checks the whole stream, when the room's last number is known.
func (o *streamCheck) finish(newest int) report.Problems {
	for _, n := range slices.Sorted(maps.Keys(o.skipped)) {
		o.faults.Add("%s: number %d never came", o.who, n)
	}
	switch {
	case o.last < newest:
		o.faults.Add("%s: numbers %d to %d never came", o.who, o.last+1, newest)
	case o.last > newest:
		o.faults.Add("%s: number %d is not stored; the room ends at %d", o.who, o.last, newest)
	}
	return o.faults
}
