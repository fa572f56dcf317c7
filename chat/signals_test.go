package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
	"parley/chat"
	"parley/chat/access"
	"parley/chat/follow"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/limit"
)

// A hearing is somebody who follows a room, and what they are told.
type hearing struct {
	w    *world
	told chan follow.Signal
}

func (w *world) hear(reader chat.Caller, room string) *hearing {
	w.t.Helper()
	from, err := w.Open(w.t.Context(), reader, room, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	h := &hearing{w, make(chan follow.Signal, 1000)}
	tail := w.Follow(from, func() {})
	tail.Hear(func(signals []follow.Signal) {
		for _, s := range signals {
			h.told <- s
		}
	})
	w.t.Cleanup(tail.Leave)
	return h
}

func (h *hearing) next() follow.Signal {
	h.w.t.Helper()
	select {
	case s := <-h.told:
		return s
	case <-time.After(timeout):
		h.w.t.Fatalf("no signal came: %v", h.w.Stats().Signals)
		panic("")
	}
}

// outcome waits until so many signals have come to something.
func (w *world) outcome(what string, n uint64) {
	w.t.Helper()
	w.await(fmt.Sprintf("%s %d times", what, n), func() bool { return w.Stats().Signals[what] >= n })
}

func (w *world) typing(who chat.Caller, room string) *roomlog.Room {
	w.t.Helper()
	r, err := w.SetTyping(w.t.Context(), who, room, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// Typing is told with the room as its log has left it, and leaves nothing in the log. Whoever is too fast, or types in a room
// of many, is answered with the room and told of by nobody. Who may not send is refused.
func TestTyping(t *testing.T) {
	w := newWorld(t, chat.Options{MutationRate: limit.Rate{Calls: 1, Per: time.Hour}})
	ann, bob := w.person("ann"), w.person("bob")
	room := w.room(ann, "general")
	h := w.hear(ann, "general")
	got := w.typing(bob, "General")
	if got.ID != room.ID || got.As == nil || got.As.Member != nil {
		t.Errorf("answered %+v", got)
	}
	s := h.next()
	if s.Kind != roomlog.Typing || s.ActorID != bob.ID || s.Room.Name != "general" || s.Room.Newest != nil || s.Cursor() != nil || s.Except != bob.ID || s.Head != 0 {
		t.Errorf("told %+v", s)
	}
	c := w.send(ann, "general", "one")
	w.typing(ann, "general")
	if s = h.next(); s.Room.Newest == nil || s.Room.Newest.ID != c.ID || s.Room.As != nil || s.Head != c.Position().Place {
		t.Errorf("told %+v in %+v", s, s.Room)
	}
	for range 3 {
		w.typing(bob, room.ID.String())
	}
	w.outcome("too_fast", 3)
	if _, err := w.SetTyping(t.Context(), bob, "nowhere", nil); err == nil {
		t.Error("a room that is not there")
	}
	if _, err := w.UpdateRoom(t.Context(), ann, "general", chat.RoomChange{SendRole: ptr(access.Admin)}); err != nil {
		t.Fatal(err)
	}
	_, err := w.SetTyping(t.Context(), bob, "general", nil)
	wantErr(t, err, chat.ErrForbidden)
	if n, err := w.store.Read.RoomEvent.Query().Count(t.Context()); err != nil || n != 2 { // a chat, and the room was changed
		t.Errorf("the log has %d events, %v", n, err)
	}
}

func TestTypingInARoomOfMany(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, robot := w.person("ann"), w.person("bob"), w.bot("robot")
	room := w.room(ann, "general")
	h := w.hear(ann, "general")
	for i, many := range []int{101, 100} {
		err := w.store.Write(t.Context(), func(tx *ent.Tx) error {
			return tx.Room.UpdateOneID(room.ID).SetMemberCount(many).Exec(t.Context())
		})
		if err != nil {
			t.Fatal(err)
		}
		w.typing(bob, "general")
		w.outcome([]string{"large_room", "told"}[i], 1)
		w.preview(robot, "general", fmt.Sprint("in a room of ", many))
		w.outcome([]string{"large_room", "told"}[i], 2)
	}
	if s := h.next(); s.ActorID != bob.ID {
		t.Errorf("told %+v", s)
	}
	h.wantPreview(robot, ptr("in a room of 100"))
}

// A counting keeps what is sent of signals.
type counting struct {
	*broker.Memory
	mu   sync.Mutex
	sent [][]byte
}

func (c *counting) Signal(slot string, content []byte) {
	c.mu.Lock()
	c.sent = append(c.sent, content)
	c.mu.Unlock()
	c.Memory.Signal(slot, content)
}

// Who types all the time is told of once in two seconds, in each room.
func TestTypingIsToldOnceInTwoSeconds(t *testing.T) {
	var ms atomic.Int64
	bus := &counting{Memory: &broker.Memory{}}
	w := newWorld(t, chat.Options{Notifier: bus, Now: func() time.Time { return time.UnixMilli(1_900_000_000_000 + ms.Load()) }})
	ann, bob := w.person("ann"), w.person("bob")
	w.room(ann, "general")
	w.room(ann, "other")
	for at := int64(0); at <= 10_000; at += 250 {
		ms.Store(at)
		for _, who := range []chat.Caller{ann, bob} {
			w.typing(who, "general")
			w.typing(who, "other")
		}
		if want := 4 * int(1+at/2000); len(bus.sent) != want {
			t.Fatalf("told %d times in %d ms, want %d", len(bus.sent), at, want)
		}
	}
	if n := w.Stats().Signals["too_fast"]; n != 4*(41-6) {
		t.Errorf("%d were too fast", n)
	}
}

// A signal has at most 6 KiB. One that is a byte larger is not sent, and counted; who sent it is answered as ever.
func TestASignalThatIsTooLarge(t *testing.T) {
	bus := &counting{Memory: &broker.Memory{}}
	w := newWorld(t, chat.Options{Notifier: bus, Now: func() time.Time { return time.UnixMilli(1_900_000_000_000) }})
	w.room(w.person("ann"), "general")
	typing := func(letters int) {
		w.typing(chat.Caller{ID: uuid.New(), Username: strings.Repeat("x", letters)}, "general")
	}
	typing(1)
	most := 1 + chat.MaxSignal - len(bus.sent[0])
	typing(most)
	typing(most + 1)
	if len(bus.sent) != 2 || len(bus.sent[1]) != 6<<10 || w.Stats().Signals["too_large"] != 1 {
		t.Errorf("%d signals were sent, %v", len(bus.sent), w.Stats().Signals)
	}
}

// Reading is told to the person alone, in a direct room to all, unless one of two has blocked the other; what comes within a second
// waits, and the furthest is told.
func TestMemberRead(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, eve, cid := w.person("ann"), w.person("bob"), w.person("eve"), w.person("cid")
	room := w.room(ann, "general")
	direct := func(with ...string) string {
		t.Helper()
		opened, err := w.OpenDirectRoom(t.Context(), ann, with)
		if err != nil {
			t.Fatal(err)
		}
		return opened.ID.String()
	}
	open, blocked, blocking, three := direct("bob"), direct("eve"), direct("cid"), direct("bob", "eve")
	w.block(eve, ann, true)
	w.block(ann, cid, true)
	for _, c := range []struct {
		name   string
		direct bool
	}{{room.ID.String(), false}, {open, true}, {blocked, false}, {blocking, false}, {three, true}} {
		h := w.hear(ann, c.name)
		in, err := access.Find(t.Context(), w.store.Read, ann, access.Read, c.name, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{3, 1, 7, 5} {
			w.MemberRead(in, ann, n)
		}
		last := 0
		for last != 7 {
			s := h.next()
			if s.Kind != roomlog.MemberRead || *s.UserID != ann.ID || *s.Username != "ann" || s.Member.LastRead <= last || (s.Only == ann.ID) == c.direct {
				t.Fatalf("told %+v, %+v", s, s.Member)
			}
			last = s.Member.LastRead
		}
		in.As.Member = nil
		w.MemberRead(in, bob, 9) // who is none says nothing
	}
}

// Two nodes share a notifier, over which signals come that are late, of another release, or nothing at all.
func TestSignalsOfOtherNodes(t *testing.T) {
	var bus broker.Memory
	w := newWorld(t, chat.Options{Notifier: &bus, HeadsInterval: time.Hour})
	ann, bob := w.person("ann"), w.person("bob")
	room := w.room(ann, "general")
	h := w.hear(ann, "general")
	w.typing(ann, "general") // they are listened to
	h.next()
	say := func(head int64, at time.Time, kind, more string) {
		bus.Signal("", fmt.Appendf(nil, `{"kind":%q,"room":%q,"head":%d,"at":%q,"user":%q,"name":"bob","new":[1]%s}`, kind, room.ID, head, at.Format(time.RFC3339Nano), bob.ID, more))
	}
	now := time.Now()
	say(0, now.Add(-7*time.Second), "TYPING", "")
	say(0, now.Add(time.Hour), "TYPING", "")
	w.outcome("late", 2)
	say(0, now, "DANCING", "")
	say(0, now, "MEMBER_READ", "")
	say(0, now, "MEMBER_READ", `,"member":{"role":"KING"}`)
	for _, content := range []string{"", "null", "{}", "[1", `{"kind":7}`} {
		bus.Signal("", []byte(content))
	}
	w.outcome("unreadable", 8)
	say(99, now, "TYPING", "") // what no log has
	w.outcome("behind", 1)
	say(0, time.Now(), "TYPING", "")
	if s := h.next(); s.ActorID != bob.ID {
		t.Errorf("told %+v", s)
	}
	w.send(bob, "general", "I have said it")
	say(0, time.Now(), "TYPING", "")
	w.outcome("overtaken", 1)
	for range 1000 {
		say(0, time.Now(), "TYPING", `,"more":"`+fmt.Sprintf("%0200d", 0)+`"`)
	}
	w.outcome("room_rate", 1)
	if got := w.Stats().Signals; got["told"] != 2 {
		t.Errorf("told too much: %v", got)
	}
}

// Where a notification of another node was lost, the place that a signal names has the log read on first; whoever was removed
// there is known then.
func TestSignalReadsOn(t *testing.T) {
	bus := &broker.Memory{}
	w := newWorld(t, chat.Options{Notifier: bus, HeadsInterval: time.Hour})
	ann, bob := w.person("ann"), w.person("bob")
	w.room(ann, "general")
	h := w.hear(ann, "general")
	another := runWorld(t, w.store, w.dir, chat.Options{Notifier: onlySignals{bus}, HeadsInterval: time.Hour})
	defer another.stop()
	c := another.send(ann, "general", "one")
	another.typing(bob, "general")
	if s := h.next(); s.Head != c.Position().Place || s.Room.Newest.ID != c.ID {
		t.Errorf("told %+v", s)
	}
}

// onlySignals loses all notifications.
type onlySignals struct{ *broker.Memory }

func (onlySignals) Notify(...uuid.UUID) {}

func (onlySignals) Subscribe(ctx context.Context, _ func(...uuid.UUID)) error {
	<-ctx.Done()
	return ctx.Err()
}
