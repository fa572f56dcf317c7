package readers_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
	"parley/chat"
	"parley/chat/follow"
	"parley/chat/roomlog"
	"parley/rounds"
)

// A client keeps the texts of all rooms of somebody, as it is told of them.
type client struct {
	*world
	who     chat.Caller
	cursors []string                           // of its last CAUGHT_UP, and of all later events
	texts   map[uuid.UUID]map[uuid.UUID]string // of chats, by room
}

func (w *world) client(who chat.Caller) *client {
	return &client{world: w, who: who, texts: map[uuid.UUID]map[uuid.UUID]string{}}
}

// come reads on from where it was to the end of all rooms, and returns what it was told of rooms that it is not in.
func (c *client) come() (ended []*roomlog.Event) {
	c.t.Helper()
	opened, err := c.OpenMine(c.t.Context(), c.who, c.cursors)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, e := range opened.Ended {
		ended = append(ended, e.Last)
		delete(c.texts, e.Last.Room.ID)
	}
	c.cursors = []string{opened.Cursor}
	for _, start := range opened.Starts {
		if c.texts[start.Room.ID] == nil {
			c.texts[start.Room.ID] = map[uuid.UUID]string{}
		}
		c.cursors = append(c.cursors, c.read(start).Cursor(start.Room.ID))
	}
	return ended
}

// read reads a room to where it ended when it was opened: each event once and in order.
func (c *client) read(from follow.Start) roomlog.Position {
	c.t.Helper()
	tail := c.Follow(from, func() {})
	defer tail.Leave()
	at := from.At
	for at.Place < from.Head.Place {
		events, err := tail.Next(c.t.Context(), at)
		if err != nil || len(events) == 0 {
			c.t.Fatalf("behind place %d of %d: %d events, %v", at.Place, from.Head.Place, len(events), err)
		}
		for _, e := range events {
			if e.Position().Place != at.Place+1 {
				c.t.Fatalf("place %d came behind %d", e.Position().Place, at.Place)
			}
			at = e.Position()
			c.apply(e)
		}
	}
	return at
}

func (c *client) apply(e *roomlog.Event) {
	switch {
	case e.Chat == nil:
	case e.Chat.Text == nil:
		delete(c.texts[e.Room.ID], e.Chat.ID)
	default:
		c.texts[e.Room.ID][e.Chat.ID] = *e.Chat.Text
	}
}

// want compares what the client has with what a fresh read of some rooms gives.
func (c *client) want(rooms []uuid.UUID) {
	c.t.Helper()
	if got := len(c.texts); got != len(rooms) {
		c.t.Errorf("the client has %d rooms, want %d", got, len(rooms))
	}
	for _, id := range rooms {
		fresh := map[uuid.UUID]string{}
		var after *string
		for more := true; more; {
			page, err := c.Chats(c.t.Context(), c.who, id.String(), chat.PageQuery{First: new(200), After: after})
			if err != nil {
				c.t.Fatal(err)
			}
			for _, said := range page.Nodes {
				if said.Text != nil {
					fresh[said.ID] = *said.Text
				}
			}
			after, more = page.PageInfo.EndCursor, page.PageInfo.HasNextPage
		}
		if !maps.Equal(c.texts[id], fresh) {
			c.t.Errorf("of room %s the client has %d chats, want %d, or other texts", id, len(c.texts[id]), len(fresh))
		}
	}
}

