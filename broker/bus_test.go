package broker

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
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
