package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
	"parley/ent"
)

// Sends that wait while their room is deleted are refused together, and the room's counters are what they were. (Each
// of them once had a transaction of its own, in which all others ran again; any stranger could make it so.)
func TestSendsIntoADeletedRoomAreRefusedTogether(t *testing.T) {
	const n = 100
	var counted atomic.Int32
	w := traceWorld(t, t.TempDir(), chat.Options{BatchEntries: n / 4}, func(_ context.Context, s any) {
		if text := fmt.Sprint(s); strings.Contains(text, "UPDATE") && strings.Contains(text, "last_place") {
			counted.Add(1)
		}
	})
	ann := w.person("ann")
	gone, kept := w.room(ann, "gone"), w.room(ann, "kept")
	w.send(ann, "gone", "so that the room is remembered")
	w.send(ann, "kept", "likewise")
	before, err := w.store.Read.Room.Get(t.Context(), gone.ID)
	if err != nil {
		t.Fatal(err)
	}
	refused, stored := make(chan error, n), make(chan error, 1)
	var senders sync.Once
	counted.Store(0)
	err = w.store.Write(t.Context(), func(tx *ent.Tx) error { // what another node does, and the writer waits for
		err := tx.Room.UpdateOneID(gone.ID).SetName("").ClearNameKey().SetDeletedAt(time.Now().UTC()).Exec(t.Context())
		senders.Do(func() {
			for range n {
				go func() {
					_, err := w.Send(t.Context(), ann, chat.Draft{Room: "gone", Text: "x"})
					refused <- err
				}()
			}
			go func() {
				_, err := w.Send(t.Context(), ann, chat.Draft{Room: "kept", Text: "two"})
				stored <- err
			}()
		})
		w.await("half of the sends wait", func() bool { return w.Stats().Queue.Queued >= n/2 }) // the writer has taken a batch at most
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		wantErr(t, <-refused, chat.ErrNoRoom)
	}
	wantErr(t, <-stored, nil)
	if got := counted.Load(); got > n/4 {
		t.Errorf("counters were written %d times", got)
	}
	after, err := w.store.Read.Room.Get(t.Context(), gone.ID)
	if err != nil {
		t.Fatal(err)
	}
	if after.LastPlace != before.LastPlace || after.LastNumber != before.LastNumber || after.LastTag != before.LastTag || !after.LastAt.Equal(before.LastAt) {
		t.Errorf("the counters are %v, and were %v", after, before)
	}
	if all := w.all(ann, "kept"); len(all) != 2 || all[1].Number != 2 || w.logLength(gone) != 1 || w.logLength(kept) != 2 {
		t.Errorf("in the other room are %v", all)
	}
}
