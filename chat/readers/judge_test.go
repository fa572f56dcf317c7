package readers_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
	"parley/chat"
)

// last is what a reader is told who is judged.
func (w *world) last(of uuid.UUID, who chat.Caller, asMember bool) string {
	w.t.Helper()
	v, err := w.Judge(w.t.Context(), who.ID, of, asMember)
	if err != nil || v.Why == nil || v.Last == nil {
		w.t.Fatalf("%s is judged: %+v, %v", who.Username, v, err)
	}
	text := fmt.Sprint(v.Last.Kind, " ", v.Last.Room.Name)
	if v.Last.Cursor() != nil {
		text += fmt.Sprint(" at ", v.Last.Position().Place)
	}
	return text
}

// Of a room that is deleted whoever could read it until then is told the end, and whoever could not what had ended their own
// reading: no name that the room had later. What is purged meanwhile takes names away, and shows none.
func TestLastOfADeletedRoom(t *testing.T) {
	w := newWorld(t, &broker.Memory{}, time.Hour)
	ann, bob, cid, eve := w.person("ann"), w.person("bob"), w.person("cid"), w.person("eve")
	for _, hidden := range []bool{false, true} {
		in := w.room(ann, "old")
		if hidden {
			w.exec("UPDATE rooms SET kind = 'PRIVATE' WHERE id = '" + in.String() + "'")
		}
		w.join(in, bob)   // 1
		w.join(in, cid)   // 2
		w.remove(in, bob) // 3
		w.remove(in, cid) // 4
		w.rename(in, "new")
		w.join(in, cid) // 6
		if got := w.last(in, bob, true); got != "MEMBER_REMOVED old at 3" {
			t.Errorf("before the end bob is told %s", got)
		}
		// as DeleteRoom does it, without the purge
		w.stop()
		if _, err := w.DeleteRoom(t.Context(), ann, in.String()); err != nil {
			t.Fatal(err)
		}
		stranger := "ROOM_DELETED "
		for name, want := range map[string]struct {
			who      chat.Caller
			asMember bool
			told     string
		}{
			"who was in it":      {ann, true, "ROOM_DELETED new at 7"},
			"who came back":      {cid, true, "ROOM_DELETED new at 7"},
			"the same, anywhere": {cid, false, "ROOM_DELETED new at 7"},
			"who was removed":    {bob, true, "MEMBER_REMOVED old at 3"},
			"a stranger":         {eve, false, stranger},
		} {
			if got := w.last(in, want.who, want.asMember); got != want.told {
				t.Errorf("%s, hidden %v, is told %s", name, hidden, got)
			}
		}
		if got := w.last(in, bob, false); hidden && got != "MEMBER_REMOVED old at 3" || !hidden && got != stranger {
			t.Errorf("who was removed and reads as anybody, hidden %v, is told %s", hidden, got)
		}
		w.exec("DELETE FROM room_events WHERE place < 7 AND room_id = '" + in.String() + "'")
		if got := w.last(in, cid, true) + ", " + w.last(in, bob, true); got != "ROOM_DELETED new at 7, ROOM_DELETED " {
			t.Errorf("without the log they are told %s", got)
		}
		w.exec("DELETE FROM members WHERE room_id = '" + in.String() + "'")
		if got := w.last(in, ann, true) + ", " + w.last(in, cid, true); got != "ROOM_DELETED , ROOM_DELETED " {
			t.Errorf("without the members they are told %s", got)
		}
	}
	if v, err := w.Judge(t.Context(), ann.ID, uuid.New(), true); err != nil || !errors.Is(v.Why, chat.ErrNoRoom) {
		t.Errorf("of no room: %+v, %v", v, err)
	}
}
