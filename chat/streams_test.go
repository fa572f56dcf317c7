package chat_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
	"parley/chat"
)

// A chat that is sent while a reader reads the log, or between its door and its first look, is not
// left lying until the next one comes. A send is made whenever a read has seen its state of the
// database and has not returned yet. (A read that takes back the mark of a notification that was sent meanwhile
// leaves the second chat lying.)
func TestNotificationDuringAReadCounts(t *testing.T) {
	w := newWorld(t, chat.Options{HeadsInterval: time.Hour})
	var ann chat.Caller
	var sends atomic.Int32 // that are still to be made
	w.AfterRead(func() {
		if n := sends.Add(-1); n >= 0 {
			if _, err := w.Send(context.Background(), ann, chat.Draft{Room: "general", Text: "x"}); err != nil {
				t.Error(err)
			}
		}
	})
	ann = w.person("ann")
	w.room(ann, "general")
	const n = 6
	sends.Store(n)
	s := w.follow(ann, "general", nil) // reads once at its start
	for want := 1; want <= n; want++ {
		if c := s.next(); c.Number != want {
			t.Fatalf("number %d came instead of %d", c.Number, want)
		}
	}
}

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
// every feed of the node read its log.
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
