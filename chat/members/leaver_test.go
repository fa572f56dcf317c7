package members_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/members"
	"parley/ent"
	"parley/ent/room"
	"parley/ent/user"
)

// leaveAll takes out whoever has no account any more.
func (w *world) leaveAll() {
	w.t.Helper()
	if err := members.NewLeaver(w.Roster, nil).LeaveAll(w.t.Context()); err != nil {
		w.t.Error(err)
	}
}

// leaving says whether somebody is left to take out.
func (w *world) leaving() bool {
	w.t.Helper()
	return must(w.shared.Store.Read.User.Query().Where(user.Leaving(true)).Exist(w.t.Context()))(w.t)
}

// Whose account is gone leaves all rooms but direct ones, and hands over: to the admin who has been there longest, else to the
// member, whose accounts are there.
func TestDeletedAccountHandsOver(t *testing.T) {
	w := newWorld(t)
	ann, bob, cid, dan, eve := w.person("ann"), w.person("bob"), w.person("cid"), w.person("dan"), w.person("eve")
	owns := as{ann, access.Owner}
	for _, c := range []struct {
		what string
		kind room.Kind
		in   []as
		then string
		told []string
	}{
		{
			"admins", room.KindPRIVATE,
			[]as{{eve, access.Member}, {dan, access.Admin}, owns, {bob, access.Admin}},
			"dan OWNER, bob ADMIN, eve MEMBER",
			[]string{"MEMBER_CHANGED dan by -", "MEMBER_LEFT ann by ann"},
		},
		{
			"an admin is gone", room.KindPUBLIC,
			[]as{{cid, access.Admin}, owns, {dan, access.Admin}},
			"dan OWNER",
			[]string{"MEMBER_CHANGED dan by -", "MEMBER_LEFT ann by ann", "MEMBER_LEFT cid by cid"},
		},
		{
			"members", room.KindPUBLIC,
			[]as{owns, {eve, access.Member}, {bob, access.Member}},
			"eve OWNER, bob MEMBER",
			[]string{"MEMBER_CHANGED eve by -", "MEMBER_LEFT ann by ann"},
		},
		{"another owner", room.KindPRIVATE, []as{owns, {bob, access.Admin}, {eve, access.Owner}}, "eve OWNER, bob ADMIN", []string{"MEMBER_LEFT ann by ann"}},
		{"not the owner", room.KindPRIVATE, []as{{eve, access.Owner}, {ann, access.Admin}, {bob, access.Admin}}, "eve OWNER, bob ADMIN", []string{"MEMBER_LEFT ann by ann"}},
		{"public, alone", room.KindPUBLIC, []as{owns}, "", []string{"MEMBER_LEFT ann by ann"}},
		{"public, all gone", room.KindPUBLIC, []as{owns, {cid, access.Member}}, "", []string{"MEMBER_LEFT ann by ann", "MEMBER_LEFT cid by cid"}},
		{"public, two owners gone", room.KindPUBLIC, []as{owns, {cid, access.Owner}}, "", []string{"MEMBER_LEFT ann by ann", "MEMBER_LEFT cid by cid"}},
		{"private, alone", room.KindPRIVATE, []as{owns, {cid, access.Member}}, "ann OWNER, cid MEMBER", []string{"ROOM_DELETED by -"}},
		{"direct", room.KindDIRECT, []as{{ann, access.Member}, {bob, access.Member}}, "ann MEMBER, bob MEMBER", nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			w.t = t
			in := w.room(c.kind, c.in...)
			w.mayReturn(ann, cid)
			w.deleteAccount(ann)
			w.deleteAccount(cid)
			before := w.purges
			w.leaveAll()
			got := w.events(in)
			slices.Sort(got) // two people leave in order of their ids
			slices.Sort(c.told)
			if roles := w.roles(in); roles != c.then || !slices.Equal(got, c.told) {
				t.Errorf("there is %s, by %v", roles, got)
			}
			deleted := w.row(in).DeletedAt != nil
			if deleted != (c.what == "private, alone") || w.purges-before != map[bool]int{true: 1}[deleted] {
				t.Errorf("deleted: %v, with %d purges", deleted, w.purges-before)
			}
			if v := w.row(in); len(c.told) > 0 && (v.RevokedPlace != v.LastPlace || v.AccessVersion == 0) {
				t.Errorf("revoked at %d of %d", v.RevokedPlace, v.LastPlace)
			}
			w.mayReturn(ann, cid)
			if !deleted { // the next has rooms of its own
				for _, p := range []access.Caller{ann, bob, eve} {
					_, _ = w.DeleteRoom(t.Context(), p, in)
				}
			}
		})
	}
}

