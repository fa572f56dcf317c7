package members_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/limits"
	"parley/chat/members"
	"parley/ent"
	"parley/ent/member"
	"parley/ent/room"
	"parley/limit"
)

// Joining, leaving and all else that changes who is in a room: the events, the counts, and what takes something away.
func TestPlacesInARoom(t *testing.T) {
	w := newWorld(t)
	ann, bob, cid := w.person("ann"), w.person("bob"), w.person("cid")
	in := w.room(room.KindPUBLIC, as{ann, access.Owner})
	for range 2 {
		m := must(w.JoinRoom(t.Context(), bob, in))(t)
		if m.UserID != bob.ID || m.Username != "bob" || m.Role != access.Member || m.Room.ID.String() != in || m.Room.MemberCount != 2 || m.Room.As.Member.ID != m.ID {
			t.Errorf("joined as %+v in %+v", m, m.Room)
		}
	}
	row := must(w.shared.Store.Read.Member.Query().Where(member.UserID(bob.ID)).Only(t.Context()))(t)
	event := must(w.shared.Store.Read.RoomEvent.Query().Only(t.Context()))(t)
	if row.JoinedPlace != 0 || event.Place != 1 || !row.JoinedAt.Equal(event.At) || row.UsernameKey != "bob" {
		t.Errorf("joined at %+v, of which is said %+v", row, event)
	}
	if v := w.row(in); v.AccessVersion != 0 || v.RevokedPlace != 0 || w.version(bob) != 1 {
		t.Errorf("joining takes something away: %+v; bob's list is %d", v, w.version(bob))
	}
	must(w.AddMember(t.Context(), ann, in, "cid", ptr(access.Admin)))(t)
	m := must(w.AddMember(t.Context(), ann, in, cid.ID.String(), ptr(access.Member)))(t)
	if m.Role != access.Admin || m.Room.As.Member.Role != access.Owner {
		t.Errorf("added twice, they are %+v of %+v", m, m.Room.As)
	}
	must(w.SetRole(t.Context(), ann, in, "bob", access.Admin))(t)
	if v := w.row(in); v.AccessVersion != 0 {
		t.Error("a higher role takes something away")
	}
	must(w.SetRole(t.Context(), ann, in, "bob", access.Member))(t)
	if v := w.row(in); v.AccessVersion != 1 || v.RevokedPlace != 0 {
		t.Errorf("a lower role leaves %+v", v)
	}
	id := must(w.RemoveMember(t.Context(), cid, in, "bob"))(t)
	if v := w.row(in); id != bob.ID.String() || v.AccessVersion != 2 || v.RevokedPlace != v.LastPlace || w.version(bob) != 2 {
		t.Errorf("a removal leaves %+v; bob's list is %d", v, w.version(bob))
	}
	for range 2 {
		if given := must(w.LeaveRoom(t.Context(), cid, in))(t); given != in {
			t.Errorf("leaving answers %s", given)
		}
	}
	if v := w.row(in); v.AccessVersion != 3 || v.RevokedPlace != v.LastPlace || v.MemberCount != 1 || w.version(cid) != 2 {
		t.Errorf("leaving leaves %+v", v)
	}
	if got, told := w.events(in), []string{
		"MEMBER_JOINED bob by bob", "MEMBER_JOINED cid by ann", "MEMBER_CHANGED bob by ann", "MEMBER_CHANGED bob by ann",
		"MEMBER_REMOVED bob by cid", "MEMBER_LEFT cid by cid",
	}; !slices.Equal(got, told) {
		t.Errorf("the log says %v", got)
	}
	if rooms := slices.DeleteFunc(w.told, func(id uuid.UUID) bool { return id.String() != in }); len(rooms) != 6 {
		t.Errorf("%d notifications", len(rooms))
	}
}

// leaveRoom answers what was given, whatever there is: who was in a private room is not told apart from who was not.
func TestLeavingAnswersWhatWasGiven(t *testing.T) {
	w := newWorld(t)
	ann, bob, bad := w.person("ann"), w.person("bob"), w.person("bad")
	public, private := w.room(room.KindPUBLIC, as{ann, access.Owner}), w.room(room.KindPRIVATE, as{ann, access.Owner}, as{bob, access.Member})
	w.ban(public, bad)
	for _, who := range []access.Caller{bob, bad} {
		for _, given := range []string{public, "ROOM " + public, private, private, "room " + private, uuid.NewString(), "nowhere", "", "\xff"} {
			if got, err := w.LeaveRoom(t.Context(), who, given); err != nil || got != given {
				t.Errorf("%s leaves %q: %q, %v", who.Username, given, got, err)
			}
		}
	}
	if got := w.events(private); !slices.Equal(got, []string{"MEMBER_LEFT bob by bob"}) {
		t.Errorf("the log says %v", got)
	}
}

// The last owner cannot go, in no way, before somebody else is one.
func TestLastOwnerStays(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.person("ann"), w.person("bob")
	in := w.room(room.KindPRIVATE, as{ann, access.Owner}, as{bob, access.Admin})
	goes := map[string]func() error{
		"leaves":     func() error { _, err := w.LeaveRoom(t.Context(), ann, in); return err },
		"removes":    func() error { _, err := w.RemoveMember(t.Context(), ann, in, "ann"); return err },
		"bans":       func() error { _, err := w.BanMember(t.Context(), ann, in, "ann", nil, nil); return err },
		"steps down": func() error { _, err := w.SetRole(t.Context(), ann, in, "ann", access.Admin); return err },
	}
	for how, does := range goes {
		want(t, how, does(), "FORBIDDEN LAST_OWNER")
	}
	must(w.SetRole(t.Context(), ann, in, "bob", access.Owner))(t)
	want(t, "bans themselves", goes["bans"](), "FORBIDDEN")
	for _, how := range []string{"steps down", "leaves"} {
		want(t, how, goes[how](), "ok")
	}
	if got := w.roles(in); got != "bob OWNER" {
		t.Errorf("there is %s", got)
	}
	want(t, "removes", goes["removes"](), "no room")
}