// disturb sends, edits and deletes here and there.
func (w *world) disturb(who chat.Caller, rooms []uuid.UUID, changes int) {
	w.t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	sent := map[uuid.UUID][]uuid.UUID{}
	for i := range changes {
		room := rooms[rng.IntN(len(rooms))]
		known := sent[room]
		if len(known) == 0 || rng.IntN(3) > 0 {
			sent[room] = append(known, w.send(who, room, fmt.Sprint("chat ", i)).ID)
			continue
		}
		k := rng.IntN(len(known))
		var err error
		if rng.IntN(3) > 0 {
			_, err = w.EditChat(w.t.Context(), who, known[k].String(), chat.Edit{Text: new(fmt.Sprint("edited ", i))})
		} else {
			_, err = w.DeleteChat(w.t.Context(), who, known[k].String())
			sent[room] = slices.Delete(known, k, k+1)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// Whoever comes back has the state that a fresh read gives: of rooms that they were in, that they were added to, that they
// were removed from, that have been deleted, and that they left and are in again.
func TestAwayAndBack(t *testing.T) {
	notifier := &broker.Memory{}
	w := newWorld(t, notifier, time.Hour)
	ann, bob := w.person("ann"), w.person("bob")
	var rooms []uuid.UUID
	for i := range 53 {
		rooms = append(rooms, w.room(bob, fmt.Sprint("room ", i)))
	}
	in, added := rooms[:50], rooms[50:]
	w.disturb(bob, rooms, 60) // which she was not there for
	for _, id := range in {
		w.join(id, ann)
	}
	c := w.client(ann)
	c.come()
	for _, id := range in { // what was before she reads page by page
		c.fresh(id)
	}
	c.want(in)
	w.disturb(bob, in, 60)
	c.come()
	last := c.cursors[1:]
	c.cursors = append(c.cursors, last[3], last[0]) // again
	c.want(in)

	w.disturb(bob, rooms, rounds.Of(t, 200, 1000))
	w.remove(in[0], ann)
	w.remove(in[1], ann)
	w.remove(in[2], ann)
	w.rename(in[0], "known to members")
	for _, id := range added {
		w.join(id, ann)
	}
	w.join(in[2], ann)
	if _, err := w.DeleteRoom(t.Context(), bob, in[3].String()); err != nil {
		t.Fatal(err)
	}
	kept := append(slices.Clone(in[4:]), in[2])
	w.disturb(bob, append(slices.Clone(rooms[:3]), rooms[4:]...), rounds.Of(t, 200, 1000))
	t.Cleanup(w.start(notifier, time.Hour)) // another node, or this one after a restart

	var ended []*roomlog.Event
	if reads := w.counted(func() { ended = c.come() }); reads == 0 {
		t.Error("nothing was counted")
	}
	for _, id := range added {
		c.fresh(id)
	}
	c.want(append(kept, added...))
	told := map[uuid.UUID]*roomlog.Event{}
	for _, e := range ended {
		told[e.Room.ID] = e
	}
	for i, want := range []string{"MEMBER_REMOVED room 0 true", "MEMBER_REMOVED room 1 true", "", "ROOM_DELETED  false"} {
		got := ""
		if e := told[in[i]]; e != nil {
			got = fmt.Sprint(e.Kind, " ", e.Room.Name, " ", e.Cursor() != nil)
		}
		if got != want {
			t.Errorf("of room %d she was told %q, want %q", i, got, want)
		}
	}
	if len(ended) != 3 {
		t.Errorf("she was told of %d rooms", len(ended))
	}
	if again := c.come(); len(again) != 0 {
		t.Errorf("once more she was told of %d rooms", len(again))
	}
}

// fresh reads a room from its beginning, as pages do.
func (c *client) fresh(id uuid.UUID) {
	c.t.Helper()
	starts, err := c.OpenAll(c.t.Context(), c.who, []string{id.String()}, []string{roomlog.Position{}.Cursor(id)})
	if err != nil {
		c.t.Fatal(err)
	}
	c.read(starts[0])
}

// Whoever comes back to a room that was deleted is told what had ended their own reading, as long as its log says so, with what never
// changes of the room; of one that they were in, or that is purged, as much as of one that never was.
func TestEndingsOfADeletedRoom(t *testing.T) {
	w := newWorld(t, &broker.Memory{}, time.Hour)
	ann, bob, cid := w.person("ann"), w.person("bob"), w.person("cid")
	in := w.hidden(bob, "old")
	w.join(in, ann)
	w.join(in, cid)
	w.send(bob, in, "x")
	hers, his := w.client(ann), w.client(cid)
	hers.come()
	his.come()
	seen := slices.Clone(hers.cursors)
	w.remove(in, ann)
	w.remove(in, cid)
	w.rename(in, "new")
	w.join(in, cid)
	w.stop() // nothing is purged
	if _, err := w.DeleteRoom(t.Context(), bob, in.String()); err != nil {
		t.Fatal(err)
	}
	row := w.store.Read.Room.GetX(t.Context(), in)
	one := func(c *client) *roomlog.Event {
		t.Helper()
		ended := c.come()
		if len(ended) != 1 || ended[0].Room.ID != in {
			t.Fatalf("%s is told %+v", c.who.Username, ended)
		}
		return ended[0]
	}
	if e := one(hers); e.Kind != roomlog.MemberRemoved || e.Room.Name != "old" || e.Cursor() == nil {
		t.Errorf("ann is told %+v of %+v", e, e.Room)
	} else {
		wantLost(t, e, row)
	}
	if e := one(his); e.Kind != roomlog.RoomDeleted || e.Room.Name != "" || !e.Room.CreatedAt.IsZero() || e.Cursor() != nil {
		t.Errorf("cid, who was in it, is told %+v of %+v", e, e.Room)
	}
	w.exec("DELETE FROM room_events WHERE place < " + fmt.Sprint(row.LastPlace) + " AND room_id = '" + in.String() + "'")
	hers.cursors = seen
	if e := one(hers); e.Kind != roomlog.RoomDeleted || e.Room.Name != "" || !e.Room.CreatedAt.IsZero() || e.Cursor() != nil {
		t.Errorf("without the log ann is told %+v of %+v", e, e.Room)
	}
}
