package chat_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/chat/roomlog"
	"parley/db/dbtest"
)

// Whoever has deleted their account sends nothing more, though another node takes them for signed in for a moment still: not
// where they were known to be a member, not where they are found to be one, not in a direct room, where they stay one; neither
// before they are out of their rooms nor behind that. They change no chat, and join no room.
func TestDeletedAccountsSendNothing(t *testing.T) {
	w := newWorld(t, chat.Options{})
	other := runWorld(t, w.store, w.dir, chat.Options{})
	defer other.stop()
	ann, bob, cid := w.person("ann"), w.person("bob"), w.person("cid")
	rooms := []*roomlog.Room{w.room(ann, "general"), w.private(ann, "secret", "bob", "cid")}
	direct, err := w.OpenDirectRoom(t.Context(), ann, []string{"bob", "cid"})
	if err != nil {
		t.Fatal(err)
	}
	rooms = append(rooms, direct)
	own := map[string]string{} // a chat of each
	for range 3 {              // so that both nodes remember both
		for _, who := range []chat.Caller{bob, cid} {
			for _, in := range rooms {
				w.send(who, in.ID.String(), "x")
				other.send(who, in.ID.String(), "x")
			}
			own[who.Username] = w.send(who, "general", "x").ID.String()
		}
	}
	log := func() (all string) {
		for _, in := range rooms {
			all += told(w.log(ann, in)) + "; "
		}
		return all
	}
	refused := func(who chat.Caller, when string, nodes ...*world) {
		t.Helper()
		for i, node := range nodes {
			for _, in := range rooms {
				if _, err := node.Send(t.Context(), who, chat.Draft{Room: in.ID.String(), Text: "too late"}); err == nil {
					t.Errorf("%s: node %d takes a chat to room %s", when, i, in.Name)
				}
			}
			for what, do := range map[string]func() error{
				"a chat by name": func() error {
					return second(node.Send(t.Context(), who, chat.Draft{Room: "General", Text: "too late"}))
				},
				"an edit": func() error {
					return second(node.EditChat(t.Context(), who, own[who.Username], chat.Edit{Text: new("too late")}))
				},
				"a deletion": func() error { return second(node.DeleteChat(t.Context(), who, own[who.Username])) },
				"a joining":  func() error { return second(node.JoinRoom(t.Context(), who, "general")) },
			} {
				if do() == nil {
					t.Errorf("%s: node %d takes %s", when, i, what)
				}
			}
		}
	}
	before := log()
	w.deleteAccount(bob)
	refused(bob, "deleted", w, other)
	if after := log(); after != before {
		t.Errorf("the logs were %s, and are %s", before, after)
	}
	w.deleteAccount(cid)
	w.AccountDeleted()
	w.awaitLeft(bob)
	w.awaitLeft(cid)
	third := runWorld(t, w.store, w.dir, chat.Options{})
	defer third.stop()
	for _, who := range []chat.Caller{bob, cid} {
		refused(who, "out of their rooms", w, other, third)
	}
	w.send(ann, direct.ID.String(), "are you there?")
}

// That costs a send no statement, and the one that looks for it reads an index.
func TestPlanOfASend(t *testing.T) {
	var s dbtest.Statements
	dir := t.TempDir()
	w := traceWorld(t, dir, chat.Options{HeadsInterval: time.Hour}, s.Trace)
	ann := w.person("ann")
	w.room(ann, "general")
	s.Take()
	w.send(ann, "general", "x")
	texts := s.Take()
	i := slices.IndexFunc(texts, func(text string) bool { return strings.Contains(text, "leaving") })
	if i < 0 {
		t.Fatalf("nothing looks for those who are leaving:\n%s", strings.Join(texts, "\n"))
	}
	if is := plan(t, dbtest.Pool(t, dir), texts[i]); !strings.Contains(is, "user_leaving") {
		t.Errorf("%s\n%s", texts[i], is)
	}
}
