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
// database and has not returned yet. (A read that takes back the mark of a bell that rang meanwhile
// leaves the second chat lying.)
func TestBellDuringAReadIsHeard(t *testing.T) {
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

// counted is a bell that counts how often it rings for all rooms.
type counted struct {
	chat.Broker
	all atomic.Int32
}

func (c *counted) Ring(rooms ...uuid.UUID) {
	if len(rooms) == 0 {
		c.all.Add(1)
	}
	c.Broker.Ring(rooms...)
}

// A send that stores nothing, because its id is known, once rang for no room, which means all of them:
// every feed of the node read its log.
func TestRepeatRingsNobody(t *testing.T) {
	bell := &counted{Broker: &broker.Memory{}}
	w := newWorld(t, chat.Options{Broker: bell})
	ann := w.person("ann")
	w.room(ann, "general")
	id := uuid.NewString()
	for range 2 {
		if _, err := w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: "x", ID: &id}); err != nil {
			t.Fatal(err)
		}
	}
	if n := bell.all.Load(); n != 0 {
		t.Errorf("it rang for all rooms %d times", n)
	}
}
