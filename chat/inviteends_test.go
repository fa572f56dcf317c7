package chat_test

import (
	"errors"
	"testing"

	"parley/chat"
	"parley/chat/access"
)

// What somebody has made ends for good when they may not invite any more, also if they may again before anybody has tried.
func TestInvitesEndWithTheirMakersRight(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	for name, c := range map[string]struct {
		loses func(in string) error
		ends  bool
	}{
		"demoted": {func(in string) error { return second(w.SetRole(t.Context(), ann, in, "bob", access.Member)) }, true},
		"removed": {func(in string) error { return second(w.RemoveMember(t.Context(), ann, in, "bob")) }, true},
		"left":    {func(in string) error { return second(w.LeaveRoom(t.Context(), bob, in)) }, true},
		"banned": {func(in string) error {
			return errors.Join(second(w.BanMember(t.Context(), ann, in, "bob", nil, nil)), second(w.UnbanMember(t.Context(), ann, in, "bob")))
		}, true},
		"promoted": {func(in string) error { return second(w.SetRole(t.Context(), ann, in, "bob", access.Owner)) }, false},
		"an owner who is an admin": {func(in string) error {
			return errors.Join(second(w.SetRole(t.Context(), ann, in, "bob", access.Owner)), second(w.SetRole(t.Context(), ann, in, "bob", access.Admin)))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			in := w.private(ann, name, "bob")
			id, admin := in.ID.String(), access.Admin
			ready := func() error {
				return errors.Join(second(w.AddMember(t.Context(), ann, id, "bob", nil)), second(w.SetRole(t.Context(), ann, id, "bob", admin)))
			}
			if err := ready(); err != nil {
				t.Fatal(err)
			}
			his, hers, there := w.invite(bob, in, 0), w.invite(ann, in, 0), 2
			if err := errors.Join(c.loses(id), ready()); err != nil {
				t.Fatal(err)
			}
			if c.ends {
				there = 1
				_, err := w.accept(eve, his.Code)
				wantErr(t, err, chat.ErrNoInvite)
			}
			if got := w.shown(bob, in); len(got) != there {
				t.Errorf("there are %d", len(got))
			}
			if _, err := w.accept(eve, hers.Code); err != nil {
				t.Error(err)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

// Who manages a room is shown its invites wherever the room is shown, also with a chat they have just sent; and with them the
// room as it is when they are judged.
func TestInvitesAreShownWithEachRoom(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	in := w.private(ann, "secret", "bob")
	w.invite(ann, in, 1)
	for who, most := range map[chat.Caller]int{ann: 1, bob: 0} {
		sent := w.send(who, in.ID.String(), "x").Room
		if _, err := w.accept(w.person("guest of "+who.Username), w.invite(ann, in, 1).Code); err != nil {
			t.Fatal(err)
		}
		list, err := w.Invites(t.Context(), who, sent)
		if err != nil || len(list) != most || (list != nil) != (most > 0) {
			t.Fatalf("%s is shown %v, %v", who.Username, list, err)
		}
		if most > 0 && list[0].Room.MemberCount != sent.MemberCount+1 {
			t.Errorf("the room has %d members, and had %d before", list[0].Room.MemberCount, sent.MemberCount)
		}
	}
}

// Whoever has come in by an invite and is not in the room any more has used it: nobody gets their place.
func TestUsesAreNotGivenBack(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	in := w.private(ann, "secret")
	id := in.ID.String()
	made := w.invite(ann, in, 2)
	for i, goes := range []func() error{
		func() error { return second(w.LeaveRoom(t.Context(), bob, id)) },
		func() error { return second(w.RemoveMember(t.Context(), ann, id, "bob")) },
	} {
		if _, err := w.accept(bob, made.Code); err != nil {
			t.Fatal(err)
		}
		if err := goes(); err != nil {
			t.Fatal(err)
		}
		row, err := w.store.Read.Invite.Get(t.Context(), made.ID)
		if err != nil || *row.UsesLeft != 1-i || len(w.shown(ann, in)) != 1-i {
			t.Errorf("used %d times: %v, %v, shown %v", i+1, row, err, w.shown(ann, in))
		}
	}
	for _, who := range []chat.Caller{bob, eve} {
		_, err := w.accept(who, made.Code)
		wantErr(t, err, chat.ErrNoInvite)
	}
}
