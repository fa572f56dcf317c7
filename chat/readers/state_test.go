package readers_test

import (
	"fmt"
	"testing"
	"time"

	"parley/broker"
	"parley/chat/readers"
)

// What changes in a list while it is opened comes behind the opening, all of it: a room that somebody is added to again is
// lost first and there again later.
func TestOpeningIsOfOneState(t *testing.T) {
	w := newWorld(t, &broker.Memory{}, time.Hour)
	bob := w.person("bob")
	for reads := 1; ; reads++ {
		ann := w.person(fmt.Sprint("ann", reads))
		kept, lost, fresh := w.room(bob, fmt.Sprint("kept", reads)), w.room(bob, fmt.Sprint("lost", reads)), w.room(bob, fmt.Sprint("fresh", reads))
		w.join(kept, ann)
		w.join(lost, ann)
		after := []string{w.open(ann).Cursor, w.head(kept).Cursor(kept), w.head(lost).Cursor(lost)}
		w.send(bob, kept, "2")
		w.remove(lost, ann)
		before := w.open(ann, after...)
		var opened readers.Opening
		moved := w.between(reads, func() {
			w.join(lost, ann)
			w.remove(kept, ann)
			w.join(fresh, ann)
		}, func() { opened = w.open(ann, after...) })
		if want := fmt.Sprintf("MEMBER_REMOVED lost%d at 2, kept%d 1", reads, reads); told(before) != want || told(opened) != want || opened.Cursor != before.Cursor {
			t.Errorf("behind %d statements: got %q, list %s, want %q, list %s", reads, told(opened), opened.Cursor, want, before.Cursor)
		}
		if !moved {
			if reads < 4 {
				t.Errorf("it was opened by %d statements", reads)
			}
			return
		}
		starts, err := opened.Set.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := told(readers.Opening{Starts: starts}), fmt.Sprintf("fresh%d 0, lost%d 2", reads, reads); got != want {
			t.Errorf("behind %d statements: it is %q afterwards, want %q", reads, got, want)
		}
	}
}
