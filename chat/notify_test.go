package chat_test

import (
	"maps"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"parley/broker"
	"parley/broker/brokertest"
	"parley/chat"
	"parley/chat/roomlog"
)

// counted is a notifier that counts how often it is for all rooms.
type counted struct {
	chat.Notifier
	all atomic.Int32
}

func (c *counted) Notify(rooms ...uuid.UUID) {
	if len(rooms) == 0 {
		c.all.Add(1)
	}
	c.Notifier.Notify(rooms...)
}

// A send that stores nothing, because its id is known, once notified of no room, which means all of them:
// every cache of the node read its log.
func TestRepeatNotifiesNobody(t *testing.T) {
	notifier := &counted{Notifier: &broker.Memory{}}
	w := newWorld(t, chat.Options{Notifier: notifier})
	ann := w.person("ann")
	w.room(ann, "general")
	id := uuid.NewString()
	for range 2 {
		if _, err := w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: "x", ID: &id}); err != nil {
			t.Fatal(err)
		}
	}
	if n := notifier.all.Load(); n != 0 {
		t.Errorf("it notified of all rooms %d times", n)
	}
}

// named is a notifier that keeps whom and what it was told of.
type named struct {
	chat.Notifier
	mu  sync.Mutex
	ids map[uuid.UUID]bool
}

func (n *named) Notify(ids ...uuid.UUID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, id := range ids {
		n.ids[id] = true
	}
}

// Whose list of rooms changes is named with the room, so that their streams look again on every node; what changes nothing
// is told to nobody.
func TestPeopleAreNamedWithRooms(t *testing.T) {
	n := &named{Notifier: brokertest.Lossy{}, ids: map[uuid.UUID]bool{}}
	w := newWorld(t, chat.Options{Notifier: n})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	want := func(what string, call func() (*roomlog.Room, error), people ...chat.Caller) {
		t.Helper()
		n.mu.Lock()
		clear(n.ids)
		n.mu.Unlock()
		in, err := call()
		if err != nil {
			t.Fatal(err)
		}
		named := map[uuid.UUID]bool{}
		for _, who := range people {
			named[in.ID], named[who.ID] = true, true
		}
		if n.mu.Lock(); !maps.Equal(n.ids, named) {
			t.Errorf("%s names %v, want %v", what, n.ids, named)
		}
		n.mu.Unlock()
	}
	var in *roomlog.Room
	alone := func() (*roomlog.Room, error) { return w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: "general"}) }
	some := func() (*roomlog.Room, error) { in = w.private(ann, "secret", "bob"); return in, nil }
	open := func() (*roomlog.Room, error) { return w.OpenDirectRoom(t.Context(), eve, []string{"ann"}) }
	want("a room of one", alone, ann)
	want("a room of two", some, ann, bob)
	want("a direct room", open, ann, eve)
	want("the same again", open)
	code := w.invite(ann, in, 1).Code
	accept := func() (*roomlog.Room, error) { _, err := w.accept(eve, code); return in, err }
	want("an invite", accept, eve)
	want("the same again", accept)
	want("no change", func() (*roomlog.Room, error) {
		return w.UpdateRoom(t.Context(), ann, in.ID.String(), chat.RoomChange{})
	})
}
