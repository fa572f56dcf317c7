package load

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"parley/bench/client"
	"parley/bench/report"
)

// TestStreamCheckNamesWhatIsWrong feeds streams to a fresh check that starts behind number 2; the room
// ends at 6.
func TestStreamCheckNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name    string
		numbers []int
		want    []string
	}{
		{"fine", []int{3, 4, 5, 6}, nil},
		{"lost", []int{3, 5, 6}, []string{"number 4 never came"}},
		{"lost at the start", []int{4, 5, 6}, []string{"number 3 never came"}},
		{"lost at the end", []int{3, 4}, []string{"numbers 5 to 6 never came"}},
		{"nothing", nil, []string{"numbers 3 to 6 never came"}},
		{"doubled", []int{3, 4, 4, 5, 6}, []string{"number 4 came twice"}},
		{"doubled later", []int{3, 4, 5, 3, 6}, []string{"number 3 came twice"}},
		{"from before", []int{2, 3, 4, 5, 6}, []string{"number 2 came twice"}},
		{"swapped", []int{3, 5, 4, 6}, []string{"number 4 came after number 5"}},
		{"swapped and doubled", []int{3, 5, 4, 4, 6}, []string{"number 4 came after number 5", "number 4 came twice"}},
		{"too much", []int{3, 4, 5, 6, 7}, []string{"number 7 is not stored; the room ends at 6"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newStreamCheck("sub", 2, newLedger())
			for _, n := range c.numbers {
				o.take(n, fmt.Appendf(nil, "text %d", n))
			}
			wantProblems(t, o.finish(6), c.want)
		})
	}
}

func chat(id uuid.UUID, number int) client.StoredChat {
	return client.StoredChat{ID: id, Number: number}
}

func wantProblems(t *testing.T, got report.Problems, want []string) {
	t.Helper()
	lines := got.Lines()
	if len(lines) != len(want) {
		t.Fatalf("got %q, want %q", lines, want)
	}
	for i, line := range lines {
		if !strings.Contains(line, want[i]) {
			t.Errorf("got %q, want %q in it", line, want[i])
		}
	}
}

// TestLedgerComparesSubscribers gives two checks the same numbers with another text.
func TestLedgerComparesSubscribers(t *testing.T) {
	shared := newLedger()
	one, two := newStreamCheck("one", 0, shared), newStreamCheck("two", 0, shared)
	for n := 1; n <= 3; n++ {
		one.take(n, fmt.Appendf(nil, "text %d", n))
	}
	two.take(1, []byte("text 1"))
	two.take(2, []byte("text 3"))
	two.take(3, []byte("text 2"))
	wantProblems(t, one.finish(3), nil)
	wantProblems(t, two.finish(3), []string{"two: number 2 is another chat", "two: number 3 is another chat"})
}

// TestStoredNamesWhatIsWrong feeds lists of chats; a to c were answered as 1 to 3, d was refused.
func TestStoredNamesWhatIsWrong(t *testing.T) {
	a, b, c, d, e := uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New()
	for _, x := range []struct {
		name   string
		stored []client.StoredChat
		want   []string
	}{
		{"fine", []client.StoredChat{chat(a, 1), chat(b, 2), chat(c, 3)}, nil},
		{"one more, uncertain", []client.StoredChat{chat(a, 1), chat(b, 2), chat(c, 3), chat(e, 4)}, nil},
		{"lost", []client.StoredChat{chat(a, 1), chat(c, 3)}, []string{"number 3 follows number 1", b.String() + " was answered as number 2 and is not stored"}},
		{"lost at the end", []client.StoredChat{chat(a, 1), chat(b, 2)}, []string{c.String() + " was answered as number 3 and is not stored"}},
		{"doubled", []client.StoredChat{chat(a, 1), chat(b, 2), chat(c, 3), chat(b, 4)}, []string{"is stored twice, as number 2 and 4", "is stored as 4"}},
		{"swapped numbers", []client.StoredChat{chat(a, 1), chat(c, 2), chat(b, 3)}, []string{"answered as number 2 and is stored as 3", "answered as number 3 and is stored as 2"}},
		{"swapped in the list", []client.StoredChat{chat(a, 1), chat(c, 3), chat(b, 2)}, []string{"number 3 follows number 1", "number 2 follows number 3"}},
		{"refused", []client.StoredChat{chat(a, 1), chat(b, 2), chat(c, 3), chat(d, 4)}, []string{d.String() + " was refused and is stored as number 4"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			answered := []answer{{a, 1}, {b, 2}, {c, 3}}
			wantProblems(t, checkStored("r", x.stored, answered, []uuid.UUID{d}), x.want)
		})
	}
}

// TestNumbersNamesWhatIsWrong checks numbers alone.
func TestNumbersNamesWhatIsWrong(t *testing.T) {
	senders := []*Sender{{answered: []answer{{number: 1}, {number: 2}}}, {answered: []answer{{number: 3}}}}
	wantProblems(t, CheckNumbers("r", senders), nil)
	senders[1].answered[0].number = 2
	wantProblems(t, CheckNumbers("r", senders), []string{"r: number 2 was given twice"})
	senders[1].answered[0].number = 4
	wantProblems(t, CheckNumbers("r", senders), []string{"r: number 3 was never given"})
}

// TestAnsweredChats makes of answers alone what a room has, and finds what was never given.
func TestAnsweredChats(t *testing.T) {
	senders := []*Sender{
		{Room: "a", answered: []answer{{number: 1}, {number: 3}}},
		{Room: "a", answered: []answer{{number: 2}}},
		{Room: "b", answered: []answer{{number: 2}}},
	}
	rooms, p := AnsweredChats(senders)
	wantProblems(t, p, []string{"room b: number 1 was never given"})
	if len(rooms["a"]) != 3 || len(rooms["b"]) != 2 || rooms["a"][2].Number != 3 {
		t.Errorf("got %v", rooms)
	}
}

// TestPublishersWait has one wait until the slowest subscriber is near enough.
func TestPublishersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &Room{subscribers: []*subscriber{{}, {}}}
		in.subscribers[0].at.Store(100)
		in.subscribers[1].at.Store(50)
		wait, went := in.Throttle(10), make(chan struct{})
		wait(t.Context(), 60)
		go func() { wait(t.Context(), 61); close(went) }()
		select {
		case <-went:
			t.Error("a publisher does not wait")
		case <-time.After(time.Second): // on the clock of the test
		}
		in.subscribers[1].at.Store(51)
		<-went
	})
}
