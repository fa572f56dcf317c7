package members_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/ent"
	"parley/ent/room"
)

// Who leaves or is removed before they have been enrolled stays out: the log says it once, which is what enrolment looks at. Where
// nobody is enrolled nothing is written.
func TestWhoLeavesBeforeTheyAreEnrolled(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.person("ann"), w.person("bob")
	w.person("cid")
	in := w.room(room.KindPUBLIC, as{ann, access.Owner})
	leave := func() {
		t.Helper()
		for range 2 {
			must(w.LeaveRoom(t.Context(), bob, in))(t)
			must(w.RemoveMember(t.Context(), ann, in, "cid"))(t)
		}
	}
	leave()
	if got := w.events(in); len(got) != 0 {
		t.Errorf("who is in no room leaves: %v", got)
	}
	w.write(func(ctx context.Context, tx *ent.Tx) error {
		return tx.Room.UpdateOneID(uuid.MustParse(in)).SetEnrolling(true).Exec(ctx)
	})
	leave()
	want := []string{"MEMBER_LEFT bob by bob", "MEMBER_REMOVED cid by ann"}
	if got := w.events(in); !slices.Equal(got, want) {
		t.Errorf("the log has %v, want %v", got, want)
	}
	if row := w.row(in); row.MemberCount != 1 || row.RevokedPlace != 2 {
		t.Errorf("%d members, revoked up to %d", row.MemberCount, row.RevokedPlace)
	}
	must(w.JoinRoom(t.Context(), bob, in))(t)
	must(w.LeaveRoom(t.Context(), bob, in))(t)
	if got := w.roles(in); got != "ann OWNER" {
		t.Errorf("there is %s", got)
	}
}
