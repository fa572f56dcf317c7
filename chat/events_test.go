package chat_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/chat"
	"parley/chat/follow/logtest"
	"parley/chat/roomlog"
)

// eventStream is all that happens in a room.
type eventStream struct {
	t      testing.TB
	events <-chan *roomlog.Event
	ended  chan error
	stop   func()
}

func (w *world) events(reader chat.Caller, room string, after []string) *eventStream {
	w.t.Helper()
	starts, err := w.OpenAll(w.t.Context(), reader, []string{room}, after)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	events := make(chan *roomlog.Event)
	s := &eventStream{t: w.t, events: events, ended: make(chan error, 1), stop: cancel}
	wake, notify := logtest.Wake()
	tail := w.Follow(starts[0], notify)
	go func() {
		defer close(events)
		defer tail.Leave()
		s.ended <- pump(ctx, tail, wake, starts[0].At, func(e *roomlog.Event) bool {
			select {
			case events <- e:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	w.t.Cleanup(func() {
		cancel()
		for range s.events { // until it is closed
		}
	})
	return s
}

func (s *eventStream) next() *roomlog.Event {
	s.t.Helper()
	select {
	case e, ok := <-s.events:
		if !ok {
			s.t.Fatal("the stream was closed")
		}
		return e
	case <-time.After(timeout):
		s.t.Fatal("no event came")
		return nil
	}
}

func (s *eventStream) want(kind roomlog.EventKind) *roomlog.Event {
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
	starts, err := w.OpenAll(t.Context(), ann, []string{"general"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	empty := starts[0].Head.Cursor(room.ID)
	up := w.CaughtUp([]string{empty})
	if len(up.Cursors) != 1 || up.Cursor() != nil || up.Room != nil || up.At.IsZero() {
		t.Errorf("caught up: %+v", up)
	}
	live := w.events(ann, "general", nil)
	c := w.send(ann, "general", "one")
	w.edit(ann, c.ID, "uno")
	if e := live.want(roomlog.ChatSent); e.Chat.ID != c.ID || e.ActorID != ann.ID || e.Room.ID != room.ID || *e.Cursor() != c.Cursor() {
		t.Errorf("sent: %+v", e)
	}
	edited := live.want(roomlog.ChatEdited)
	if *edited.Chat.Text != "uno" || edited.Chat.EditedAt == nil {
		t.Errorf("edited: %+v", edited.Chat)
	}
	if _, err := w.DeleteChat(t.Context(), ann, c.ID.String()); err != nil {
		t.Fatal(err)
	}
	if e := live.want(roomlog.ChatDeleted); e.Chat.Text != nil || e.Chat.DeletedAt == nil {
		t.Errorf("deleted: %+v", e.Chat)
	}
	// Whoever was away sees the last state, at every place.
	for _, from := range []string{empty, *edited.Cursor()} {
		late := w.events(ann, "general", []string{from})
		if from == empty {
			if e := late.want(roomlog.ChatSent); e.Chat.Text != nil {
				t.Errorf("the text of a deleted chat: %v", *e.Chat.Text)
			}
			late.want(roomlog.ChatEdited)
		}
		late.want(roomlog.ChatDeleted)
		late.stop()
	}
	if _, err := w.DeleteRoom(t.Context(), ann, "general"); err != nil {
		t.Fatal(err)
	}
	if e := live.want(roomlog.RoomDeleted); e.Room.Name != "general" || e.Chat != nil {
		t.Errorf("room deleted: %+v", e.Room)
	}
	wantErr(t, <-live.ended, chat.ErrNoRoom)
}

// The room of an event has the newest chat of its moment, and not that of the moment when the stream began.
func TestRoomOfAnEventGoesOn(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	live := w.events(ann, "general", nil)
	for range 2 {
		c := w.send(ann, "general", "x")
		e := live.want(roomlog.ChatSent)
		last, err := w.LastChats(t.Context(), ann, []*roomlog.Room{e.Room})
		if err != nil || last[0] == nil || last[0].ID != c.ID {
			t.Errorf("got %v %v, want %v", last[0], err, c.ID)
		}
	}
}

func TestOpenAllEvents(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "red")
	green := w.room(ann, "green")
	one, two := w.send(ann, "red", "one"), w.send(ann, "red", "two")
	ask := func(rooms, after []string) error {
		_, err := w.OpenAll(t.Context(), ann, rooms, after)
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
	if _, err := w.DeleteRoom(t.Context(), ann, green.ID.String()); err != nil {
		t.Fatal(err)
	}
	wantErr(t, ask([]string{green.ID.String()}, nil), chat.ErrNoRoom)
}

// A stream of many rooms begins only if each cursor stands on an event that is there, wherever among the
// cursors the one is that does not.
func TestManyCursorsAreVerified(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	const n = 205 // more than are looked up at once
	rooms, good := make([]string, n), make([]string, n)
	for i := range n {
		name := fmt.Sprintf("room %d", i)
		rooms[i] = w.room(ann, name).ID.String()
		good[i] = w.send(ann, name, "x").Cursor()
	}
	starts, err := w.OpenAll(t.Context(), ann, rooms, good)
	if err != nil || len(starts) != n || starts[n-1].Room.ID.String() != rooms[n-1] || starts[n-1].At.Cursor(starts[n-1].Room.ID) != good[n-1] {
		t.Fatalf("%d starts, %v", len(starts), err)
	}
	for _, i := range []int{0, 199, 200, n - 1} {
		at, id := starts[i].At, starts[i].Room.ID
		for _, c := range []struct {
			at   roomlog.Position
			want error
		}{
			{roomlog.Position{}, nil}, {roomlog.Position{Place: at.Place, Tag: at.Tag + 1}, chat.ErrDiverged}, {roomlog.Position{Place: at.Place + 1, Tag: at.Tag}, chat.ErrDiverged},
		} {
			changed := slices.Clone(good)
			changed[i] = c.at.Cursor(id)
			if _, err := w.OpenAll(t.Context(), ann, rooms, changed); !errors.Is(err, c.want) {
				t.Errorf("with %+v for cursor %d: got %v, want %v", c.at, i, err, c.want)
			}
		}
	}
	_, err = w.OpenAll(t.Context(), ann, rooms[1:], good)
	wantInvalid(t, err, "after", "CURSOR_INVALID")
}
