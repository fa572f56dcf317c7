package chat_test

import (
	"fmt"
	"testing"

	"parley/chat"
)

// A limit that was lowered, or that others than this node had, lets nobody into more rooms and takes none away: whoever is in
// more has a stream of all of them, and may be in as many as a stream has.
func TestLoweredLimitOfRooms(t *testing.T) {
	w := newWorld(t, chat.Options{UserMaxRooms: 4})
	ann, bob := w.person("ann"), w.person("bob")
	for i := range 4 {
		w.room(ann, fmt.Sprint("room ", i))
	}
	w.room(bob, "other")
	lower := runWorld(t, w.store, w.dir, chat.Options{UserMaxRooms: 2})
	defer lower.stop()
	_, err := lower.JoinRoom(t.Context(), ann, "other")
	wantLimit(t, err, "ROOMS")
	opened, err := lower.OpenMine(t.Context(), ann, nil)
	if err != nil || len(opened.Starts) != 4 {
		t.Fatalf("ann is in %d rooms: %v", len(opened.Starts), err)
	}
	after := []string{opened.Cursor}
	for _, from := range opened.Starts {
		after = append(after, from.At.Cursor(from.Room.ID))
	}
	if again, err := lower.OpenMine(t.Context(), ann, after); err != nil || len(again.Starts) != 4 {
		t.Errorf("back again, ann is in %d rooms: %v", len(again.Starts), err)
	}
}
