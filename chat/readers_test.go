package chat

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"parley/ent"
)

// failsOnce is a log whose next read fails.
type failsOnce struct {
	*memoryLog
	fail bool
}

func (l *failsOnce) since(ctx context.Context, room *Room, at position) ([]*Event, bool, error) {
	if l.fail {
		l.fail = false
		return nil, false, errors.New("the database is gone for a moment")
	}
	return l.memoryLog.since(ctx, room, at)
}

// A reader who is ahead of the window moves it, and tells those who wait at its old end, also when its first
// try failed. No notification does: it was lost, and the heads of window and log agree from then on.
func TestReaderAheadTellsTheOthers(t *testing.T) {
	room := &Room{ID: uuid.UUID{15: 1}}
	rng := rand.New(rand.NewPCG(1, 1))
	log := &failsOnce{memoryLog: &memoryLog{logs: map[uuid.UUID][]*ent.RoomEvent{}, chats: map[uuid.UUID]*Chat{}, rng: rng}}
	readers := &readers{log: log, rooms: map[uuid.UUID]*feed{}, most: 1 << 20}
	log.commit(room, 5, rng)
	follow := func() (*Tail, <-chan struct{}, Position) {
		head := log.head(room.ID).known()
		wake, notify := Wake()
		return readers.follow(Start{Room: room, At: head, Head: head}, notify), wake, head
	}
	next := func(tail *Tail, at Position) (int, error) {
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

// What was read for the readers of a room is given up when it has been quiet for a while; nobody gets less for it.
func TestQuietRoomsKeepNoChats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room, rng := &Room{ID: uuid.UUID{15: 1}}, rand.New(rand.NewPCG(1, 1))
		log := &memoryLog{logs: map[uuid.UUID][]*ent.RoomEvent{}, chats: map[uuid.UUID]*Chat{}, rng: rng}
		readers := &readers{log: log, rooms: map[uuid.UUID]*feed{}, most: 1 << 20}
		_, notify := Wake()
		tail := readers.follow(Start{Room: room}, notify)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go readers.watchHeads(ctx, time.Second)
		log.commit(room, 5, rng)
		events, err := tail.Next(ctx, Position{})
		if len(events) != 5 || err != nil || readers.held.Load() == 0 {
			t.Fatalf("%d events, %v, %d bytes are held", len(events), err, readers.held.Load())
		}
		time.Sleep(2500 * time.Millisecond) // of virtual time: two looks
		if held := readers.held.Load(); held != 0 {
			t.Errorf("%d bytes are held for a quiet room", held)
		}
		if events, err := tail.Next(ctx, Position{}); len(events) != 5 || err != nil {
			t.Errorf("%d events, %v", len(events), err)
		}
	})
}
