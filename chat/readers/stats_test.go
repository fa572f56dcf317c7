package readers_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
	"parley/chat"
)

// Each judgement is counted once, by what came of it, and a reader of all rooms of a person while it follows them.
func TestJudgementsAreCounted(t *testing.T) {
	w := newWorld(t, &broker.Memory{}, time.Hour)
	ann, bob := w.person("ann"), w.person("bob")
	public, private := w.room(ann, "general"), w.hidden(ann, "hushed")
	for _, room := range []uuid.UUID{public, private, uuid.New()} {
		if _, err := w.Judge(t.Context(), bob.ID, room, false); err != nil {
			t.Fatal(err)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Judge(over, bob.ID, public, false); err == nil {
		t.Error("judged when it was over")
	}
	want := map[string]uint64{"reads_on": 1, "forbidden": 1, "gone": 1, "failed": 1}
	if got := w.Stats().Readers.Verdicts; !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
	var leave []func()
	for _, person := range []chat.Caller{ann, ann, bob} {
		opened, err := w.OpenMine(t.Context(), person, nil)
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, opened.Set.Follow(func() {}))
	}
	for left := 3; ; left-- {
		if n := w.Stats().Readers.Lists; n != left {
			t.Errorf("%d readers of all rooms, want %d", n, left)
		}
		if left == 0 {
			break
		}
		leave[left-1]()
	}
}
