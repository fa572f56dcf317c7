package members

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"parley/chat/roomlog"
	"parley/e2e/harness"
)

// A busyRoom is one in which much happens, by its owner and two others who come and go.
type busyRoom struct {
	id, kind string
	chats    []string          // of the owner, that are not deleted
	in       map[string]string // roles of the others that are in it
	rng      *rand.Rand
	changes  int
}

// busyTown is a server with rooms of one person, in which others come and go.
type busyTown struct {
	*harness.Server
	tokens map[string]string
	rooms  []*busyRoom
}

func newBusyTown(t *testing.T) *busyTown {
	w := &busyTown{Server: harness.New(t, harness.NoLimits()...), tokens: map[string]string{}}
	for _, who := range []string{"ann", "bob", "cid", "dan"} {
		w.tokens[who], _ = w.Register(who)
	}
	return w
}

// restart ends the server in good order and starts it again on the same data.
func (w *busyTown) restart(t *testing.T) {
	t.Helper()
	if err := w.Stop(); err != nil {
		t.Fatal(err)
	}
	w.Server = harness.Start(t, harness.Config(t, w.Dir, harness.NoLimits()...))
}

// make makes a room of bob's with others in it.
func (w *busyTown) make(members ...string) *busyRoom {
	w.T.Helper()
	n := len(w.rooms)
	r := &busyRoom{kind: []string{"PUBLIC", "PRIVATE"}[n%2], in: map[string]string{}, rng: rand.New(rand.NewPCG(uint64(n), 1))}
	var data struct{ CreateRoom struct{ ID string } }
	w.Must(&data, w.tokens["bob"], `mutation($n: String!, $k: RoomKind, $m: [ID!]) { createRoom(name: $n, kind: $k, members: $m) { id } }`,
		map[string]any{"n": fmt.Sprint("room ", n), "k": r.kind, "m": members})
	r.id = data.CreateRoom.ID
	w.rooms = append(w.rooms, r)
	return r
}

// disturb makes so many changes in rooms, in several at once and in each in an order.
func (w *busyTown) disturb(rooms []*busyRoom, changes int) {
	w.T.Helper()
	var all sync.WaitGroup
	for i := range min(8, len(rooms)) {
		all.Go(func() {
			for n := i; n < changes; n += 8 {
				w.change(rooms[i+8*(n/8%((len(rooms)-i+7)/8))])
			}
		})
	}
	all.Wait()
	if w.T.Failed() {
		w.T.FailNow()
	}
}

// change makes one change that is one.
func (w *busyTown) change(r *busyRoom) {
	r.changes++
	who, text := []string{"cid", "dan"}[r.rng.IntN(2)], fmt.Sprint("change ", r.changes)
	role, in := r.in[who]
	switch what := r.rng.IntN(12); {
	case what < 5 || len(r.chats) < 2:
		id := uuid.NewString()
		w.do("bob", r, `sendChat(room: $room, id: $id, text: $text) { id }`, id, text)
		r.chats = append(r.chats, id)
	case what < 7:
		w.do("bob", r, `editChat(chat: $id, text: $text) { id }`, r.chats[r.rng.IntN(len(r.chats))], text)
	case what == 7:
		w.do("bob", r, `deleteChat(chat: $id) { id }`, r.chats[0], text)
		r.chats = r.chats[1:]
	case what == 8:
		w.do("bob", r, `updateRoom(room: $room, name: $id, topic: $text) { id }`, "named "+uuid.NewString(), text)
	case !in && r.kind == "PUBLIC" && what == 9:
		w.do(who, r, `sendChat(room: $room, id: $id, text: $text) { id }`, uuid.NewString(), text)
		r.in[who] = "MEMBER"
	case !in && r.kind == "PUBLIC" && what == 10:
		w.do(who, r, `joinRoom(room: $room) { id }`, "", "")
		r.in[who] = "MEMBER"
	case !in:
		w.do("bob", r, `addMember(room: $room, user: $id) { id }`, who, "")
		r.in[who] = "MEMBER"
	case what == 9:
		w.do(who, r, `leaveRoom(room: $room)`, "", "")
		delete(r.in, who)
	case what == 10:
		w.do("bob", r, `removeMember(room: $room, user: $id)`, who, "")
		delete(r.in, who)
	default:
		r.in[who] = map[string]string{"MEMBER": "ADMIN", "ADMIN": "OWNER", "OWNER": "MEMBER"}[role]
		w.do("bob", r, `setRole(room: $room, user: $id, role: `+r.in[who]+`) { id }`, who, "")
	}
}

