package readers_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
	"parley/chat"
	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent"
)

// last is what a reader is told who is judged.
func (w *world) last(of uuid.UUID, who chat.Caller, asMember bool) string {
	w.t.Helper()
	v, err := w.Judge(w.t.Context(), who.ID, of, asMember)
	if err != nil || v.Why == nil || v.Last == nil {
		w.t.Fatalf("%s is judged: %+v, %v", who.Username, v, err)
	}
	row := w.store.Read.Room.GetX(w.t.Context(), of)
	wantLost(w.t, v.Last, row)
	text := fmt.Sprint(v.Last.Kind, " ", v.Last.Room.Name)
	if v.Last.Cursor() != nil {
		text += fmt.Sprint(" at ", v.Last.Position().Place)
	}
	return text
}

// wantLost wants an event to show of a room what never changes, and nothing that can but its name.
func wantLost(t testing.TB, e *roomlog.Event, row *ent.Room) {
	t.Helper()
	r := e.Room
	if r.ID != row.ID || !r.CreatedAt.Equal(row.CreatedAt) || string(r.Kind) != string(row.Kind) {
		t.Errorf("%s shows %+v", e.Kind, r)
	}
	if r.Topic != nil || r.SendRole != access.Member || r.MemberCount != 0 || r.LastNumber != 0 || r.Newest != nil || r.As != nil {
		t.Errorf("%s shows of the room as it is now %+v", e.Kind, r)
	}
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
		if _, err := w.UpdateRoom(t.Context(), ann, in.String(), chat.RoomChange{Name: new("new"), Topic: new(new("about")), SendRole: new(access.Admin)}); err != nil {
			t.Fatal(err)
		}
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
