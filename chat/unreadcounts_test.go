package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql"

	"parley/chat"
	"parley/chat/reads"
	"parley/chat/roomlog"
	"parley/db/dbtest"
	"parley/ent"
	entchat "parley/ent/chat"
	"parley/ent/member"
	"parley/ent/room"
	"parley/ent/roomevent"
)

// Counts stop at their bounds: of chats that are counted, and of those that are looked at.
func TestCountsStopAtTheirBounds(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	for _, c := range []struct{ chats, own, deleted, want int }{
		{99, 0, 0, 99},
		{100, 0, 0, 100},
		{101, 0, 0, 100},
		{101, 1, 1, 99},
		{reads.FirstLook, reads.FirstLook, 0, 0},
		{reads.FirstLook + 50, reads.FirstLook + 10, 5, 35},
		{1500, 1500, 0, 0}, // of a program that marks nothing as read
		{1500, 1400, 3, 97},
		{1500, 1399, 0, 100},
		{reads.FirstLook + reads.SecondLook, 5100, 27, 1},
		{reads.FirstLook + reads.SecondLook + 1, 5100, 0, 100},
	} {
		r := w.long(ann, bob, c.chats)
		w.write(func(tx *ent.Tx) error {
			err := tx.Chat.Update().Where(entchat.RoomID(r.ID), entchat.NumberGT(c.chats-c.deleted)).SetText("").SetDeletedAt(time.Now().UTC()).Exec(t.Context())
			if err != nil {
				return err
			}
			return tx.Chat.Update().Where(entchat.RoomID(r.ID), entchat.NumberLTE(c.own)).Modify(func(u *sql.UpdateBuilder) { u.Set(entchat.FieldUserID, bob.ID) }).Exec(t.Context())
		})
		if got, want := w.counts(bob, r), fmt.Sprintf("%d] [0", c.want); got != want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// long is a room with so many chats of somebody, of which another member has read none.
func (w *world) long(from, reader chat.Caller, chats int) *roomlog.Room {
	w.t.Helper()
	r := w.private(from, "long")
	if chats > 0 {
		w.fill(from, r, chats)
	}
	if _, err := w.AddMember(w.t.Context(), from, r.ID.String(), reader.Username, nil); err != nil {
		w.t.Fatal(err)
	}
	w.write(func(tx *ent.Tx) error {
		return tx.Member.Update().Where(member.RoomID(r.ID)).SetLastRead(0).Exec(w.t.Context())
	})
	return r
}

// A chat that mentions and answers somebody is one; others' mentions, and what was read or came later, are none.
func TestMentionsAreCounted(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	r, other := w.private(ann, "one", "bob"), w.private(ann, "other", "bob")
	var sent []*roomlog.Chat
	for range 103 {
		sent = append(sent, w.send(ann, r.ID.String(), "@bob"))
	}
	w.write(func(tx *ent.Tx) error { _, err := tx.Mention.Delete().Exec(t.Context()); return err }) // whoever has written them
	for _, c := range []*roomlog.Chat{sent[0], sent[1], sent[2]} {
		w.mention(c, bob, false)
		w.mention(c, bob, true)
	}
	w.mention(sent[3], ann, true)
	if _, err := w.MarkRead(t.Context(), bob, sent[0].ID.String()); err != nil {
		t.Fatal(err)
	}
	before, err := w.Room(t.Context(), bob, r.ID.String())
	if err != nil {
		t.Fatal(err)
	}
	w.mention(w.send(ann, r.ID.String(), "later"), bob, false)
	if got := w.countsAsOf(bob, before, other, before); got != "100 0 100] [2 0 2" {
		t.Errorf("as the room was read: %s", got)
	}
	if got := w.counts(bob, r); got != "100] [3" {
		t.Errorf("as it is: %s", got)
	}
	for _, c := range sent[4:] {
		w.mention(c, bob, false)
	}
	if got := w.counts(bob, r); got != "100] [100" {
		t.Errorf("of many: %s", got)
	}
}

// The counts of all rooms of a list are a statement each, and nothing is asked about rooms in which all was read.
func TestCountsOfAListAreOneStatement(t *testing.T) {
	var s dbtest.Statements
	w := traceWorld(t, t.TempDir(), chat.Options{HeadsInterval: time.Hour}, s.Trace)
	ann, bob := w.person("ann"), w.person("bob")
	for i := range 60 {
		r := w.private(ann, fmt.Sprint("room ", i), "bob")
		for range i % 4 {
			w.send(ann, r.ID.String(), "x")
		}
	}
	list := func(who chat.Caller) []*roomlog.Room {
		page, err := w.Rooms(t.Context(), who, chat.RoomsQuery{})
		if err != nil || len(page.Edges) != 50 {
			t.Fatalf("%v, %v", page, err)
		}
		s.Take()
		return page.Nodes()
	}
	rooms := list(bob)
	counts, err := w.UnreadCounts(t.Context(), bob, rooms)
	if texts := s.Take(); err != nil || len(texts) != 1 {
		t.Errorf("%d statements, %v:\n%s", len(texts), err, strings.Join(texts, "\n"))
	}
	for i, r := range rooms {
		if counts[i] != r.LastNumber {
			t.Errorf("%s has %d chats, and %d are not read", r.Name, r.LastNumber, counts[i])
		}
		if c, err := w.LastChats(t.Context(), bob, rooms[i:i+1]); err != nil {
			t.Fatal(err)
		} else if c[0] != nil {
			if _, err := w.MarkRead(t.Context(), bob, c[0].ID.String()); err != nil {
				t.Fatal(err)
			}
		}
	}
	rooms = list(bob)
	if got := w.countsAsOf(bob, rooms...); strings.Trim(got, "0 ") != "] [" || len(s.Take()) != 0 {
		t.Errorf("of rooms that were read: %s", got)
	}
	for whose, statements := range map[chat.Caller]int{ann: 1, bob: 2} { // one's own are looked at once more, of all rooms together
		w.long(whose, bob, 200)
		w.long(whose, bob, 300)
		rooms = list(bob)
		counts, err := w.UnreadCounts(t.Context(), bob, rooms[:2])
		if texts := s.Take(); err != nil || len(texts) != statements || (counts[0]+counts[1] == 0) != (whose == bob) {
			t.Errorf("%d statements, %v, %v", len(texts), counts, err)
		}
	}
}

// What is unread in 50 rooms with up to 5,000 chats of others each, and what of it is for oneself, is two statements together.
func TestCountsOfLongRoomsAreTwoStatements(t *testing.T) {
	var s dbtest.Statements
	w := traceWorld(t, t.TempDir(), chat.Options{HeadsInterval: time.Hour}, s.Trace)
	ann, bob := w.person("ann"), w.person("bob")
	var all []*roomlog.Room
	var unread, mentioned []string
	for i := range 50 {
		chats, named := []int{0, 1, 98, 99, 100, 127, 128, 129, 2000, 4999}[i/5], i%3
		r := w.long(ann, bob, chats)
		for range named {
			w.send(ann, r.ID.String(), "@bob")
		}
		now, err := w.Room(t.Context(), bob, r.ID.String())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, now)
		unread, mentioned = append(unread, fmt.Sprint(min(chats+named, reads.MaxCount))), append(mentioned, fmt.Sprint(named))
	}
	s.Take()
	got := w.countsAsOf(bob, all...)
	if texts := s.Take(); len(texts) > 2 {
		t.Errorf("%d statements:\n%s", len(texts), strings.Join(texts, "\n"))
	}
	if want := strings.Join(unread, " ") + "] [" + strings.Join(mentioned, " "); got != want {
		t.Errorf("counted %s, want %s", got, want)
	}
}

// Whoever comes into a room, in whichever way, has read all that is there, and nothing of what comes behind it.
func TestWhoeverComesInHasReadAll(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	say := func(in *roomlog.Room) { w.send(ann, in.ID.String(), "@bob @cleo") }
	made := w.private(ann, "made", "bob")
	direct, err := w.OpenDirectRoom(t.Context(), bob, []string{"ann"})
	if err != nil {
		t.Fatal(err)
	}
	rooms := []*roomlog.Room{made, direct}
	for i, enter := range []func(in *roomlog.Room) error{
		func(in *roomlog.Room) error { _, err := w.JoinRoom(t.Context(), bob, in.ID.String()); return err },
		func(in *roomlog.Room) error {
			_, err := w.AddMember(t.Context(), ann, in.ID.String(), "bob", nil)
			return err
		},
		func(in *roomlog.Room) error { _, err := w.accept(bob, w.invite(ann, in, 1).Code); return err },
		func(in *roomlog.Room) error { w.send(bob, in.ID.String(), "own"); return nil },
		func(in *roomlog.Room) error { w.sendMany(bob, in.ID.String(), 8); return nil },
	} {
		r := w.room(ann, fmt.Sprint("entered ", i))
		for range 3 { // and once more, after having left
			say(r)
			say(r)
			if err := enter(r); err != nil {
				t.Fatal(err)
			}
			if got := w.counts(bob, r); got != "0] [0" || w.membership(r, bob).LastRead == 0 {
				t.Errorf("%s: %s, and has read %d", r.Name, got, w.membership(r, bob).LastRead)
			}
			w.agreeOnWhatWasRead()
			if _, err := w.LeaveRoom(t.Context(), bob, r.ID.String()); err != nil {
				t.Fatal(err)
			}
		}
		if err := enter(r); err != nil {
			t.Fatal(err)
		}
		rooms = append(rooms, r)
	}
	for _, r := range rooms {
		say(r)
		if got := w.counts(bob, r); !strings.HasPrefix(got, "1] [") {
			t.Errorf("%s: %s behind the joining", r.Name, got)
		}
	}
	w.agreeOnWhatWasRead()
}

// agreeOnWhatWasRead wants all members to have read no less than there was when they came, and, as nobody has read on, no more.
func (w *world) agreeOnWhatWasRead() {
	w.t.Helper()
	rows := w.store.Read.Member.Query().WithRoom().WithUser().AllX(w.t.Context())
	for _, m := range rows {
		number := 0
		if m.JoinedPlace > 0 {
			number = w.store.Read.RoomEvent.Query().Where(roomevent.RoomID(m.RoomID), roomevent.Place(m.JoinedPlace)).OnlyX(w.t.Context()).Number
		}
		if m.LastRead != number {
			w.t.Errorf("%s came into %s at %d, and has read %d", m.Edges.User.Username, m.Edges.Room.Name, number, m.LastRead)
		}
	}
	if len(rows) == 0 || w.store.Read.Room.Query().Where(room.LastNumberGT(0)).CountX(w.t.Context()) == 0 {
		w.t.Error("there is nothing to read")
	}
}
