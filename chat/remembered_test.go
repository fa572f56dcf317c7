package chat_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/access"
	"parley/limit"
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

// Whoever is remembered as one who may send to a room that they have lost is answered as of a room that never was, also while it is
// sent to as fast as may be. (They were told when it would take more: that it is there, and how busy it is.)
func TestRateOfALostRoomIsNotTold(t *testing.T) {
	w := newWorld(t, chat.Options{RoomSendRate: limit.Rate{Calls: 1, Per: time.Hour}}) // two at once
	ann, bob := w.person("ann"), w.person("bob")
	for name, lose := range map[string]func(in string) error{
		"removed": func(in string) error { return second(w.RemoveMember(t.Context(), ann, in, "bob")) },
		"banned":  func(in string) error { return second(w.BanMember(t.Context(), ann, in, "bob", nil, nil)) },
		"left":    func(in string) error { return second(w.LeaveRoom(t.Context(), bob, in)) },
		"deleted": func(in string) error { return second(w.DeleteRoom(t.Context(), ann, in)) },
	} {
		t.Run(name, func(t *testing.T) {
			in := w.private(ann, name, "bob").ID.String()
			w.send(bob, in, "is remembered")
			w.send(ann, in, "is the last that the rate lets through")
			for range 2 { // who may send is told
				_, err := w.Send(t.Context(), bob, chat.Draft{Room: in, Text: "x"})
				var fast *chat.RateError
				if !errors.As(err, &fast) {
					t.Errorf("bob, who is in it, is told %v", err)
				}
			}
			if err := lose(in); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				_, err := w.Send(t.Context(), bob, chat.Draft{Room: in, Text: "x"})
				wantErr(t, err, chat.ErrNoRoom)
			}
		})
	}
}

// What is sent by somebody who is remembered and may not any more takes nothing of the room's rate, and they are forgotten.
func TestRefusedSendTakesNothingOfTheRoomsRate(t *testing.T) {
	w := newWorld(t, chat.Options{RoomSendRate: limit.Rate{Calls: 2, Per: time.Hour}}) // four at once
	ann, bob := w.person("ann"), w.person("bob")
	in := w.private(ann, "secret", "bob").ID.String()
	for range 2 { // is judged, and is remembered
		w.send(bob, in, "x")
	}
	if _, err := w.RemoveMember(t.Context(), ann, in, "bob"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_, err := w.Send(t.Context(), bob, chat.Draft{Room: in, Text: "x"})
		wantErr(t, err, chat.ErrNoRoom)
	}
	if n := w.Stats().Rejudged["refused"]; n != 1 {
		t.Errorf("bob was judged under the room's lock %d times", n)
	}
	for range 2 {
		w.send(ann, in, "x")
	}
	_, err := w.Send(t.Context(), ann, chat.Draft{Room: in, Text: "x"})
	var fast *chat.RateError
	if !errors.As(err, &fast) {
		t.Errorf("the fifth: %v", err)
	}
}
