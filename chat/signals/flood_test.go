package signals

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat/roomlog"
)

// A flood is signals of other nodes, which come while nobody is told any.
type flood struct {
	*Service
	t    *testing.T
	now  time.Time
	sent uint64
	size int // of one, in bytes
}

func newFlood(t *testing.T) *flood {
	f := &flood{t: t, now: time.Unix(1e9, 0)}
	f.Service = New(Options{Now: func() time.Time { return f.now }})
	return f
}

func (f *flood) typing(room, who uuid.UUID) {
	f.t.Helper()
	content, err := json.Marshal(signal{Kind: roomlog.Typing, Room: room, At: f.now, User: who, Name: "somebody"})
	if err != nil {
		f.t.Fatal(err)
	}
	f.sent, f.size = f.sent+1, len(content)
	f.receive(content)
}

// settled says whether each signal waits, or was dropped for a reason that is counted.
func (f *flood) settled() bool {
	dropped := uint64(0)
	for _, n := range f.Outcomes() {
		dropped += n
	}
	return dropped+uint64(len(f.waiting.of)) == f.sent
}

// However often the hundred people of a room say that they are typing, no more waits than one signal of each.
func TestTypingTakesOneSlotEach(t *testing.T) {
	f, room, people := newFlood(t), uuid.New(), make([]uuid.UUID, maxMembers)
	for i := range people {
		people[i] = uuid.New()
	}
	for range 200 {
		f.now = f.now.Add(time.Second)
		for _, who := range people {
			f.typing(room, who)
		}
	}
	if len(f.waiting.of) != len(people) || !f.settled() {
		t.Errorf("%d of %d wait, %v", len(f.waiting.of), f.sent, f.Outcomes())
	}
}

// Of a room in which ever others type a bounded part is kept in each second, and of all rooms together no more than a bounded
// number. What does not fit is dropped and counted, and once what waits was taken there is room again.
func TestAFloodOfSignalsIsDropped(t *testing.T) {
	f, room := newFlood(t), uuid.New()
	for second := 1; second <= 3; second++ { // 64 KiB of a room in each, whatever another one has
		for range 2_000 {
			f.typing(room, uuid.New())
		}
		if n := second * (64 << 10 / f.size); len(f.waiting.of) != n+second-1 || !f.settled() {
			t.Errorf("in second %d wait %d, and not %d, %v", second, len(f.waiting.of), n, f.Outcomes())
		}
		f.typing(uuid.New(), uuid.New())
		f.now = f.now.Add(time.Second)
	}
	for range 3 * maxWaiting {
		f.typing(uuid.New(), uuid.New())
	}
	if len(f.waiting.of) != maxWaiting || !f.settled() {
		t.Errorf("of all rooms wait %d, %v", len(f.waiting.of), f.Outcomes())
	}
	taken := 0
	for _, some := range f.takeWaiting() {
		taken += len(some)
	}
	f.now = f.now.Add(time.Second)
	f.typing(room, uuid.New())
	if taken != maxWaiting || len(f.waiting.of) != 1 || len(f.spent) != 1 {
		t.Errorf("%d were taken, %d wait, %d rooms are counted", taken, len(f.waiting.of), len(f.spent))
	}
}
