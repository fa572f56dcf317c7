package chat_test

import (
	"testing"

	"parley/chat"
	"parley/chat/roomlog"
	"parley/ent"
)

// lastTexts are those of the newest chats of the rooms that events show, as streams select them.
func (w *world) lastTexts(events []*roomlog.Event) (texts []string) {
	w.t.Helper()
	rooms := make([]*roomlog.Room, len(events))
	for i, e := range events {
		rooms[i] = e.Room
	}
	chats, err := w.LastChats(w.t.Context(), chat.Caller{}, rooms)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range chats {
		texts = append(texts, *c.Text)
	}
	return texts
}

// page opens a room behind a chat, and returns what reads on from there.
func (w *world) page(reader chat.Caller, after *roomlog.Chat) (read func() []*roomlog.Event) {
	w.t.Helper()
	cursor := after.Cursor()
	from, err := w.Open(w.t.Context(), reader, after.Room.ID.String(), &cursor)
	if err != nil {
		w.t.Fatal(err)
	}
	tail := w.Follow(from, func() {})
	w.t.Cleanup(tail.Leave)
	return func() []*roomlog.Event {
		w.t.Helper()
		events, err := tail.Next(w.t.Context(), from.At)
		if err != nil {
			w.t.Fatal(err)
		}
		return events
	}
}

// What a stream shows of a room is of the state that its page was read in, whatever happens before it is executed.
func TestRoomIsReadWithThePage(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	behind := w.send(ann, "general", "behind the window")
	read := w.page(ann, w.send(ann, "general", "start"))
	first := w.send(ann, "general", "first")
	events := read() // and the window holds them
	if len(events) != 1 || events[0].Room.Name != "general" || events[0].Room.Topic != nil {
		t.Fatalf("got %v", events)
	}
	edit := func(to string) {
		t.Helper()
		if _, err := w.EditChat(t.Context(), ann, first.ID.String(), chat.Edit{Text: new(to)}); err != nil {
			t.Fatal(err)
		}
	}
	edit("edited")
	if got := w.lastTexts(events); got[0] != "first" {
		t.Errorf("a page that was read before the edit shows %q", got)
	}
	if got := w.lastTexts(read()); len(got) != 2 || got[0] != "edited" || got[1] != "edited" {
		t.Errorf("after the edit the window shows %v", got)
	}
	err := w.store.Write(t.Context(), func(tx *ent.Tx) error {
		return tx.Room.UpdateOneID(first.Room.ID).SetName("renamed").SetTopic("about").Exec(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	edit("edited again")
	want := func(from string, events []*roomlog.Event) {
		t.Helper()
		last := events[len(events)-1]
		if last.Room.Name != "renamed" || last.Room.Topic == nil || *last.Room.Topic != "about" ||
			w.lastTexts(events)[0] != "edited again" || last.Chat.Room != last.Room {
			t.Errorf("from %s came %v, %v", from, last.Room, w.lastTexts(events))
		}
	}
	want("what was handed over", read())
	want("the log", w.page(ann, behind)())
}

// A room was read, and then its reader lost it: what is said there from then on is not shown as its newest chat either. (The
// chat was read by another statement, by its number, as it was then.)
func TestNewestChatOfALostRoom(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	public, private := w.room(ann, "general"), w.private(ann, "secret", "bob")
	for _, in := range []*roomlog.Room{public, private} {
		w.send(ann, in.ID.String(), "x")
	}
	shown := func(who chat.Caller, rooms []*roomlog.Room, want string) {
		t.Helper()
		chats, err := w.LastChats(t.Context(), who, rooms)
		got := ""
		for _, c := range chats {
			if c != nil {
				got += c.Room.Name + " " + *c.Text + "; "
			}
		}
		if err != nil || got != want {
			t.Errorf("%s is shown %q, %v; want %q", who.Username, got, err, want)
		}
	}
	read := func(who chat.Caller) []*roomlog.Room {
		page, err := w.Rooms(t.Context(), who, chat.RoomsQuery{})
		if err != nil || len(page.Edges) != 2 {
			t.Fatal(page, err)
		}
		return page.Nodes()
	}
	before, hers := read(bob), read(ann)
	shown(bob, before, "secret x; general x; ")
	if _, err := w.RemoveMember(t.Context(), ann, private.ID.String(), "bob"); err != nil {
		t.Fatal(err)
	}
	shown(bob, before, "general x; ")
	if _, err := w.BanMember(t.Context(), ann, "general", "bob", nil, nil); err != nil {
		t.Fatal(err)
	}
	shown(bob, before, "")
	shown(ann, hers, "secret x; general x; ")
}
