package follow

import (
	"testing"

	"github.com/google/uuid"
)

// What has been handed over as changed is changed for all who asked before, and for nobody who asks then. Sends change
// nothing, the end of the room changes everything.
func TestChangesAreKnownSinceTheyWereAskedFor(t *testing.T) {
	h := newHandOver(t, func(...uuid.UUID) {})
	edited, other := chatID(h.room, 1), chatID(h.room, 2)
	want := func(changed func(uuid.UUID) bool, one, two bool) {
		t.Helper()
		if got1, got2 := changed(edited), changed(other); got1 != one || got2 != two {
			t.Errorf("changed: %v, %v; want %v, %v", got1, got2, one, two)
		}
	}
	before := h.tails[0].Changes()
	h.Committed(h.commit(1))
	want(before, false, false)
	h.edit(1)
	want(before, true, false)
	want(h.tails[1].Changes(), false, false)
	h.log.edit(h.room, 1, h.rng) // and what cannot be handed over is known as well
	h.log.edit(h.room, 1, h.rng)
	unfit := h.tails[1].Changes()
	h.Committed(h.log.committed(h.room, 1))
	want(unfit, true, false)
	for range keptChanges - 2 {
		h.edit(1)
	}
	want(before, true, false)
	h.edit(1)
	want(before, true, true) // too many to be remembered
	end := h.tails[0].Changes()
	h.Committed(h.log.deleteRoom(h.room, h.rng))
	want(end, true, true)
}
