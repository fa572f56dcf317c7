package broker

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"parley/chat"
)

// What other nodes are told at once are notifications of commits first, in whichever order they came, and signals behind them.
func TestNotificationsGoBeforeSignals(t *testing.T) {
	b := newBus(nil)
	b.up()
	told := ""
	tell := func() string {
		told = ""
		b.tell(
			func(rooms []uuid.UUID) error { told += fmt.Sprint(len(rooms), " rooms, "); return nil },
			100, func(packed []byte) error { told += fmt.Sprint(len(unpackSignals(packed)), " signals, "); return nil },
		)
		return told
	}
	b.Signal("one", []byte("one"))
	b.Signal("other", []byte("other"))
	b.Notify(uuid.New())
	if got := tell(); got != "1 rooms, 2 signals, " {
		t.Errorf("told %s", got)
	}
	b.Signal("large", make([]byte, 90))
	b.Signal("next", make([]byte, 90))
	if got := tell(); got != "1 signals, " {
		t.Errorf("told %s", got)
	}
	b.Notify(uuid.New(), uuid.New()) // before the signal that has not fitted
	if got := tell(); got != "2 rooms, 1 signals, " {
		t.Errorf("told %s", got)
	}
}

// The largest signal waits for other nodes; one that is larger is dropped, and counted.
func TestNoSignalIsTooLarge(t *testing.T) {
	b := newBus(nil)
	b.up()
	for size, want := range map[int]int{chat.MaxSignal: 1, chat.MaxSignal + 1: 0} {
		b.Signal("slot", make([]byte, size))
		packed, n, _, _ := b.slots.take(1 << 20)
		if n != want || len(packed) != want*(lengthBytes+size) {
			t.Errorf("of %d bytes %d are sent, of %d signals", size, len(packed), n)
		}
	}
	if n := b.Stats().SignalsDropped; n != 1 {
		t.Errorf("%d were dropped", n)
	}
}