// The last owner of a room where no account is live goes behind all others: whoever comes meanwhile is not without an owner.
func TestOwnerGoesLast(t *testing.T) {
	w := newWorld(t)
	ann, gone, bob := w.person("ann"), w.person("gone"), w.person("bob")
	in := w.room(room.KindPUBLIC, as{ann, access.Owner}, as{gone, access.Member})
	w.write(func(ctx context.Context, tx *ent.Tx) error { // but is not leaving yet
		return tx.User.UpdateOneID(gone.ID).SetDeletedAt(w.now()).Exec(ctx)
	})
	w.deleteAccount(ann)
	w.leaveAll()
	must(w.JoinRoom(t.Context(), bob, in))(t)
	if got := w.roles(in); got != "ann OWNER, bob MEMBER, gone MEMBER" {
		t.Errorf("there is %s", got)
	}
	w.leaveAll()
	if got := w.roles(in); got != "bob OWNER, gone MEMBER" {
		t.Errorf("then there is %s", got)
	}
}

// Where all accounts go at once nobody waits for another to be out: with the first call all have left. (The last owners waited
// for a minute.)
func TestAllLeaveAtOnce(t *testing.T) {
	w := newWorld(t)
	var people []access.Caller
	var rooms []string
	for i := range 6 {
		people = append(people, w.person(fmt.Sprint("person", i)))
	}
	for i := range people {
		var in []as
		for j, p := range people {
			in = append(in, as{p, map[bool]access.Role{true: access.Owner, false: access.Member}[i == j]})
		}
		rooms = append(rooms, w.room([]room.Kind{room.KindPUBLIC, room.KindPRIVATE}[i%2], in...))
	}
	for _, p := range people {
		w.deleteAccount(p)
	}
	w.leaveAll()
	for i, in := range rooms {
		if row := w.row(in); w.leaving() || i%2 == 0 && w.roles(in) != "" || i%2 == 1 && row.DeletedAt == nil {
			t.Errorf("room %d has %s; somebody is leaving: %v", i, w.roles(in), w.leaving())
		}
	}
}

// mayReturn gives deleted accounts back, for the next case.
func (w *world) mayReturn(people ...access.Caller) {
	w.t.Helper()
	for _, p := range people {
		w.write(func(ctx context.Context, tx *ent.Tx) error {
			return tx.User.UpdateOneID(p.ID).ClearDeletedAt().ClearLeaving().Exec(ctx)
		})
	}
}

// What is left of a leaving stands in the database: whoever comes next goes on with it, at once.
func TestLeavingGoesOn(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.person("ann"), w.person("bob")
	var rooms []string
	for range 30 {
		rooms = append(rooms, w.room(room.KindPRIVATE, as{ann, access.Owner}, as{bob, access.Member}))
	}
	w.deleteAccount(ann)
	ctx, stop := context.WithCancel(t.Context())
	notifications := 0
	w.whenTold = func([]uuid.UUID) {
		if notifications++; notifications == 10 {
			stop()
		}
	}
	if err := members.NewLeaver(w.Roster, nil).LeaveAll(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	left := 0
	for _, in := range rooms {
		if w.roles(in) != "bob OWNER" {
			left++
		}
	}
	if left == 0 || left == len(rooms) || !w.leaving() {
		t.Fatalf("when it was interrupted, %d of %d rooms were left", left, len(rooms))
	}
	w.leaveAll()
	for _, in := range rooms {
		if got := w.roles(in); got != "bob OWNER" || len(w.events(in)) != 2 {
			t.Errorf("there is %s, by %v", got, w.events(in))
		}
	}
}

// Where members are still enrolled, who is to take over may be among those who come.
func TestLeavingWaitsForEnrolment(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.person("ann"), w.person("bob")
	in := w.room(room.KindPUBLIC, as{ann, access.Owner})
	w.write(func(ctx context.Context, tx *ent.Tx) error {
		return tx.Room.UpdateOneID(uuid.MustParse(in)).SetEnrolling(true).Exec(ctx)
	})
	w.deleteAccount(ann)
	w.leaveAll()
	if got := w.roles(in); got != "ann OWNER" || !w.leaving() {
		t.Errorf("there is %s; left: %v", got, w.leaving())
	}
	must(w.JoinRoom(t.Context(), bob, in))(t)
	w.write(func(ctx context.Context, tx *ent.Tx) error {
		return tx.Room.UpdateOneID(uuid.MustParse(in)).ClearEnrolling().Exec(ctx)
	})
	w.leaveAll()
	if got := w.roles(in); got != "bob OWNER" || w.leaving() {
		t.Errorf("there is %s; left: %v", got, w.leaving())
	}
}
