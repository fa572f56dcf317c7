package chat_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/ent"
	"parley/ent/user"
	"parley/limit"
	"parley/rights"
)

// setAdmin makes somebody a server admin, or takes that away.
func (w *world) setAdmin(who chat.Caller, on bool) {
	w.t.Helper()
	err := w.store.Write(w.t.Context(), func(tx *ent.Tx) error {
		change := tx.User.Update().Where(user.ID(who.ID)).ClearAdmin()
		if on {
			change = tx.User.Update().Where(user.ID(who.ID)).SetAdmin(true)
		}
		return change.Exec(w.t.Context())
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func wantNotForMembers(t *testing.T, what string, err error) {
	t.Helper()
	var forbidden *chat.ForbiddenError
	if !errors.As(err, &forbidden) || forbidden.Reason != rights.NotForMembers {
		t.Errorf("%s: got error %v, want NOT_FOR_MEMBERS", what, err)
	}
}

// What members may not is for bots and for server admins, as long as they are that. What is there stays theirs.
func TestWithheldFromMembers(t *testing.T) {
	w := newWorld(t, chat.Options{Withheld: rights.Actions(), RoomCreateRate: limit.Rate{Calls: 4, Per: time.Hour}})
	ann, bob, bot, admin := w.person("ann"), w.person("bob"), w.person("bot"), w.person("admin")
	bot.Bot = true
	w.setAdmin(admin, true)
	create := func(who chat.Caller, name string, id *string) error {
		_, err := w.CreateRoom(t.Context(), who, chat.NewRoom{Name: name, ID: id, Members: []string{"bob"}})
		return err
	}
	open := func(who chat.Caller, with ...string) error {
		_, err := w.OpenDirectRoom(t.Context(), who, with)
		return err
	}
	for range 5 { // it takes nothing of what they may make later
		wantNotForMembers(t, "ann makes a room", create(ann, "of ann", nil))
		wantNotForMembers(t, "ann opens a room", open(ann, "bob"))
	}
	wantNotForMembers(t, "ann says who is in it", create(ann, "of ann", new(uuid.NewString())))
	for _, who := range []chat.Caller{bot, admin} {
		if err := errors.Join(create(who, "of "+who.Username, nil), open(who, "ann"), open(who, "ann", "bob")); err != nil {
			t.Errorf("%s: %v", who.Username, err)
		}
	}
	for _, with := range []string{"bot", "admin"} { // they have opened it
		if err := errors.Join(open(ann, with), open(ann, "bob", with)); err != nil {
			t.Errorf("ann and %s: %v", with, err)
		}
	}

	mine := uuid.NewString()
	w.setAdmin(ann, true)
	if err := errors.Join(create(ann, "mine", &mine), open(ann, "bob")); err != nil {
		t.Error(err)
	}
	w.setAdmin(ann, false)
	if err := errors.Join(create(ann, "mine", &mine), open(ann, "bob"), open(bob, "ann")); err != nil { // sent again
		t.Error(err)
	}
	wantNotForMembers(t, "ann is none any more", create(ann, "another", nil))
	w.send(ann, mine, "hi")
}

// One thing withheld is nothing of the other.
func TestWithheldOneByOne(t *testing.T) {
	w := newWorld(t, chat.Options{Withheld: rights.Withheld{rights.OpenDirect, rights.ListPeople}})
	ann, _ := w.person("ann"), w.person("bob")
	w.room(ann, "of ann")
	_, err := w.OpenDirectRoom(t.Context(), ann, []string{"bob"})
	wantNotForMembers(t, "ann opens a room", err)

	w = newWorld(t, chat.Options{Withheld: rights.Withheld{rights.CreateRooms, rights.ListPeople}})
	ann, _ = w.person("ann"), w.person("bob")
	if _, err := w.OpenDirectRoom(t.Context(), ann, []string{"bob"}); err != nil {
		t.Error(err)
	}
	_, err = w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: "of ann"})
	wantNotForMembers(t, "ann makes a room", err)
}
