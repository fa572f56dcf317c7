package chat_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/chat"
	"parley/chat/access"
	"parley/ent"
	"parley/ent/invite"
	"parley/ent/member"
	"parley/rounds"
)

// 200 people with one code of a few uses, on two nodes: as many come in, and the log, the count and the rows say the same.
// The one person who sends the call many times is in it once.
func TestInvitesAreUsedUpOnce(t *testing.T) {
	w := newWorld(t, chat.Options{})
	other := chat.New(w.store, chat.Options{Notifier: brokertest.Lossy{}}) // another node
	ann := w.person("ann")
	people := make([]chat.Caller, 200)
	for i := range people {
		people[i] = w.person(fmt.Sprint("person", i))
	}
	for range rounds.Of(t, 1, 20) {
		for _, uses := range []int{1, 7} {
			in := w.private(ann, "secret")
			code := w.invite(ann, in, uses).Code
			var let atomic.Int32
			var wg sync.WaitGroup
			for i, who := range people {
				node := []*chat.Service{w.Service, other}[i%2]
				wg.Go(func() {
					_, err := node.AcceptInvite(t.Context(), who, code)
					switch {
					case err == nil:
						let.Add(1)
					case !errors.Is(err, chat.ErrNoInvite):
						t.Error(err)
					}
				})
			}
			wg.Wait()
			rows, err := w.store.Read.Member.Query().Where(member.RoomID(in.ID)).Count(t.Context())
			read, err2 := w.Room(t.Context(), ann, in.ID.String())
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			if events := w.log(ann, in); int(let.Load()) != uses || rows != uses+1 || read.MemberCount != uses+1 || len(events) != uses {
				t.Errorf("%d let in with %d uses, %d rows, count %d, %d events", let.Load(), uses, rows, read.MemberCount, len(events))
			}
		}
	}
}

func TestAcceptInviteManyTimesAtOnce(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	in := w.private(ann, "secret")
	code := w.invite(ann, in, 2).Code
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := w.accept(bob, code); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if _, err := w.accept(eve, code); err != nil {
		t.Errorf("bob took more than one use: %v", err)
	}
	if got := told(w.log(ann, in)); got != "MEMBER_JOINED bob, MEMBER_JOINED eve" {
		t.Errorf("the log says %s", got)
	}
}

// A room has 100 invites that let somebody in, also if many are made at once; those that have ended do not count, and do not
// stay for ever.
func TestInvitesOfARoomAreBounded(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	w := newWorld(t, chat.Options{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	ann := w.person("ann")
	in := w.private(ann, "secret")
	until := now.Add(time.Hour)
	create := func() error {
		_, err := w.CreateInvite(t.Context(), ann, in.ID.String(), nil, &until, nil)
		return err
	}
	var wg sync.WaitGroup
	var made, refused int
	for range 110 {
		wg.Go(func() {
			err := create()
			limit, is := asLimit(err)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case is && limit.Reason == "INVITES":
				refused++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if made != 100 || refused != 10 {
		t.Errorf("%d made, %d refused", made, refused)
	}
	now = now.Add(2 * time.Hour)
	until = now.Add(time.Hour)
	if err := create(); err != nil {
		t.Error(err)
	}
	now = now.Add(25 * time.Hour)
	until = now.Add(time.Hour)
	if err := create(); err != nil {
		t.Error(err)
	}
	if rows, err := w.store.Read.Invite.Query().Where(invite.RoomID(in.ID)).Count(t.Context()); err != nil || rows != 1 {
		t.Errorf("%d are kept, %v", rows, err)
	}
}

// With its maker's account an invite ends; the conversations of that person stay to the others, under the same name.
func TestWhatADeletedAccountLeaves(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	in := w.private(ann, "secret", "bob")
	w.change(func(tx *ent.Tx) error {
		return tx.Member.Update().Where(member.UserID(bob.ID)).SetRole(int(access.Admin)).Exec(t.Context())
	})
	code := w.invite(bob, in, 0).Code
	opened, err := w.OpenDirectRoom(t.Context(), bob, []string{"ann"})
	if err != nil {
		t.Fatal(err)
	}
	w.change(func(tx *ent.Tx) error {
		return tx.User.UpdateOneID(bob.ID).SetDeletedAt(time.Now().UTC()).Exec(t.Context())
	})
	_, err = w.accept(eve, code)
	wantErr(t, err, chat.ErrNoInvite)
	if got := w.shown(ann, in); len(got) != 0 {
		t.Errorf("%d invites are left", len(got))
	}
	if got := w.list(ann, chat.RoomsQuery{Scope: ptr(chat.JoinedRooms)}); got != "ann, bob; secret" {
		t.Errorf("ann is shown %s", got)
	}
	w.send(ann, opened.ID.String(), "are you there?")
	for _, call := range []func() error{
		func() error { _, err := w.OpenDirectRoom(t.Context(), ann, []string{"bob"}); return err },
		func() error { _, err := w.OpenDirectRoom(t.Context(), bob, []string{"eve"}); return err },
		func() error { _, err := w.CreateRoom(t.Context(), bob, chat.NewRoom{Name: "too late"}); return err },
		func() error {
			_, err := w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: "too late", Members: []string{bob.ID.String()}})
			return err
		},
	} {
		wantErr(t, call(), chat.ErrNoPerson)
	}
}
