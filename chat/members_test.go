package chat_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/broker"
	"parley/chat"
	"parley/chat/access"
	"parley/ent"
	entroom "parley/ent/room"
	"parley/ent/user"
)

// Who was allowed to send, and is known to be, is not from the moment on at which that was taken away: by another node too,
// which remembers them.
func TestWhatIsTakenAwayEndsSends(t *testing.T) {
	w := newWorld(t, chat.Options{})
	other := runWorld(t, w.store, w.dir, chat.Options{})
	defer other.stop()
	ann, bob := w.person("ann"), w.person("bob")
	in := w.room(ann, "general").ID
	sent := func(wanted error) {
		t.Helper()
		for _, node := range []*world{w, other} {
			_, err := node.Send(t.Context(), bob, chat.Draft{Room: in.String(), Text: "hi"})
			wantErr(t, err, wanted)
			_, err = node.Room(t.Context(), bob, in.String())
			wantErr(t, err, wanted)
		}
	}
	if _, err := w.JoinRoom(t.Context(), bob, in.String()); err != nil {
		t.Fatal(err)
	}
	sent(nil)
	if _, err := w.BanMember(t.Context(), ann, in.String(), "bob", nil, nil); err != nil {
		t.Fatal(err)
	}
	sent(chat.ErrForbidden)
	if _, err := w.UnbanMember(t.Context(), ann, in.String(), "bob"); err != nil {
		t.Fatal(err)
	}
	sent(nil)
	if _, err := w.DeleteRoom(t.Context(), ann, in.String()); err != nil {
		t.Fatal(err)
	}
	sent(chat.ErrNoRoom)
}

// A room has an owner behind the deletion of an account, at once where it was deleted and at the start of the next process.
func TestDeletedAccountLeavesItsRooms(t *testing.T) {
	dir := t.TempDir()
	w := openWorld(t, dir, chat.Options{})
	ann, bob, cid := w.person("ann"), w.person("bob"), w.person("cid")
	in := w.room(ann, "general").ID
	for _, who := range []chat.Caller{bob, cid} {
		if _, err := w.JoinRoom(t.Context(), who, in.String()); err != nil {
			t.Fatal(err)
		}
	}
	w.deleteAccount(ann)
	w.AccountDeleted()
	w.awaitLeft(ann)
	w.stop()
	if _, err := w.SetRole(t.Context(), bob, in.String(), "cid", access.Admin); err != nil {
		t.Errorf("whoever was there longest is no owner: %v", err)
	}
	w.deleteAccount(bob)
	again := runWorld(t, w.store, dir, chat.Options{})
	defer again.stop()
	again.awaitLeft(bob)
	if _, err := again.DeleteRoom(t.Context(), cid, in.String()); err != nil {
		t.Errorf("the admin is no owner: %v", err)
	}
}

// deleteAccount marks an account as deleted, as auth does.
func (w *world) deleteAccount(p chat.Caller) {
	w.t.Helper()
	err := w.store.Write(w.t.Context(), func(tx *ent.Tx) error {
		return tx.User.UpdateOneID(p.ID).SetDeletedAt(time.Now().UTC()).SetLeaving(true).Exec(w.t.Context())
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// awaitLeft waits until somebody is in no room any more.
func (w *world) awaitLeft(p chat.Caller) {
	w.t.Helper()
	w.await(p.Username+" leaves", func() bool {
		leaving, err := w.store.Read.User.Query().Where(user.ID(p.ID), user.Leaving(true)).Exist(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		return !leaving
	})
}

// Nobody makes more rooms than they may be in, and whom nobody was told how to find nobody finds.
func TestLimitsOfRooms(t *testing.T) {
	w := newWorld(t, chat.Options{
		UserMaxRooms: 2, RoomMaxMembers: 1,
		FindPerson: func(context.Context, string) (chat.Caller, error) { return chat.Caller{ID: uuid.New()}, nil },
	})
	ann, bob := w.person("ann"), w.person("bob")
	first := w.room(ann, "first")
	w.room(ann, "second")
	var limit *chat.LimitError
	if _, err := w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: "third"}); !errors.As(err, &limit) || limit.Reason != "ROOMS" {
		t.Errorf("a third room: %v", err)
	}
	if _, err := w.JoinRoom(t.Context(), bob, "first"); !errors.As(err, &limit) || limit.Reason != "MEMBERS" {
		t.Errorf("a full room: %v", err)
	}
	_, err := w.AddMember(t.Context(), ann, "first", "whoever", nil)
	wantErr(t, err, chat.ErrNoPerson)
	if made, err := w.store.Read.Room.Query().Where(entroom.NameKeyNotNil()).Count(t.Context()); err != nil || made != 2 {
		t.Errorf("%d rooms, %v", made, err)
	}
	alone := chat.New(w.store, chat.Options{Notifier: &broker.Memory{}})
	_, err = alone.AddMember(t.Context(), ann, first.ID.String(), "bob", nil)
	wantErr(t, err, chat.ErrNoPerson)
}

// Whoever is added to a private room, or comes by an invite, sees all of it from its first chat on, in pages and in its log.
func TestNewMembersSeeTheWholeHistory(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	in := w.private(ann, "secret")
	const chats = 5
	var first string
	for i := range chats {
		if c := w.send(ann, in.ID.String(), fmt.Sprint("chat ", i+1)); i == 0 {
			first = c.ID.String()
		}
	}
	if _, err := w.AddMember(t.Context(), ann, in.ID.String(), "bob", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.accept(eve, w.invite(ann, in, 1).Code); err != nil {
		t.Fatal(err)
	}
	for _, who := range []chat.Caller{bob, eve} {
		all := w.all(who, in.ID.String())
		for i, c := range all {
			if c.Number != i+1 || *c.Text != fmt.Sprint("chat ", i+1) {
				t.Errorf("%s sees %d: %s", who.Username, c.Number, *c.Text)
			}
		}
		events := w.log(who, in)
		if len(all) != chats || len(events) != chats+2 || events[0].Chat == nil || events[0].Chat.ID.String() != first {
			t.Errorf("%s sees %d chats and %d events", who.Username, len(all), len(events))
		}
		if c, err := w.EditChat(t.Context(), who, first, chat.Edit{Text: new("x")}); !errors.Is(err, chat.ErrForbidden) { // and not: no such chat
			t.Errorf("%s edits %v, %v", who.Username, c, err)
		}
	}
}
