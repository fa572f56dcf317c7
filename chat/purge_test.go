package chat_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
	"parley/broker/brokertest"
	"parley/chat"
	"parley/chat/follow"
	"parley/chat/roomlog"
	"parley/db"
	"parley/db/dbtest"
	"parley/ent"
	entroom "parley/ent/room"
	"parley/ent/roomevent"
)

// fill gives a room a history, behind the service's back.
func (w *world) fill(who chat.Caller, room *roomlog.Room, chats int) {
	w.t.Helper()
	if err := dbtest.Fill(w.t.Context(), dbtest.Pool(w.t, w.dir), room.ID, who.ID, chats); err != nil {
		w.t.Fatal(err)
	}
}

// left counts the rows of a room: its chats and its log.
func (w *world) left(room uuid.UUID) (chats, events int) {
	w.t.Helper()
	err := w.store.View(w.t.Context(), func(c *ent.Client) (err error) {
		if chats, err = c.Room.Query().Where(entroom.ID(room)).QueryChats().Count(w.t.Context()); err != nil {
			return err
		}
		events, err = c.RoomEvent.Query().Where(roomevent.RoomID(room)).Count(w.t.Context())
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return chats, events
}

// awaitPurged waits until a deleted room holds nothing but its last event.
func (w *world) awaitPurged(room uuid.UUID) {
	w.t.Helper()
	w.await("a room is purged but for its last event", func() bool {
		chats, events := w.left(room)
		purging, err := w.store.Read.Room.Query().Where(entroom.Purging(true)).Exist(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		return chats == 0 && events == 1 && !purging
	})
}

// From the tombstone on nothing of a room is handed out, although its rows are there. (A log that is read
// on from its rows, last chats and known ids that are looked up without their room turn this red.)
func TestNothingIsReadOfARoomThatIsBeingPurged(t *testing.T) {
	notifier := &broker.Memory{}
	w := newWorld(t, chat.Options{Notifier: notifier})
	ann := w.person("ann")
	room, other := w.room(ann, "general"), w.room(ann, "other")
	w.fill(ann, room, 300) // more than a page of the log
	page, err := w.Chats(t.Context(), ann, "general", chat.PageQuery{First: ptr(2)})
	if err != nil {
		t.Fatal(err)
	}
	first, cursor := page.Nodes[0], page.Nodes[0].Cursor()
	from, err := w.Open(t.Context(), ann, "general", &cursor)
	if err != nil {
		t.Fatal(err)
	}
	live := w.follow(ann, "general", nil)
	tail := w.Follow(from, func() {})
	defer tail.Leave()
	rooms, err := w.Rooms(t.Context(), ann, chat.RoomsQuery{})
	if err != nil {
		t.Fatal(err)
	}

	// It is deleted by a node that does not purge, and hidden from the one that would.
	if _, err := chat.New(w.store, chat.Options{Notifier: notifier}).DeleteRoom(t.Context(), ann, "general"); err != nil {
		t.Fatal(err)
	}
	if chats, events := w.left(room.ID); chats != 300 || events != 301 {
		t.Fatalf("%d chats and %d events are left", chats, events)
	}
	err = w.store.Write(t.Context(), func(tx *ent.Tx) error { return tx.Room.UpdateOneID(room.ID).ClearPurging().Exec(t.Context()) })
	if err != nil {
		t.Fatal(err)
	}

	wantErr(t, live.end(), chat.ErrNoRoom)
	events, err := tail.Next(t.Context(), from.At)
	if err != nil || len(events) != 1 || events[0].Kind != roomlog.RoomDeleted || events[0].Position().Place != 301 {
		t.Errorf("a reader behind is given %d events, %v", len(events), err)
	}
	if more, err := tail.Next(t.Context(), events[0].Position()); err != nil || len(more) != 0 {
		t.Errorf("after the end comes %+v, %v", more, err)
	}
	id := first.ID.String()
	for _, name := range []string{"general", room.ID.String()} {
		_, err = w.Room(t.Context(), ann, name)
		wantErr(t, err, chat.ErrNoRoom)
		_, err = w.Open(t.Context(), ann, name, &cursor)
		wantErr(t, err, chat.ErrNoRoom)
		_, err = w.OpenAll(t.Context(), ann, []string{name}, []string{cursor})
		wantErr(t, err, chat.ErrNoRoom)
		_, err = w.Chats(t.Context(), ann, name, chat.PageQuery{})
		wantErr(t, err, chat.ErrNoRoom)
		_, err = w.Send(t.Context(), ann, chat.Draft{Room: name, Text: "x"})
		wantErr(t, err, chat.ErrNoRoom)
		_, err = w.Send(t.Context(), ann, chat.Draft{Room: name, Text: "x", ID: &id})
		wantErr(t, err, chat.ErrNoRoom)
	}
	_, err = w.Chat(t.Context(), ann, id)
	wantErr(t, err, chat.ErrNoChat)
	if chats, err := w.ChatsByID(t.Context(), ann, []uuid.UUID{first.ID}); err != nil || chats[0] != nil {
		t.Errorf("by id: %v, %v", chats, err)
	}
	if chats, err := w.LastChats(t.Context(), ann, rooms.Nodes()); err != nil || slices.ContainsFunc(chats, func(c *roomlog.Chat) bool { return c != nil }) {
		t.Errorf("newest chats: %v, %v", chats, err)
	}
	_, err = w.EditChat(t.Context(), ann, id, chat.Edit{Text: new("x")})
	wantErr(t, err, chat.ErrNoChat)
	_, err = w.DeleteChat(t.Context(), ann, id)
	wantErr(t, err, chat.ErrNoChat)
	if c, err := w.Send(t.Context(), ann, chat.Draft{Room: "other", Text: "fresh", ID: &id}); err != nil || c.Room.ID != other.ID || *c.Text != "fresh" || c.Number != 1 {
		t.Errorf("its id is not free: %+v, %v", c, err)
	}
}

// What is left in the memory that readers share is not shown either; and a reader who was ahead of it, because no notification
// had been sent, is given the end. (That reader met a panic.)
func TestReadersOfADeletedRoomAreGivenTheEnd(t *testing.T) {
	w := newWorld(t, chat.Options{Notifier: brokertest.Lossy{}, HeadsInterval: time.Hour})
	ann := w.person("ann")
	w.room(ann, "general")
	open := func() (follow.Start, *follow.Tail) {
		from, err := w.Open(t.Context(), ann, "general", nil)
		if err != nil {
			t.Fatal(err)
		}
		tail := w.Follow(from, func() {})
		t.Cleanup(tail.Leave)
		return from, tail
	}
	slow, slowTail := open()
	_, fast := open()
	for range 3 {
		w.send(ann, "general", "x")
	}
	if events, err := fast.Next(t.Context(), slow.At); err != nil || len(events) != 3 { // and so they lie in the window
		t.Fatal(len(events), err)
	}
	for range 3 {
		w.send(ann, "general", "y")
	}
	ahead, aheadTail := open()
	if _, err := w.DeleteRoom(t.Context(), ann, "general"); err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct {
		at   roomlog.Position
		tail *follow.Tail
	}{{ahead.At, aheadTail}, {slow.At, slowTail}} {
		events, err := r.tail.Next(t.Context(), r.at)
		if err != nil || len(events) != 1 || events[0].Kind != roomlog.RoomDeleted {
			t.Fatalf("after %d come %d events, %v", r.at.Place, len(events), err)
		}
		if events, err = r.tail.Next(t.Context(), events[0].Position()); err != nil || len(events) != 0 {
			t.Errorf("behind the end come %d events, %v", len(events), err)
		}
	}
}

// A room of any size goes in small transactions, and a restart in the middle loses nothing of that.
func TestPurgeIsInPartsAndGoesOnAfterARestart(t *testing.T) {
	const n = 5000
	var deletes atomic.Int64
	dir := t.TempDir()
	w := openWorld(t, dir, chat.Options{})
	ann := w.person("ann")
	room, kept := w.room(ann, "general"), w.room(ann, "kept")
	w.fill(ann, room, n)
	w.fill(ann, kept, 10)
	w.stop()
	if _, err := w.DeleteRoom(t.Context(), ann, "general"); err != nil { // and nobody purges it
		t.Fatal(err)
	}
	if chats, events := w.left(room.ID); chats != n || events != n+1 {
		t.Fatalf("%d chats and %d events are left", chats, events)
	}
	interrupted, stop := context.WithCancel(t.Context())
	again := chat.New(w.store, chat.Options{Notifier: &broker.Memory{}, OnError: func(err error) { t.Error(err) }})
	ended := make(chan error, 1)
	go func() { ended <- again.Run(interrupted) }()
	for end := time.Now().Add(timeout); ; {
		chats, _ := w.left(room.ID)
		if chats < n {
			stop()
			break
		}
		if time.Now().After(end) {
			t.Error("nothing is purged after a restart")
			stop()
			break
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	third := worldOn(t, db.Options{Patience: dbtest.Patience, URL: dbtest.URL(t, dir), Dir: dir, Trace: func(_ context.Context, s any) {
		if strings.Contains(fmt.Sprint(s), "DELETE FROM") {
			deletes.Add(1)
		}
	}}, chat.Options{OnError: func(err error) { t.Error(err) }})
	third.awaitPurged(room.ID)
	if got := deletes.Load(); got < 2*n/128 {
		t.Errorf("all went in %d statements", got)
	}
	if chats, events := third.left(kept.ID); chats != 10 || events != 10 {
		t.Errorf("of the other room %d chats and %d events are left", chats, events)
	}
}

// Several nodes that purge at once do each other no harm, while others send.
func TestNodesPurgeTogether(t *testing.T) {
	notifier := &broker.Memory{}
	o := chat.Options{Notifier: notifier, OnError: func(err error) { t.Error(err) }}
	w := newWorld(t, o)
	ann := w.person("ann")
	w.room(ann, "kept")
	var gone []*roomlog.Room
	for i := range 3 {
		room := w.room(ann, fmt.Sprint("room ", i))
		w.fill(ann, room, 1000)
		gone = append(gone, room)
	}
	ctx, stop := context.WithCancel(t.Context())
	second := chat.New(w.store, o)
	ended := make(chan error, 1)
	go func() { ended <- second.Run(ctx) }()
	for i, room := range gone {
		by := []*chat.Service{w.Service, second}[i%2]
		if _, err := by.DeleteRoom(t.Context(), ann, room.ID.String()); err != nil {
			t.Fatal(err)
		}
	}
	w.sendMany(ann, "kept", 400)
	for _, room := range gone {
		w.awaitPurged(room.ID)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if page := w.all(ann, "kept"); len(page) != 400 {
		t.Errorf("%d chats of another room", len(page))
	}
}