// do calls something that succeeds.
func (w *busyTown) do(who string, r *busyRoom, call, id, text string) {
	variables, declared := map[string]any{}, []string{}
	for name, value := range map[string]string{"room": r.id, "id": id, "text": text} {
		if strings.Contains(call, "$"+name) {
			variables[name] = value
			declared = append(declared, "$"+name+": "+map[bool]string{true: "String!", false: "ID!"}[name == "text" || strings.Contains(call, "name: $"+name)])
		}
	}
	document := "mutation(" + strings.Join(declared, ", ") + ") { " + call + " }"
	if a := w.AskThrough(w.tokens[who], document, variables); len(a.Errors) > 0 {
		w.T.Errorf("%s %s: %s", who, call, a.Body)
	}
}

// Whoever comes back has, by what the stream says alone, what a fresh read gives, and is told each event once: of rooms that they
// stayed in, that they were added to and removed from, that they were removed from and added to again, and of one that was
// deleted. Of a room that they were in only while they were away they are told nothing.
func TestAwayAndBack(t *testing.T) {
	w := newBusyTown(t)
	c := &mirror{t: t, who: "ann", token: w.tokens["ann"], rooms: map[string]*mirrored{}}
	for range 50 {
		r := w.make("ann")
		c.rooms[r.id] = &mirrored{cursor: roomlog.Position{}.Cursor(uuid.MustParse(r.id)), chats: map[int]string{}, members: map[string]string{"bob": "OWNER"}}
	}
	for range 4 {
		w.make()
	}
	removed, deleted, back, kept, added, passed := w.rooms[:2], w.rooms[2], w.rooms[3], w.rooms[3:50], w.rooms[50:53], w.rooms[53]
	w.disturb(w.rooms, 54)
	c.open(w.Server)
	c.read(0)
	w.disturb(w.rooms, 100)
	c.read(50)
	c.close()

	const changes = 2000
	w.disturb(w.rooms, changes/2)
	for _, r := range added {
		w.do("bob", r, `addMember(room: $room, user: $id) { id }`, "ann", "")
	}
	for _, r := range append(slices.Clone(removed), back) {
		w.do("bob", r, `removeMember(room: $room, user: $id)`, "ann", "")
	}
	w.do("bob", passed, `addMember(room: $room, user: $id) { id } removeMember(room: $room, user: $id)`, "ann", "")
	w.do("bob", deleted, `deleteRoom(room: $room)`, "", "")
	w.restart(t)
	w.disturb(slices.Concat(removed, w.rooms[4:]), changes/4)
	w.do("bob", back, `addMember(room: $room, user: $id) { id }`, "ann", "")
	w.disturb(slices.Concat(removed, w.rooms[3:]), changes-changes/2-changes/4)

	c.open(w.Server)
	c.read(0)
	c.close()
	c.wantEnded(removed, deleted)
	c.wantFresh(w, kept, added)
	c.open(w.Server)
	c.read(0)
	if len(c.heard) != 0 {
		t.Errorf("once more came %d events: %+v", len(c.heard), c.heard[0])
	}
	c.close()
}

// wantEnded wants one event of each room that the client is out of, and no other.
func (c *mirror) wantEnded(removed []*busyRoom, deleted *busyRoom) {
	c.t.Helper()
	want, got := map[string]string{deleted.id: "ROOM_DELETED"}, map[string]string{}
	for _, r := range removed {
		want[r.id] = "MEMBER_REMOVED"
	}
	for _, e := range c.heard {
		if _, still := c.rooms[e.Room.ID]; !still {
			got[e.Room.ID] += e.Kind
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		c.t.Errorf("told of the ends of %v, want %v", got, want)
	}
}

// wantFresh wants the client to have what queries show of the rooms that it was in, and of those it was added to what has been
// said since. That nothing is missing there is known by the places.
func (c *mirror) wantFresh(w *busyTown, kept, added []*busyRoom) {
	c.t.Helper()
	for _, r := range slices.Concat(kept, added) {
		if c.rooms[r.id] == nil {
			c.t.Fatalf("the client has %d rooms, and not one that ann is in", len(c.rooms))
		}
	}
	for _, r := range kept {
		if got, want := c.rooms[r.id].text(), fresh(w.Server, c.token, r.id).text(); got != want {
			c.t.Errorf("the client has\n%s\nand a fresh read gives\n%s", got, want)
		}
	}
	for _, r := range added {
		got, want := c.rooms[r.id], fresh(w.Server, c.token, r.id)
		maps.DeleteFunc(want.chats, func(number int, _ string) bool { _, has := got.chats[number]; return !has })
		maps.DeleteFunc(want.members, func(who string, _ string) bool { _, has := got.members[who]; return !has })
		if got.text() != want.text() {
			c.t.Errorf("since joining the client has\n%s\nand a fresh read gives\n%s", got.text(), want.text())
		}
	}
}
