package chat_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
	"parley/chat"
	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/member"
	"parley/ent/room"
	"parley/ent/roomevent"
)

// heard is a notifier that remembers which ids it was given.
type heard struct {
	chat.Notifier
	mu  sync.Mutex
	ids [][]uuid.UUID
}

func (h *heard) Notify(ids ...uuid.UUID) {
	h.mu.Lock()
	h.ids = append(h.ids, ids)
	h.mu.Unlock()
	h.Notifier.Notify(ids...)
}

// take returns what was heard since the last call.
func (h *heard) take() [][]uuid.UUID {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := h.ids
	h.ids = nil
	return ids
}

// write changes rows behind the service's back.
func (w *world) write(change func(tx *ent.Tx) error) {
	w.t.Helper()
	if err := w.store.Write(w.t.Context(), change); err != nil {
		w.t.Fatal(err)
	}
}

// membership is somebody's row in a room; nil: they are not in it.
func (w *world) membership(in *roomlog.Room, who chat.Caller) *ent.Member {
	w.t.Helper()
	row, err := w.store.Read.Member.Query().Where(member.RoomID(in.ID), member.UserID(who.ID)).Only(w.t.Context())
	if err != nil && !ent.IsNotFound(err) {
		w.t.Fatal(err)
	}
	return row
}

