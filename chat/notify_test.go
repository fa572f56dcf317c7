package chat_test

import (
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"parley/broker"
	"parley/chat"
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
