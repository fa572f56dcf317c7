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
