package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/broker"
	"parley/broker/brokertest"
	"parley/chat"
	"parley/ent"
	"parley/ent/roomevent"
)

// sendMany sends n chats from several people at once.
func (w *world) sendMany(from chat.Caller, room string, n int) {
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for k := range n / 4 {
				if _, err := w.Send(w.t.Context(), from, chat.Draft{Room: room, Text: fmt.Sprint(i, k)}); err != nil {
					w.t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// Streams give each chat once and in order, with notifications or without.
//
// Broken on purpose, the service was caught with
//
//	notifications before the commit           with notifications
//	heads that nobody compares               of another node, with every notification lost
func TestStreamHasNoGap(t *testing.T) {
	lost := chat.Options{Notifier: brokertest.Lossy{}, HeadsInterval: 5 * time.Millisecond}
	for name, c := range map[string]struct {
		chat.Options
		another bool // node, where the chats are sent
	}{
		"with notifications":                            {chat.Options{Notifier: &broker.Memory{}, HeadsInterval: time.Hour}, false},
		"of another node":                               {chat.Options{Notifier: &broker.Memory{}, HeadsInterval: time.Hour}, true},
		"with every notification lost":                  {lost, false},
		"of another node, with every notification lost": {lost, true},
		"with batches of one":                           {chat.Options{BatchEntries: 1}, false},
		"with notifications and interval":               {chat.Options{HeadsInterval: time.Millisecond}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.Options)
			sender := w
			if c.another {
				sender = runWorld(t, w.store, w.dir, c.Options)
				defer sender.stop()
			}
			ann := w.person("ann")
			w.room(ann, "general")
			const n = 1200
			streams := []*stream{w.follow(ann, "general", nil), w.follow(ann, "general", nil), w.follow(ann, "general", nil)}
			var wg sync.WaitGroup
			wg.Go(func() { sender.sendMany(ann, "general", n) })
			for i, s := range streams {
				wg.Go(func() {
					for want := 1; want <= n; want++ {
						if c := s.next(); c.Number != want {
							t.Errorf("stream %d: number %d came instead of %d", i, c.Number, want)
							return
						}
					}
				})
			}
			wg.Wait()
			late := w.follow(ann, "general", ptr(w.all(ann, "general")[99].Cursor())) // behind every window
			for want := 101; want <= n; want++ {
				if c := late.next(); c.Number != want {
					t.Fatalf("late: number %d came instead of %d", c.Number, want)
				}
			}
		})
	}
}

// What is sent between opening a room and following it notifies nobody, and is there at once.
func TestNothingIsMissedBeforeTheFirstNotification(t *testing.T) {
	w := newWorld(t, chat.Options{HeadsInterval: time.Hour})
	ann := w.person("ann")
	w.room(ann, "general")
	from, err := w.Open(t.Context(), ann, "general", nil)
	if err != nil {
		t.Fatal(err)
	}
	c := w.send(ann, "general", "in between")
	tail := w.Follow(from, func() {})
	defer tail.Leave()
	events, err := tail.Next(t.Context(), from.At)
	if err != nil || len(events) != 1 || events[0].Chat.ID != c.ID {
		t.Errorf("got %v %v", events, err)
	}
}

// A page and the stream from its syncCursor are one list, whatever is sent in between.
func TestPageAndStreamMeet(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := w.Send(ctx, ann, chat.Draft{Room: "general", Text: "x"}); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	defer func() { stop(); wg.Wait() }()
	for range 100 {
		page, err := w.Chats(t.Context(), ann, "general", chat.PageQuery{})
		if err != nil {
			t.Fatal(err)
		}
		last := 0
		if n := len(page.Nodes); n > 0 {
			last = page.Nodes[n-1].Number
		}
		s := w.follow(ann, "general", page.SyncCursor)
		for want := last + 1; want <= last+3; want++ {
			if c := s.next(); c.Number != want {
				t.Fatalf("after a page up to %d came %d, want %d", last, c.Number, want)
			}
		}
		s.stop()
	}
}

func TestDeletedRoomEndsItsStreams(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	first := w.send(ann, "general", "one")
	w.send(ann, "general", "two")
	live, behind := w.follow(ann, "general", nil), w.follow(ann, "general", ptr(first.Cursor()))
	if c := behind.next(); c.Number != 2 {
		t.Fatalf("got %v", c)
	}
	if _, err := w.DeleteRoom(t.Context(), ann, "general"); err != nil {
		t.Fatal(err)
	}
	wantErr(t, live.end(), chat.ErrNoRoom)
	wantErr(t, behind.end(), chat.ErrNoRoom)
}

// A history that is not the one behind the cursor is never continued: not where a stream is opened, and not
// under a stream that is running. (Cursors whose tag is not compared turn this test and the next red.)
func TestDivergedHistoryIsSaid(t *testing.T) {
	w := newWorld(t, chat.Options{HeadsInterval: 5 * time.Millisecond})
	ann := w.person("ann")
	room := w.room(ann, "general")
	w.send(ann, "general", "one")
	two := w.send(ann, "general", "two")
	running := w.follow(ann, "general", nil)

	// What a restored backup does: the same place, another event.
	err := w.store.Write(t.Context(), func(tx *ent.Tx) error {
		if _, err := tx.RoomEvent.Delete().Where(roomevent.RoomID(room.ID), roomevent.Place(2)).Exec(t.Context()); err != nil {
			return err
		}
		if err := tx.Chat.DeleteOneID(two.ID).Exec(t.Context()); err != nil {
			return err
		}
		return tx.Room.UpdateOneID(room.ID).SetLastPlace(1).SetLastNumber(1).Exec(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Open(t.Context(), ann, "general", ptr(two.Cursor()))
	wantErr(t, err, chat.ErrDiverged) // beyond the head
	w.send(ann, "general", "another two")
	w.send(ann, "general", "three")
	_, err = w.Open(t.Context(), ann, "general", ptr(two.Cursor()))
	wantErr(t, err, chat.ErrDiverged) // another tag at that place
	_, err = w.Chats(t.Context(), ann, "general", chat.PageQuery{After: ptr(two.Cursor())})
	wantErr(t, err, chat.ErrDiverged)
	wantErr(t, running.end(), chat.ErrDiverged)
}

// Under a running stream the place it stands on can have become another event without the head ever
// being seen to go back; the tag tells.
func TestAnotherEventAtTheSamePlace(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	room := w.room(ann, "general")
	w.send(ann, "general", "one")
	running := w.follow(ann, "general", nil)
	w.send(ann, "general", "two")
	running.next()
	err := w.store.Write(t.Context(), func(tx *ent.Tx) error {
		rows, err := tx.RoomEvent.Query().Where(roomevent.RoomID(room.ID), roomevent.Place(2)).All(t.Context())
		if err != nil {
			return err
		}
		if err := tx.RoomEvent.DeleteOne(rows[0]).Exec(t.Context()); err != nil {
			return err
		}
		if err := tx.Room.UpdateOneID(room.ID).SetLastTag(rows[0].Tag + 1).Exec(t.Context()); err != nil {
			return err
		}
		return tx.RoomEvent.Create().SetRoomID(room.ID).SetPlace(2).SetNumber(2).SetTag(rows[0].Tag + 1).
			SetKind(rows[0].Kind).SetAt(rows[0].At).SetActorID(ann.ID).SetNillableChatID(rows[0].ChatID).Exec(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	w.send(ann, "general", "three")
	wantErr(t, running.end(), chat.ErrDiverged)
}

// A reader that does not take its chats delays nobody and loses nothing.
func TestSlowReaderLosesNothing(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	slow, quick := w.follow(ann, "general", nil), w.follow(ann, "general", nil)
	const n = 800 // far beyond what a cache keeps
	w.sendMany(ann, "general", n)
	for _, s := range []*stream{quick, slow} {
		for want := 1; want <= n; want++ {
			if c := s.next(); c.Number != want {
				t.Fatalf("number %d came instead of %d", c.Number, want)
			}
		}
	}
}

func TestStreamEndsWithItsContextAndSaysNothing(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	s := w.follow(ann, "general", nil)
	s.stop()
	for range s.chats { // until it is closed
	}
	select {
	case err := <-s.ended:
		t.Errorf("a reader that left was told %v", err)
	default:
	}
}

// A page of the log has no more large chats than it takes to fill it: who reads on with small writes does not read all
// that follows each time. Nothing is left out.
func TestPagesOfTheLogAreBounded(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	from, err := w.Open(t.Context(), ann, "general", nil)
	if err != nil {
		t.Fatal(err)
	}
	const n, large = 12, 40_000
	for range n {
		if _, err := w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: strings.Repeat("😀", large/4)}); err != nil {
			t.Fatal(err)
		}
	}
	tail := w.Follow(from, func() {})
	defer tail.Leave()
	at, read := from.At, 0
	for read < n {
		events, err := tail.Next(t.Context(), at)
		if err != nil || len(events) == 0 || len(events) > 3 {
			t.Fatalf("behind %d: %d events, %v", read, len(events), err)
		}
		for _, e := range events {
			if read++; e.Chat.Number != read {
				t.Fatalf("number %d came instead of %d", e.Chat.Number, read)
			}
		}
		at = events[len(events)-1].Position()
	}
}