// Whoever comes first into a public room in which nobody is left owns it: a room with members has an owner.
func TestEmptyRoomGetsAnOwner(t *testing.T) {
	w := newWorld(t)
	ann := w.person("ann")
	in := w.room(room.KindPUBLIC, as{ann, access.Owner})
	w.deleteAccount(ann)
	w.leaveAll()
	bob, cid := w.person("bob"), w.person("cid")
	must(w.JoinRoom(t.Context(), bob, in))(t)
	must(w.JoinRoom(t.Context(), cid, in))(t)
	if got := w.roles(in); got != "bob OWNER, cid MEMBER" {
		t.Errorf("there is %s", got)
	}
}

// Many at once take the last places of a room, and no more.
func TestFullRoom(t *testing.T) {
	const places = 5
	w := newWorld(t, func(s *members.Shared) { s.MaxMembers = places })
	ann := w.person("ann")
	in := w.room(room.KindPUBLIC, as{ann, access.Owner})
	var got, full atomic.Int64
	var wg sync.WaitGroup
	for i := range 12 {
		p := w.person(fmt.Sprint("person", i))
		wg.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = w.JoinRoom(t.Context(), p, in)
			} else {
				_, err = w.AddMember(t.Context(), ann, in, p.Username, nil)
			}
			if err == nil {
				got.Add(1)
				return
			}
			full.Add(1)
			want(t, "one too many", err, "LIMIT MEMBERS")
		})
	}
	wg.Wait()
	w.roles(in)
	if n := w.row(in).MemberCount; got.Load() != places-1 || full.Load() != 12-got.Load() || n != places || len(w.events(in)) != places-1 {
		t.Errorf("%d got in, %d did not; the room has %d", got.Load(), full.Load(), n)
	}
	must(w.JoinRoom(t.Context(), ann, in))(t) // who is in it stays, as before
}

// Nobody is in more rooms than they may be: of many joins and additions at once the last that fits.
func TestTooManyRooms(t *testing.T) {
	const most = 1000
	w := newWorld(t)
	ann, bob := w.person("ann"), w.person("bob")
	w.write(func(ctx context.Context, tx *ent.Tx) error {
		for range most - 1 {
			id := uuid.New()
			if err := tx.Room.Create().SetID(id).SetKind(room.KindPRIVATE).SetCreatedBy(bob.ID).SetName("x").SetCreatedAt(w.now()).SetLastAt(w.now()).Exec(ctx); err != nil {
				return err
			}
			if err := tx.Member.Create().SetID(uuid.New()).SetRoomID(id).SetUserID(bob.ID).SetRole(0).SetUsernameKey("bob").SetJoinedPlace(0).SetJoinedAt(w.now()).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	var got atomic.Int64
	var wg sync.WaitGroup
	var rooms []string
	for i := range 8 {
		in := w.room(room.KindPUBLIC, as{ann, access.Owner})
		rooms = append(rooms, in)
		wg.Go(func() {
			var err error
			if i%2 == 0 {
				_, err = w.JoinRoom(t.Context(), bob, in)
			} else {
				_, err = w.AddMember(t.Context(), ann, in, "bob", nil)
			}
			if err == nil {
				got.Add(1)
				return
			}
			want(t, "one too many", err, "LIMIT ROOMS")
		})
	}
	wg.Wait()
	if got.Load() != 1 || w.version(bob) != 1 {
		t.Errorf("%d rooms were joined, and bob's list is %d", got.Load(), w.version(bob))
	}
	for _, in := range rooms { // refused, none of it is left
		if w.roles(in) == "ann OWNER" && w.row(in).LastPlace != 0 {
			t.Errorf("events of nothing: %v", w.events(in))
		}
	}
}

// The caller's rate is taken first: nobody learns by it whether a room is there.
func TestRateComesFirst(t *testing.T) {
	w := newWorld(t, func(s *members.Shared) { s.Changes = limits.New(limit.Rate{Calls: 1, Per: time.Hour}, 1, s.Now) })
	ann := w.person("ann")
	_, err := w.JoinRoom(t.Context(), ann, "nowhere")
	want(t, "first", err, "no room")
	for what, call := range map[string]func() error{
		"join":   func() error { _, err := w.JoinRoom(t.Context(), ann, "nowhere"); return err },
		"leave":  func() error { _, err := w.LeaveRoom(t.Context(), ann, "nowhere"); return err },
		"add":    func() error { _, err := w.AddMember(t.Context(), ann, "nowhere", "x", nil); return err },
		"remove": func() error { _, err := w.RemoveMember(t.Context(), ann, "nowhere", "x"); return err },
		"set":    func() error { _, err := w.SetRole(t.Context(), ann, "nowhere", "x", access.Owner); return err },
		"ban":    func() error { _, err := w.BanMember(t.Context(), ann, "nowhere", "x", nil, nil); return err },
		"unban":  func() error { _, err := w.UnbanMember(t.Context(), ann, "nowhere", "x"); return err },
		"delete": func() error { _, err := w.DeleteRoom(t.Context(), ann, "nowhere"); return err },
	} {
		if err := call(); !errors.As(err, new(*limits.RateError)) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
