package chat_test

import (
	"maps"
	"testing"
	"time"

	"parley/chat"
	"parley/ent"
	"parley/ent/roomevent"
	"parley/limit"
)

// A send is counted once, by what its sender was told.
func TestStatsTellSends(t *testing.T) {
	w := newWorld(t, chat.Options{SendRate: limit.Rate{Calls: 1, Per: time.Hour}})
	ann, bob := w.person("ann"), w.person("bob")
	w.room(ann, "general")
	w.send(ann, "general", "one")
	for range 3 { // the burst is three
		_, _ = w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: "more"})
	}
	_, _ = w.Send(t.Context(), bob, chat.Draft{Room: "nowhere", Text: "x"})
	_, _ = w.Send(t.Context(), bob, chat.Draft{Room: "general"})
	s := w.Stats()
	maps.DeleteFunc(s.Sends, func(_ string, n uint64) bool { return n == 0 })
	if want := map[string]uint64{"ok": 3, "too_fast": 1, "not_found": 1, "invalid": 1}; !maps.Equal(s.Sends, want) {
		t.Errorf("got %v, want %v", s.Sends, want)
	}
	if s.Queue.BatchSize.Sum != 3 || s.Queue.CommitTime.Sum <= 0 || s.Queue.Queued != 0 || s.Queue.QueuedBytes != 0 {
		t.Errorf("got %+v", s)
	}
}

// A log with a hole hands nothing out, and is counted as such: it is the one fault that must wake somebody.
func TestStatsTellOfAHole(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	room := w.room(ann, "general")
	one := w.send(ann, "general", "one")
	w.send(ann, "general", "two")
	w.send(ann, "general", "three")
	err := w.store.Write(t.Context(), func(tx *ent.Tx) error {
		_, err := tx.RoomEvent.Delete().Where(roomevent.RoomID(room.ID), roomevent.Place(2)).Exec(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	cursor := one.Cursor()
	from, err := w.Open(t.Context(), ann, "general", &cursor)
	if err != nil {
		t.Fatal(err)
	}
	tail := w.Follow(from, func() {})
	if s := w.Stats(); s.Log.Rooms != 1 {
		t.Errorf("%d rooms are followed", s.Log.Rooms)
	}
	if events, err := tail.Next(t.Context(), from.At); err == nil {
		t.Errorf("handed out %v", events)
	}
	if s := w.Stats(); s.Log.Holes != 1 || s.Log.CatchUpReads != 1 || s.Log.FailedReads+s.Log.Diverged+s.Log.LiveReads != 0 {
		t.Errorf("got %+v", s)
	}
	tail.Leave()
	if s := w.Stats(); s.Log.Rooms != 0 {
		t.Errorf("%d rooms are followed", s.Log.Rooms)
	}
}
