package chat_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/access"
	"parley/chat/invites"
	"parley/chat/members"
	"parley/chat/roomlog"
	"parley/ent"
	"parley/ent/member"
)

// private makes a private room with members.
func (w *world) private(owner chat.Caller, name string, people ...string) *roomlog.Room {
	w.t.Helper()
	made, err := w.CreateRoom(w.t.Context(), owner, chat.NewRoom{Name: name, Kind: ptr(roomlog.Private), Members: people})
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

func (w *world) invite(by chat.Caller, to *roomlog.Room, uses int) *invites.Invite {
	w.t.Helper()
	made, err := w.CreateInvite(w.t.Context(), by, to.ID.String(), &uses, nil, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

func (w *world) accept(who chat.Caller, code string) (*members.Member, error) {
	return w.AcceptInvite(w.t.Context(), who, code)
}

// shown are the codes of a room's invites, as somebody sees them.
func (w *world) shown(who chat.Caller, of *roomlog.Room) []string {
	w.t.Helper()
	read, err := w.Room(w.t.Context(), who, of.ID.String())
	if err != nil {
		w.t.Fatal(err)
	}
	list, err := w.Invites(w.t.Context(), who, read)
	if err != nil {
		w.t.Fatal(err)
	}
	var codes []string
	for _, i := range list {
		codes = append(codes, i.Code)
	}
	return codes
}

// change changes rows as nothing of this package does.
func (w *world) change(fn func(*ent.Tx) error) {
	w.t.Helper()
	if err := w.store.Write(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func TestInviteLetsIn(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	in := w.private(ann, "secret")
	made, err := w.CreateInvite(t.Context(), ann, in.ID.String(), nil, nil, nil)
	if err != nil || *made.Uses != 1 || *made.UsesLeft != 1 || made.Until != nil || made.CreatedBy != ann.ID || made.Room.ID != in.ID || len(made.Code) != 26 {
		t.Fatalf("made %+v, %v", made, err)
	}
	got, err := w.accept(bob, strings.ToLower(made.Code))
	if err != nil || got.UserID != bob.ID || got.Role != access.Member || got.Room.ID != in.ID || got.Room.MemberCount != 2 {
		t.Fatalf("bob is %+v, %v", got, err)
	}
	events := w.log(bob, in)
	if told(events) != "MEMBER_JOINED bob" || events[0].ActorID != ann.ID {
		t.Errorf("the log says %s", told(events))
	}
	for _, again := range []chat.Caller{bob, ann} { // who is in it uses nothing, and is told so for ever
		if got, err := w.accept(again, made.Code); err != nil || got.UserID != again.ID {
			t.Errorf("again: %+v, %v", got, err)
		}
	}
	if events := w.log(bob, in); len(events) != 1 {
		t.Errorf("the log says %s", told(events))
	}
	_, err = w.accept(eve, made.Code)
	wantErr(t, err, chat.ErrNoInvite)
	any := w.invite(ann, in, 0)
	for i := range 5 {
		if _, err := w.accept(w.person(fmt.Sprint("guest", i)), any.Code); err != nil {
			t.Error(err)
		}
	}
	if any.Uses != nil || any.UsesLeft != nil {
		t.Errorf("any number is %v of %v", any.UsesLeft, any.Uses)
	}
}

// A code that lets nobody in is told nothing else, whatever the reason is.
func TestInvitesThatHaveEnded(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	w := newWorld(t, chat.Options{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	in := w.private(ann, "secret", "bob")
	role := func(who chat.Caller, role access.Role) {
		w.change(func(tx *ent.Tx) error {
			return tx.Member.Update().Where(member.UserID(who.ID), member.RoomID(in.ID)).SetRole(int(role)).Exec(t.Context())
		})
	}
	role(bob, access.Admin)
	timed, err := w.CreateInvite(t.Context(), ann, in.ID.String(), nil, ptr(now.Add(time.Hour)), nil)
	if err != nil {
		t.Fatal(err)
	}
	used, deleted, demoted, banned, last := w.invite(ann, in, 1), w.invite(ann, in, 1), w.invite(bob, in, 1), w.invite(ann, in, 1), w.invite(ann, in, 1)
	if got := w.shown(bob, in); len(got) != 6 || got[0] != timed.Code && got[1] != timed.Code {
		t.Errorf("bob is shown %d", len(got))
	}
	if _, err := w.accept(w.person("guest"), used.Code); err != nil {
		t.Fatal(err)
	}
	if id, err := w.DeleteInvite(t.Context(), bob, strings.ToUpper(deleted.ID.String())); err != nil || id != deleted.ID.String() {
		t.Fatalf("got %v, %v", id, err)
	}
	role(bob, access.Member)
	mu.Lock()
	now = now.Add(time.Hour)
	mu.Unlock()
	barred := w.person("barred")
	w.change(func(tx *ent.Tx) error {
		return tx.Ban.Create().SetRoomID(in.ID).SetUserID(barred.ID).SetBannedBy(ann.ID).SetCreatedAt(now).Exec(t.Context())
	})
	for name, code := range map[string]string{
		"timed": timed.Code, "used": used.Code, "deleted": deleted.Code, "demoted": demoted.Code,
		"empty": "", "short": used.Code[1:], "wrong": strings.Repeat("A", 26), "broken": "\xff", "zeros": strings.Repeat("\x00", 26), "long": strings.Repeat("0", 1<<16),
	} {
		if _, err := w.accept(eve, code); !errors.Is(err, chat.ErrNoInvite) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = w.accept(barred, banned.Code)
	wantErr(t, err, chat.ErrNoInvite)
	if got := w.shown(ann, in); len(got) != 2 {
		t.Errorf("%d are left", len(got))
	}
	if got := w.shown(bob, in); got != nil {
		t.Errorf("a member is shown %v", got)
	}
	found, err := w.InvitesByID(t.Context(), ann, []uuid.UUID{timed.ID, last.ID, deleted.ID, demoted.ID})
	if err != nil || found[0] != nil || found[1] == nil || found[1].Code != last.Code || found[2] != nil || found[3] != nil {
		t.Errorf("found %v, %v", found, err)
	}
	if found, err = w.InvitesByID(t.Context(), bob, []uuid.UUID{last.ID}); err != nil || found[0] != nil {
		t.Errorf("a member finds %v, %v", found, err)
	}
	if _, err := w.DeleteRoom(t.Context(), ann, in.ID.String()); err != nil {
		t.Fatal(err)
	}
	_, err = w.accept(eve, last.Code)
	wantErr(t, err, chat.ErrNoInvite)
}

// A ban beats an invite, and in a public room the banned are told of it.
func TestInviteOfTheBanned(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	general := w.room(ann, "general")
	until := time.Now().UTC().Add(time.Hour).Truncate(time.Millisecond)
	w.change(func(tx *ent.Tx) error {
		return tx.Ban.Create().SetRoomID(general.ID).SetUserID(bob.ID).SetBannedBy(ann.ID).SetCreatedAt(until).SetUntil(until).Exec(t.Context())
	})
	_, err := w.accept(bob, w.invite(ann, general, 1).Code)
	var banned *access.ForbiddenError
	if !errors.As(err, &banned) || banned.Reason != "BANNED" || !banned.Until.Equal(until) {
		t.Errorf("got error %v", err)
	}
}

func TestCreateInviteRefuses(t *testing.T) {
	w := newWorld(t, chat.Options{RoomMaxMembers: 2})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	in := w.private(ann, "secret", "bob")
	create := func(who chat.Caller, uses int, until time.Time, id string) error {
		_, err := w.CreateInvite(t.Context(), who, in.ID.String(), &uses, &until, &id)
		return err
	}
	later := time.Now().Add(time.Hour)
	for _, uses := range []int{-1, 1001, 1 << 40} {
		wantInvalid(t, create(ann, uses, later, uuid.NewString()), "uses", "OUT_OF_RANGE")
	}
	for _, until := range []time.Time{{}, time.Now(), time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		wantInvalid(t, create(ann, 1, until, uuid.NewString()), "until", "OUT_OF_RANGE")
	}
	wantInvalid(t, create(ann, 1, later, uuid.Nil.String()), "id", "ID_INVALID")
	wantErr(t, create(bob, 1, later, uuid.NewString()), chat.ErrForbidden)
	wantErr(t, create(eve, 1, later, uuid.NewString()), chat.ErrNoRoom)
	_, err := w.DeleteInvite(t.Context(), ann, "x")
	wantErr(t, err, chat.ErrNoInvite)
	made := w.invite(ann, in, 1)
	for _, who := range []chat.Caller{bob, eve} { // for whom there is none
		_, err = w.DeleteInvite(t.Context(), who, made.ID.String())
		wantErr(t, err, chat.ErrNoInvite)
	}
	_, err = w.accept(eve, made.Code)
	wantLimit(t, err, "MEMBERS")
	if left, err := w.store.Read.Invite.Get(t.Context(), made.ID); err != nil || *left.UsesLeft != 1 {
		t.Errorf("a use is gone: %v, %v", left, err)
	}
	if events := w.log(ann, in); len(events) != 1 {
		t.Errorf("the log says %s", told(events))
	}
	opened, err := w.OpenDirectRoom(t.Context(), ann, []string{"bob"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.CreateInvite(t.Context(), ann, opened.ID.String(), nil, nil, nil)
	wantErr(t, err, chat.ErrForbidden)
}

func TestCreateInviteAgain(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	in, other, his := w.private(ann, "secret"), w.private(ann, "other"), w.private(bob, "his")
	id := ptr(uuid.NewString())
	codes := make(chan string, 20)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			made, err := w.CreateInvite(t.Context(), ann, in.ID.String(), nil, nil, id)
			if err != nil {
				t.Error(err)
				return
			}
			codes <- made.Code
		})
	}
	wg.Wait()
	close(codes)
	first := <-codes
	for code := range codes {
		if code != first {
			t.Error("two invites of one id")
		}
	}
	if _, err := w.accept(bob, first); err != nil {
		t.Fatal(err)
	}
	again, err := w.CreateInvite(t.Context(), ann, in.ID.String(), ptr(7), nil, id)
	if err != nil || again.Code != first || *again.Uses != 1 || *again.UsesLeft != 0 {
		t.Errorf("sent again: %+v, %v", again, err)
	}
	_, err = w.CreateInvite(t.Context(), ann, other.ID.String(), nil, nil, id)
	wantErr(t, err, chat.ErrIDTaken)
	_, err = w.CreateInvite(t.Context(), bob, his.ID.String(), nil, nil, id)
	wantErr(t, err, chat.ErrIDTaken)
}
