package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
	"parley/chat"
)

// eventStream is a stream of events of some rooms.
type eventStream struct {
	t      testing.TB
	events <-chan *chat.Event
	ended  chan error
	stop   func()
}

func (w *world) events(reader chat.Person, rooms, after []string) *eventStream {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	s := &eventStream{t: w.t, ended: make(chan error, 1), stop: cancel}
	var err error
	if s.events, err = w.Events(ctx, reader.ID, rooms, after, func(err error) { s.ended <- err }); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		cancel()
		for range s.events { // until it is closed
		}
	})
	return s
}

func (s *eventStream) next() *chat.Event {
	s.t.Helper()
	select {
	case e, ok := <-s.events:
		if !ok {
			s.t.Fatal("the stream was closed")
		}
		return e
	case <-time.After(patience):
		s.t.Fatal("no event came")
		return nil
	}
}

func (s *eventStream) want(kind chat.EventKind) *chat.Event {
	s.t.Helper()
	e := s.next()
	if e.Kind != kind {
		s.t.Fatalf("got %s, want %s", e.Kind, kind)
	}
	return e
}

func TestEventsOfARoom(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	room := w.room(ann, "general")
	live := w.events(ann, []string{"general"}, nil)
	up := live.want(chat.CaughtUp)
	if len(up.Cursors) != 1 || up.Cursor() != nil || up.Room != nil || up.At.IsZero() {
		t.Errorf("caught up: %+v", up)
	}
	c := w.send(ann, "general", "one")
	w.edit(ann, c.ID, "uno")
	if e := live.want(chat.ChatSent); e.Chat.ID != c.ID || e.ActorID != ann.ID || e.Room.ID != room.ID || *e.Cursor() != c.Cursor() {
		t.Errorf("sent: %+v", e)
	}
	edited := live.want(chat.ChatEdited)
	if *edited.Chat.Text != "uno" || edited.Chat.EditedAt == nil {
		t.Errorf("edited: %+v", edited.Chat)
	}
	if _, err := w.DeleteChat(t.Context(), ann.ID, c.ID.String()); err != nil {
		t.Fatal(err)
	}
	if e := live.want(chat.ChatDeleted); e.Chat.Text != nil || e.Chat.DeletedAt == nil {
		t.Errorf("deleted: %+v", e.Chat)
	}
	// Whoever was away sees the last state, at every place.
	for _, from := range []string{up.Cursors[0], *edited.Cursor()} {
		late := w.events(ann, []string{room.ID.String(), "general"}, []string{from})
		if from == up.Cursors[0] {
			if e := late.want(chat.ChatSent); e.Chat.Text != nil {
				t.Errorf("the text of a deleted chat: %v", *e.Chat.Text)
			}
			late.want(chat.ChatEdited)
		}
		late.want(chat.ChatDeleted)
		late.want(chat.CaughtUp)
		late.stop()
	}
	if _, err := w.DeleteRoom(t.Context(), ann.ID, "general"); err != nil {
		t.Fatal(err)
	}
	if e := live.want(chat.RoomDeleted); e.Room.Name != "general" || e.Chat != nil {
		t.Errorf("room deleted: %+v", e.Room)
	}
	select {
	case err := <-live.ended:
		wantErr(t, err, chat.ErrNoRoom)
	case <-time.After(patience):
		t.Error("the stream of no room goes on")
	}
}

