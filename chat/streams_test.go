package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"parley/broker"
	"parley/chat"
	"parley/ent"
	"parley/ent/roomevent"
)

// However a stream ends, nothing of it is left running, although the service goes on.
//
// Broken on purpose, the service was caught with
//
//	a pump that does not look at its context while it waits for the bell    reader left
//	a pump that does not look at its context while it hands out             reader left without reading
//	a pump that goes on after the last event of a deleted room              room deleted
//	a pump that tries again when the history is another one                 diverged
func TestNothingIsLeftOfAStream(t *testing.T) {
	for name, end := range map[string]func(w *world, ann chat.Person, s *stream){
		"reader left": func(_ *world, _ chat.Person, s *stream) {
			s.next()
			s.stop()
		},
		"reader left without reading": func(_ *world, _ chat.Person, s *stream) { s.stop() }, // what was read with the first
		"room deleted": func(w *world, ann chat.Person, s *stream) {
			s.next()
			if _, err := w.DeleteRoom(t.Context(), ann.ID, "general"); err != nil {
				t.Fatal(err)
			}
			wantErr(t, s.end(), chat.ErrNoRoom)
		},
		"diverged": func(w *world, ann chat.Person, s *stream) {
			s.next()
			err := w.store.Write(t.Context(), func(tx *ent.Tx) error {
				_, err := tx.RoomEvent.Delete().Where(roomevent.Place(3)).Exec(t.Context())
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			w.send(ann, "general", "four")
			wantErr(t, s.end(), chat.ErrDiverged)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, chat.Options{})
			ann := w.person("ann")
			w.room(ann, "general")
			one := w.send(ann, "general", "one")
			w.send(ann, "general", "two")
			w.send(ann, "general", "three")
			before := goleak.IgnoreCurrent()
			s := w.follow(ann, "general", ptr(one.Cursor()))
			s.next()
			end(w, ann, s)
			nothingLeft(t, before)
		})
	}
}

// A stream that is refused leaves nothing either.
func TestNothingIsLeftOfARefusedStream(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	before := goleak.IgnoreCurrent()
	_, err := w.Follow(t.Context(), ann.ID, "nowhere", nil, nil)
	wantErr(t, err, chat.ErrNoRoom)
	_, err = w.Follow(t.Context(), ann.ID, "general", ptr("nonsense"), nil)
	wantInvalid(t, err, "after", "CURSOR_INVALID")
	nothingLeft(t, before)
}

// A chat that is sent while a reader reads the log, or between its door and its first look, is not
// left lying until the next one comes. A send is made whenever a read has seen its state of the
// database and has not returned yet. (A read that takes back the mark of a bell that rang meanwhile
// leaves the second chat lying.)
func TestBellDuringAReadIsHeard(t *testing.T) {
	var w *world
	var ann chat.Person
	var sends atomic.Int32 // that are still to be made
	w = traceWorld(t, t.TempDir(), chat.Options{HeadsInterval: time.Hour}, func(_ context.Context, what any) {
		if !strings.Contains(fmt.Sprint(what), "rollback") {
			return
		}
		if n := sends.Add(-1); n >= 0 {
			if _, err := w.Send(context.Background(), ann, chat.Draft{Room: "general", Text: "x"}); err != nil {
				t.Error(err)
			}
		}
	})
	ann = w.person("ann")
	w.room(ann, "general")
	w.send(ann, "general", "so that the room is known by its name")
	const n = 6
	sends.Store(n)
	s := w.follow(ann, "general", nil)
	for want := 2; want < 2+n; want++ {
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
