package follow

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"

	"parley/chat/follow/logtest"
	"parley/chat/roomlog"
)

// countedLog counts how often it is read, and does something while it is.
type countedLog struct {
	*memoryLog
	reads int
	while func()
}

func (l *countedLog) Since(ctx context.Context, room *roomlog.Room, at roomlog.Position) ([]*roomlog.Event, bool, error) {
	l.reads++
	if l.while != nil {
		l.while()
	}
	return l.memoryLog.Since(ctx, room, at)
}

// handOver is two who follow a room whose log they have read to its end.
type handOver struct {
	*Caches
	t     *testing.T
	room  *roomlog.Room
	rng   *rand.Rand
	log   *countedLog
	tails [2]*Tail
	at    [2]roomlog.Position
}

func newHandOver(t *testing.T, notify func(rooms ...uuid.UUID)) *handOver {
	h := &handOver{t: t, room: &roomlog.Room{ID: uuid.UUID{15: 1}}, rng: rand.New(rand.NewPCG(1, 1))}
	h.log = &countedLog{memoryLog: newMemoryLog(h.rng)}
	h.commit(3)
	head := h.log.head(h.room.ID)
	h.Caches = New(h.log, Options{WindowBytes: 1 << 20, Notify: notify})
	_, wake := logtest.Wake()
	for i := range h.tails {
		h.tails[i], h.at[i] = h.Follow(Start{Room: h.room, Head: head}, wake), head
	}
	h.want(1, 0) // who has just joined reads once
	return h
}

// want wants each to be given so many events, after so many reads of the log.
func (h *handOver) want(reads, events int) {
	h.t.Helper()
	for i, tail := range h.tails {
		given, err := tail.Next(h.t.Context(), h.at[i])
		if err != nil || len(given) != events {
			h.t.Fatalf("%d: %d events, %v; want %d", i, len(given), err, events)
		}
		for _, e := range given {
			if h.log.follows(e.Position()) != h.at[i] {
				h.t.Errorf("%d: place %d came behind %d", i, e.Position().Place, h.at[i].Place)
			}
			(&model{t: h.t}).shows(e, given[events-1].Room.LastNumber, h.log.state())
			h.at[i] = e.Position()
		}
	}
	if h.log.reads != reads {
		h.t.Fatalf("the log was read %d times, want %d", h.log.reads, reads)
	}
}

// commit stores chats.
func (h *handOver) commit(chats int) roomlog.Commit {
	for range chats {
		h.log.send(h.room, h.rng)
	}
	return h.log.committed(h.room, chats)
}

// edit changes a chat and hands that over.
func (h *handOver) edit(number int) {
	h.log.edit(h.room, number, h.rng)
	c := h.log.committed(h.room, 1)
	h.Committed(c)
	h.log.answer(c)
}

// A commit that follows what has been read is given to all without reading the log, also when the notification of it
// comes back. One of somebody else is read.
func TestCommitIsNotReadBack(t *testing.T) {
	var h *handOver
	h = newHandOver(t, func(rooms ...uuid.UUID) { h.Wake(rooms...) })
	h.Committed(h.commit(2))
	h.want(1, 2)
	h.Committed(h.commit(1))
	h.want(1, 1)
	h.commit(1)
	h.Wake(h.room.ID)
	h.want(2, 1)
}

// An edit is handed over with the newest chat of the room, as that is now, if it is known here; else the log is read.
func TestEditShowsTheNewestChat(t *testing.T) {
	h := newHandOver(t, func(...uuid.UUID) {})
	h.edit(1)
	h.want(2, 1) // nobody has read what is newest
	h.edit(2)
	h.want(2, 1)
	h.edit(3)
	h.edit(1)
	h.want(2, 2)
	h.Committed(h.commit(2))
	h.edit(1)
	h.edit(5)
	h.edit(4)
	h.want(2, 5)
	h = newHandOver(t, func(...uuid.UUID) {})
	h.edit(3)
	h.want(1, 1) // it is the newest
}

// A notification of one's own commit that is lost does not stand for that of another node.
func TestLostNotificationOfACommitHidesNone(t *testing.T) {
	h := newHandOver(t, func(...uuid.UUID) {})
	h.Committed(h.commit(1))
	h.want(1, 1)
	h.commit(1)
	h.Wake(h.room.ID)
	h.want(2, 1)
}

// While a commit is told of, another node tells of its own.
func TestNotificationBesideACommitCounts(t *testing.T) {
	var h *handOver
	h = newHandOver(t, func(rooms ...uuid.UUID) {
		h.commit(1)
		h.Wake(rooms...)
		h.Wake(rooms...)
	})
	h.Committed(h.commit(1))
	h.want(2, 2)
}

// Commits come twice, in the wrong order, or without what they hold: the log is read, and nothing is doubled or lost.
func TestCommitsThatDoNotFitAreRead(t *testing.T) {
	h := newHandOver(t, func(...uuid.UUID) {})
	one, two := h.commit(1), h.commit(2)
	h.Committed(two)
	h.Committed(one)
	h.want(2, 3)
	h.Committed(two)
	h.want(3, 0)
	h.Committed(roomlog.Commit{Room: h.commit(1).Room})
	h.want(4, 1)
}

// A commit behind a history that is not the one that was read is not taken for what follows.
func TestCommitOfAnotherHistoryDiverges(t *testing.T) {
	h := newHandOver(t, func(...uuid.UUID) {})
	h.log.takeBack(h.room, 1)
	h.commit(1) // by another node, whose notification is lost
	h.Committed(h.commit(1))
	if events, err := h.tails[0].Next(t.Context(), h.at[0]); !errors.Is(err, roomlog.ErrDiverged) {
		t.Errorf("%d events, %v", len(events), err)
	}
}

// Whoever commits does not wait for a reader, who is told to read again.
func TestCommitWaitsForNobody(t *testing.T) {
	h := newHandOver(t, func(...uuid.UUID) {})
	h.commit(1)
	h.Wake(h.room.ID)
	h.log.while = func() {
		h.log.while = nil
		h.Committed(h.commit(1)) // it would hang here
	}
	h.want(3, 2)
}
