package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent"
)

// shownMembers are events with the memberships that they show.
func shownMembers(events []*roomlog.Event) string {
	var shown []string
	for _, e := range events {
		text := string(e.Kind)
		if e.Username != nil {
			text += " " + *e.Username
		}
		if e.Member != nil {
			text += fmt.Sprint(" ", e.Member.Role)
		}
		shown = append(shown, text)
	}
	return strings.Join(shown, "; ")
}

// Events show memberships as they are when the log is read: whoever was away sees the last state, of a membership that has
// ended nothing, and of a deleted account nothing. Live events show them as they were stored.
func TestEventsShowMemberships(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	w.person("cid")
	in := w.room(ann, "general")
	s := w.events(ann, "general", nil)
	live := func(want string) {
		t.Helper()
		if got := shownMembers([]*roomlog.Event{s.next()}); got != want {
			t.Errorf("live came %s, want %s", got, want)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	w.send(bob, "general", "x")
	live("MEMBER_JOINED bob MEMBER")
	live("CHAT_SENT")
	added, err := w.AddMember(t.Context(), ann, "general", "cid", nil)
	must(err)
	e := s.next()
	if got := shownMembers([]*roomlog.Event{e}); got != "MEMBER_JOINED cid MEMBER" || e.Member.ID != added.ID || !e.Member.JoinedAt.Equal(added.JoinedAt) {
		t.Errorf("cid joined as %+v, and was told as %s: %+v", added, got, e.Member)
	}
	_, err = w.SetRole(t.Context(), ann, "general", "cid", access.Admin)
	must(err)
	live("MEMBER_CHANGED cid ADMIN")
	_, err = w.JoinRoom(t.Context(), eve, "general")
	must(err)
	live("MEMBER_JOINED eve MEMBER")
	_, err = w.LeaveRoom(t.Context(), bob, "general")
	must(err)
	live("MEMBER_LEFT bob")
	w.change(func(tx *ent.Tx) error {
		return tx.User.UpdateOneID(eve.ID).SetDeletedAt(time.Now().UTC()).Exec(t.Context())
	})
	const now = "MEMBER_JOINED bob; CHAT_SENT; MEMBER_JOINED cid ADMIN; MEMBER_CHANGED cid ADMIN; MEMBER_JOINED eve; MEMBER_LEFT bob"
	away, _, err := roomlog.New(w.store).Since(t.Context(), in, roomlog.Position{})
	must(err)
	if got := shownMembers(away); got != now {
		t.Errorf("the log shows\n%s, want\n%s", got, now)
	}
}
