package chat_test

import (
	"testing"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/access"
)

// Whoever may not send any more, and is told which chat has an id of theirs because they may read, may send as little as
// before. (They were remembered once as judged, and what they sent next was stored.)
func TestKnownIDLetsNobodySend(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	w.room(ann, "general")
	known := chat.Draft{Room: "general", Text: "x", ID: ptr(uuid.NewString())}
	stored, err := w.Send(t.Context(), bob, known)
	if err != nil {
		t.Fatal(err)
	}
	w.send(bob, "general", "is found to be in it, and remembered")
	if _, err := w.UpdateRoom(t.Context(), ann, "general", chat.RoomChange{SendRole: ptr(access.Admin)}); err != nil {
		t.Fatal(err)
	}
	if again, err := w.Send(t.Context(), bob, known); err != nil || again.ID != stored.ID {
		t.Errorf("sent again: %v, %v", again, err)
	}
	for range 2 {
		_, err := w.Send(t.Context(), bob, chat.Draft{Room: "general", Text: "x"})
		wantErr(t, err, chat.ErrForbidden)
	}
}

// Whoever is remembered as one who may send to a room, by its name, sends to no room that had the name before: on no node. (A
// renamed room once went on to get what was sent to the one that has the name now.)
func TestNameThatWasChanged(t *testing.T) {
	w := newWorld(t, chat.Options{})
	other := runWorld(t, w.store, w.dir, chat.Options{})
	defer other.stop()
	ann, bob := w.person("ann"), w.person("bob")
	first := w.room(ann, "general")
	nodes := []*world{w, other}
	for _, n := range nodes {
		for range 3 { // joins, is found to be in it, is remembered
			n.send(bob, "general", "to the first")
		}
	}
	if _, err := w.UpdateRoom(t.Context(), ann, "general", chat.RoomChange{Name: ptr("old")}); err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		_, err := n.Send(t.Context(), bob, chat.Draft{Room: "general", Text: "to nobody"})
		wantErr(t, err, chat.ErrNoRoom)
	}
	second := w.room(ann, "general")
	for _, n := range nodes {
		for range 2 {
			if c := n.send(bob, "general", "to the second"); c.Room.ID != second.ID {
				t.Errorf("it went to %s", c.Room.Name)
			}
			if c := n.send(bob, "old", "to the first"); c.Room.ID != first.ID {
				t.Errorf("it went to %s", c.Room.Name)
			}
		}
	}
}

// A known id is answered with its chat also when its sender may not send there any more: on each node, whether it remembers
// them or not. Another one is refused.
func TestKnownIDOfWhoMayNotSend(t *testing.T) {
	w := newWorld(t, chat.Options{})
	other := runWorld(t, w.store, w.dir, chat.Options{})
	defer other.stop()
	ann, bob := w.person("ann"), w.person("bob")
	w.room(ann, "general")
	id := ptr(uuid.NewString())
	stored, err := w.Send(t.Context(), bob, chat.Draft{Room: "general", Text: "x", ID: id})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.UpdateRoom(t.Context(), ann, "general", chat.RoomChange{SendRole: ptr(access.Admin)}); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*world{w, other, w, other} {
		again, err := n.Send(t.Context(), bob, chat.Draft{Room: "general", Text: "x", ID: id})
		if err != nil || again.ID != stored.ID || again.Number != stored.Number {
			t.Errorf("sent again: %v, %v", again, err)
		}
		for _, unknown := range []*string{nil, ptr(uuid.NewString())} {
			_, err = n.Send(t.Context(), bob, chat.Draft{Room: "general", Text: "x", ID: unknown})
			wantErr(t, err, chat.ErrForbidden)
		}
	}
}
