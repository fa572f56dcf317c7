package follow

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"parley/chat/follow/logtest"
	"parley/chat/roomlog"
)

// failsOnce is a log whose next read fails.
type failsOnce struct {
	*memoryLog
	fail bool
}

func (l *failsOnce) Since(ctx context.Context, room *roomlog.Room, at roomlog.Position) ([]*roomlog.Event, bool, error) {
	if l.fail {
		l.fail = false
		return nil, false, errors.New("the database is gone for a moment")
	}
	return l.memoryLog.Since(ctx, room, at)
}

// A reader who is ahead of the window moves it, and tells those who wait at its old end, also when its first
// try failed. No notification does: it was lost, and the heads of window and log agree from then on.
func TestReaderAheadTellsTheOthers(t *testing.T) {
	room := &roomlog.Room{ID: uuid.UUID{15: 1}}
	rng := rand.New(rand.NewPCG(1, 1))
	log := &failsOnce{memoryLog: newMemoryLog(rng)}
	x := New(log, Options{WindowBytes: 1 << 20})
	log.commit(room, 5, rng)
	follow := func() (*Tail, <-chan struct{}, roomlog.Position) {
		head := log.head(room.ID)
		wake, notify := logtest.Wake()
		return x.Follow(Start{Room: room, At: head, Head: head}, notify), wake, head
	}
	next := func(tail *Tail, at roomlog.Position) (int, error) {
		events, err := tail.Next(t.Context(), at)
		return len(events), err
	}
	waiting, wake, five := follow()
	if n, err := next(waiting, five); n != 0 || err != nil {
		t.Fatalf("%d events, %v", n, err)
	}
	log.commit(room, 5, rng)
	ahead, _, ten := follow()
	log.fail = true
	if _, err := next(ahead, ten); err == nil {
		t.Fatal("the read did not fail")
	}
	if n, err := next(ahead, ten); n != 0 || err != nil {
		t.Fatalf("%d events, %v", n, err)
	}
	if len(wake) == 0 {
		t.Fatal("nobody told the reader who waits")
	}
	if n, err := next(waiting, five); n != 5 || err != nil {
		t.Errorf("%d events, %v, want 5", n, err)
	}
}

// Who follows a room need not read at once. When somebody does and finds what was sent meanwhile, those who were there
// before are told, also when the first try failed. (They were not: the heads of window and log agreed from then on, and
// where the notification was lost they waited until the next chat.)
func TestFirstReaderTellsTheOthers(t *testing.T) {
	for _, fails := range []bool{false, true} {
		room, rng := &roomlog.Room{ID: uuid.UUID{15: 1}}, rand.New(rand.NewPCG(1, 1))
		log := &failsOnce{memoryLog: newMemoryLog(rng), fail: fails}
		x := New(log, Options{WindowBytes: 1 << 20})
		wake, notify := logtest.Wake()
		waiting, first := x.Follow(Start{Room: room}, notify), x.Follow(Start{Room: room}, func() {})
		log.commit(room, 5, rng)
		if fails {
			if _, err := first.Next(t.Context(), roomlog.Position{}); err == nil {
				t.Fatal("the read did not fail")
			}
		}
		if events, err := first.Next(t.Context(), roomlog.Position{}); len(events) != 5 || err != nil {
			t.Fatalf("%d events, %v, want 5", len(events), err)
		}
		if len(wake) == 0 {
			t.Fatalf("failing %v: nobody told the reader who waits", fails)
		}
		if events, err := waiting.Next(t.Context(), roomlog.Position{}); len(events) != 5 || err != nil {
			t.Errorf("%d events, %v, want 5", len(events), err)
		}
	}
}

// interrupted is a log in which something happens when it has been read and the reader has not been told yet.
type interrupted struct {
	*memoryLog
	do func()
}

func (l *interrupted) Since(ctx context.Context, room *roomlog.Room, at roomlog.Position) ([]*roomlog.Event, bool, error) {
	page, more, err := l.memoryLog.Since(ctx, room, at)
	l.do()
	return page, more, err
}

// A chat that is sent while a reader reads the log is not left lying until the next one comes: each is stored when a read
// has seen its state of the log and has not returned yet. (A read that takes back the mark of a notification that was
// sent meanwhile leaves the second chat lying.)
func TestNotificationDuringAReadCounts(t *testing.T) {
	room, rng := &roomlog.Room{ID: uuid.UUID{15: 1}}, rand.New(rand.NewPCG(1, 1))
	log := &interrupted{memoryLog: newMemoryLog(rng)}
	x, sends := New(log, Options{WindowBytes: 1 << 20}), 6
	log.do = func() {
		if sends--; sends >= 0 {
			log.commit(room, 1, rng)
			x.Wake(room.ID)
		}
	}
	wake, notify := logtest.Wake()
	tail := x.Follow(Start{Room: room}, notify) // reads once at its start
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	place := int64(0)
	m := &model{t: t, log: log.memoryLog}
	_ = m.pump(ctx, tail, wake, roomlog.Position{}, func(e *roomlog.Event) bool {
		place = e.Position().Place
		return place < 6
	})
	if place != 6 {
		t.Errorf("it was given %d of 6 events", place)
	}
}

// What was read for the readers of a room is given up when it has been quiet for a while; nobody gets less for it.
func TestQuietRoomsKeepNoChats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room, rng := &roomlog.Room{ID: uuid.UUID{15: 1}}, rand.New(rand.NewPCG(1, 1))
		log := newMemoryLog(rng)
		x := New(log, Options{WindowBytes: 1 << 20, HeadsInterval: time.Second})
		_, notify := logtest.Wake()
		tail := x.Follow(Start{Room: room}, notify)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go x.Run(ctx)
		log.commit(room, 5, rng)
		events, err := tail.Next(ctx, roomlog.Position{})
		if len(events) != 5 || err != nil || x.held.Load() == 0 {
			t.Fatalf("%d events, %v, %d bytes are held", len(events), err, x.held.Load())
		}
		time.Sleep(2500 * time.Millisecond) // of virtual time: two looks
		if held := x.held.Load(); held != 0 {
			t.Errorf("%d bytes are held for a quiet room", held)
		}
		if events, err := tail.Next(ctx, roomlog.Position{}); len(events) != 5 || err != nil {
			t.Errorf("%d events, %v", len(events), err)
		}
	})
}