// roomsVersion is that of somebody's list of rooms.
func (w *world) roomsVersion(who chat.Caller) int64 {
	w.t.Helper()
	row, err := w.store.Read.User.Get(w.t.Context(), who.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return row.RoomsVersion
}

// Whoever sends to a public room is in it from then on, by one event right before the chat, which those who follow the
// room here are given without that the log is read, and whose notification names the person.
func TestSendingJoins(t *testing.T) {
	notifier := &heard{Notifier: &broker.Memory{}}
	w := newWorld(t, chat.Options{Notifier: notifier})
	ann, bob := w.person("ann"), w.person("bob")
	r := w.room(ann, "general")
	notifier.take()
	s := w.events(ann, "general", nil)
	for i := range 3 {
		w.send(bob, []string{"general", r.ID.String(), "GENERAL"}[i], fmt.Sprint(i))
	}
	for i, want := range []struct {
		kind   roomlog.EventKind
		number int
	}{{roomlog.MemberJoined, 0}, {roomlog.ChatSent, 1}, {roomlog.ChatSent, 2}, {roomlog.ChatSent, 3}} {
		e := s.next()
		if e.Kind != want.kind || e.ActorID != bob.ID || e.Position().Place != int64(i+1) || e.Room.MemberCount != 2 {
			t.Errorf("event %d: %+v", i, e)
		}
		if joined := want.kind == roomlog.MemberJoined; joined != (e.UserID != nil && *e.UserID == bob.ID && *e.Username == "bob") || joined == (e.Chat != nil) {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	if m := w.membership(r, bob); m == nil || m.Role != int(access.Member) || m.JoinedPlace != 0 || m.JoinedVersion != 1 || m.UsernameKey != "bob" {
		t.Errorf("bob is in it as %v", m)
	}
	if v := w.roomsVersion(bob); v != 1 {
		t.Errorf("bob's list of rooms has version %d", v)
	}
	if got := fmt.Sprint(notifier.take()); got != fmt.Sprint([][]uuid.UUID{{r.ID, bob.ID}, {r.ID}, {r.ID}}) {
		t.Errorf("notified of %v", got)
	}
}

// What a node has stored of a joining it does not read back for its readers.
func TestReadersAreHandedWhoJoins(t *testing.T) {
	w := newWorld(t, chat.Options{HeadsInterval: time.Hour})
	ann := w.person("ann")
	w.room(ann, "general")
	s := w.events(ann, "general", nil)
	w.send(ann, "general", "1")
	s.next()
	reads := func() uint64 { l := w.Stats().Log; return l.LiveReads + l.CatchUpReads }
	before, n := reads(), 50
	for i := range n {
		who := w.person(fmt.Sprint("person ", i))
		c := w.send(who, "general", "x")
		joined, sent := s.next(), s.next()
		if joined.Kind != roomlog.MemberJoined || *joined.UserID != who.ID || joined.Room.MemberCount != i+2 || sent.Chat.ID != c.ID {
			t.Fatalf("%+v, %+v", joined, sent)
		}
	}
	if read := reads() - before; read > uint64(n)/2 { // where somebody reads when a chat comes, the log is read
		t.Errorf("%d people joined, and the log was read %d times", n, read)
	}
}

// Who is kept out does not join, and who would join a full room or has no room for it sends without joining.
func TestWhoDoesNotJoinBySending(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	r := w.room(ann, "general")
	change := func(change func(*ent.RoomUpdateOne)) {
		w.write(func(tx *ent.Tx) error {
			up := tx.Room.UpdateOneID(r.ID)
			change(up)
			return up.Exec(t.Context())
		})
	}
	change(func(up *ent.RoomUpdateOne) { up.SetSendRole(int(access.Admin)) })
	_, err := w.Send(t.Context(), bob, chat.Draft{Room: "general", Text: "x"})
	wantErr(t, err, chat.ErrForbidden)
	change(func(up *ent.RoomUpdateOne) { up.SetSendRole(int(access.Member)).SetMemberCount(5000) })
	for range 2 {
		w.send(bob, "general", "the room is full")
	}
	if m, v := w.membership(r, bob), w.roomsVersion(bob); m != nil || v != 0 {
		t.Errorf("bob is in it: %v, version %d", m, v)
	}
	change(func(up *ent.RoomUpdateOne) { up.SetMemberCount(1) })
	w.send(bob, "general", "there is room again")
	if w.membership(r, bob) == nil {
		t.Error("bob is not in it")
	}
}

// A room in which nobody is belongs to who joins it first, because a room with members has an owner.
func TestFirstMemberOwnsARoom(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, cleo := w.person("ann"), w.person("bob"), w.person("cleo")
	r := w.room(ann, "general")
	w.write(func(tx *ent.Tx) error {
		if _, err := tx.Member.Delete().Exec(t.Context()); err != nil {
			return err
		}
		return tx.Room.Update().SetMemberCount(0).Where(room.ID(r.ID)).Exec(t.Context())
	})
	w.send(bob, "general", "x")
	w.send(cleo, "general", "x")
	if b, c := w.membership(r, bob), w.membership(r, cleo); b.Role != int(access.Owner) || c.Role != int(access.Member) {
		t.Errorf("roles %d and %d", b.Role, c.Role)
	}
}

// A send of a member costs the statements that it always did: who they are is known from the one before.
func TestSteadySendCostsNoStatementMore(t *testing.T) {
	var mu sync.Mutex
	var statements []string
	w := traceWorld(t, t.TempDir(), chat.Options{}, func(_ context.Context, s any) {
		mu.Lock()
		defer mu.Unlock()
		statements = append(statements, fmt.Sprint(s))
	})
	ann, bob := w.person("ann"), w.person("bob")
	w.room(ann, "general")
	w.send(bob, "general", "joins")
	w.send(bob, "general", "is found to be in it")
	mu.Lock()
	statements = nil
	mu.Unlock()
	w.send(bob, "general", "steady")
	mu.Lock()
	defer mu.Unlock()
	wanted := []string{"UPDATE rooms SET last_place", "INSERT INTO room_events", "INSERT INTO chats"}
	got := slices.DeleteFunc(slices.Clone(statements), func(s string) bool {
		return !strings.Contains(s, "SELECT") && !strings.Contains(s, "UPDATE") && !strings.Contains(s, "INSERT") // begin and commit
	})
	for i, s := range got {
		if s = strings.NewReplacer("`", "", `"`, "").Replace(s); i >= len(wanted) || !strings.Contains(s, wanted[i]) {
			t.Errorf("statement %d is %s", i+1, s)
		}
		if strings.Contains(s, "INTO room_events") && strings.Contains(s, roomevent.FieldUsername) {
			t.Errorf("a chat is written with what names nobody: %s", s)
		}
	}
	if len(got) != len(wanted) {
		t.Errorf("%d statements, want %d", len(got), len(wanted))
	}
}

// Several nodes and rooms, everybody sends everywhere at once: each joins each room once, no place is missing, and counts agree.
func TestJoiningTogether(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	var rooms []*roomlog.Room
	for i := range 4 {
		rooms = append(rooms, w.room(ann, fmt.Sprint("room ", i)))
	}
	second := runWorld(t, w.store, w.dir, chat.Options{})
	defer second.stop()
	var all sync.WaitGroup
	var people []chat.Caller
	for i := range 12 {
		who := w.person(fmt.Sprint("person ", i))
		people = append(people, who)
		for n := range rooms {
			for _, on := range []*world{w, second} {
				all.Go(func() {
					r := rooms[(n+i)%len(rooms)]
					if _, err := on.Send(t.Context(), who, chat.Draft{Room: r.ID.String(), Text: "x"}); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
	all.Wait()
	for _, r := range rooms {
		row, err := w.store.Read.Room.Get(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		log, err := w.store.Read.RoomEvent.Query().Where(roomevent.RoomID(r.ID)).Order(ent.Asc(roomevent.FieldPlace)).All(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if row.MemberCount != 13 || row.LastPlace != 36 || row.LastNumber != 24 || len(log) != 36 {
			t.Errorf("%d events, room %v", len(log), row)
		}
		for _, who := range people {
			m := w.membership(r, who)
			if m == nil {
				t.Fatalf("%s is not in it", who.Username)
			}
			if joined := log[m.JoinedPlace]; joined.Kind != roomevent.KindMEMBER_JOINED || *joined.UserID != who.ID || log[m.JoinedPlace+1].ActorID != who.ID {
				t.Errorf("%s joined at %d: %v", who.Username, m.JoinedPlace, joined)
			}
		}
	}
	for _, who := range people {
		if v := w.roomsVersion(who); v != 4 {
			t.Errorf("%s has version %d", who.Username, v)
		}
	}
}