// Streams of three rooms that are cut again and again and resume from their last cursors get every
// event of each room once and in order, whatever the bells do.
func TestEventsResumeWithoutGap(t *testing.T) {
	for name, o := range map[string]chat.Options{
		"with a bell":          {Broker: &broker.Memory{}, HeadsInterval: time.Hour},
		"with every bell lost": {Broker: deaf{}, HeadsInterval: 2 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, o)
			ann := w.person("ann")
			rooms := []string{"red", "green", "blue"}
			cursors := map[uuid.UUID]string{}
			for _, r := range rooms {
				room := w.room(ann, r)
				page, err := w.Chats(t.Context(), ann.ID, r, chat.PageQuery{})
				if err != nil {
					t.Fatal(err)
				}
				cursors[room.ID] = *page.SyncCursor
			}
			const each = 200
			var wg sync.WaitGroup
			for _, r := range rooms {
				wg.Go(func() { w.sendMany(ann, r, each) })
			}
			numbers := map[uuid.UUID]int{}
			for got := 0; got < 3*each; {
				var after []string
				for _, c := range cursors {
					after = append(after, c)
				}
				s := w.events(ann, rooms, after)
				for range 40 {
					if got == 3*each {
						break
					}
					e := s.next()
					if e.Kind == chat.CaughtUp {
						if len(e.Cursors) != 3 {
							t.Fatalf("caught up with %d cursors", len(e.Cursors))
						}
						continue
					}
					if numbers[e.Room.ID]++; e.Chat.Number != numbers[e.Room.ID] {
						t.Fatalf("room %s: number %d instead of %d", e.Room.Name, e.Chat.Number, numbers[e.Room.ID])
					}
					cursors[e.Room.ID] = *e.Cursor()
					got++
				}
				s.stop()
			}
			wg.Wait()
		})
	}
}

// CaughtUp's cursors lie exactly behind what came before it.
func TestCaughtUpSaysWhereToGoOn(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	var after []string
	for _, r := range []string{"red", "silent"} {
		w.room(ann, r)
		page, err := w.Chats(t.Context(), ann.ID, r, chat.PageQuery{})
		if err != nil {
			t.Fatal(err)
		}
		after = append(after, *page.SyncCursor)
	}
	w.sendMany(ann, "red", 300)
	s := w.events(ann, []string{"red", "silent"}, after)
	last := ""
	for n := 1; ; n++ {
		e := s.next()
		if e.Kind == chat.CaughtUp {
			if n != 301 || !slices.Contains(e.Cursors, last) || !slices.Contains(e.Cursors, after[1]) {
				t.Errorf("caught up as %d., at %v; the last was %s", n, e.Cursors, last)
			}
			after = e.Cursors
			break
		}
		last = *e.Cursor()
	}
	s.stop()
	w.send(ann, "silent", "hello")
	again := w.events(ann, []string{"silent", "red"}, after)
	if e := again.want(chat.ChatSent); *e.Chat.Text != "hello" {
		t.Errorf("got %v", *e.Chat.Text)
	}
	again.want(chat.CaughtUp)
}

func TestDeletedRoomLeavesTheOthers(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "red")
	w.room(ann, "green")
	s := w.events(ann, []string{"red", "green"}, nil)
	s.want(chat.CaughtUp)
	if _, err := w.DeleteRoom(t.Context(), ann.ID, "red"); err != nil {
		t.Fatal(err)
	}
	s.want(chat.RoomDeleted)
	w.send(ann, "green", "still here")
	if e := s.want(chat.ChatSent); e.Room.Name != "green" {
		t.Errorf("got %+v", e)
	}
}

func TestEventsAtTheDoor(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "red")
	green := w.room(ann, "green")
	one, two := w.send(ann, "red", "one"), w.send(ann, "red", "two")
	ask := func(rooms, after []string) error {
		_, err := w.Events(t.Context(), ann.ID, rooms, after, nil)
		return err
	}
	wantInvalid(t, ask(nil, nil), "rooms", "REQUIRED")
	wantInvalid(t, ask([]string{"green"}, []string{one.Cursor()}), "after", "CURSOR_INVALID")
	wantInvalid(t, ask([]string{"red"}, []string{one.Cursor(), two.Cursor()}), "after", "CURSOR_INVALID")
	wantInvalid(t, ask([]string{"red"}, []string{"nonsense"}), "after", "CURSOR_INVALID")
	wantErr(t, ask([]string{"red", "nowhere"}, nil), chat.ErrNoRoom)
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprint("room", i)
	}
	var limit *chat.LimitError
	if err := ask(many, nil); !errors.As(err, &limit) || limit.Reason != "ROOMS" {
		t.Errorf("got %v", err)
	}
	if _, err := w.DeleteRoom(t.Context(), ann.ID, green.ID.String()); err != nil {
		t.Fatal(err)
	}
	wantErr(t, ask([]string{green.ID.String()}, nil), chat.ErrNoRoom)
}
