package members_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat/access"
	"parley/chat/arguments"
	"parley/chat/roomlog"
	"parley/ent/room"
)

// A ban removes, keeps out, and ends by itself or when it is taken back.
func TestBans(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.person("ann"), w.person("bob")
	for i, kind := range []room.Kind{room.KindPUBLIC, room.KindPRIVATE} {
		in := w.room(kind, as{ann, access.Owner}, as{bob, access.Admin})
		until := w.now().Add(time.Hour + 123*time.Microsecond)
		b := must(w.BanMember(t.Context(), ann, in, "bob", ptr("too loud"), &until))(t)
		if b.UserID != bob.ID || b.Username != "bob" || b.By != ann.ID || *b.Reason != "too loud" || !b.Until.Equal(until.Truncate(time.Millisecond)) {
			t.Errorf("banned as %+v", b)
		}
		if got := w.events(in); w.roles(in) != "ann OWNER" || !slices.Equal(got, []string{"MEMBER_REMOVED bob by ann"}) {
			t.Errorf("there is %s, by %v", w.roles(in), got)
		}
		shut := map[room.Kind]string{room.KindPUBLIC: "FORBIDDEN BANNED", room.KindPRIVATE: "no room"}[kind]
		_, err := w.JoinRoom(t.Context(), bob, in)
		want(t, "join", err, shut)
		var forbidden *access.ForbiddenError
		if errors.As(err, &forbidden) && !forbidden.Until.Equal(*b.Until) {
			t.Errorf("until %v", forbidden.Until)
		}
		_, err = w.UnbanMember(t.Context(), bob, in, "bob") // one's own
		want(t, "unban oneself", err, shut)
		_, err = w.AddMember(t.Context(), ann, in, "bob", nil)
		want(t, "add", err, "FORBIDDEN BANNED")

		again := must(w.BanMember(t.Context(), ann, in, "bob", ptr("too loud"), &until))(t)
		if !again.CreatedAt.Equal(b.CreatedAt) {
			t.Error("the same again is another ban")
		}
		w.pass(2 * time.Hour)
		must(w.AddMember(t.Context(), ann, in, "bob", nil))(t) // it is over
		must(w.BanMember(t.Context(), ann, in, "bob", nil, nil))(t)
		changed := must(w.BanMember(t.Context(), ann, in, "bob", ptr(""), ptr(w.now().Add(time.Hour))))(t)
		if changed.Until == nil || changed.Reason != nil {
			t.Errorf("changed to %+v", changed)
		}
		for range 2 {
			if id := must(w.UnbanMember(t.Context(), ann, in, "bob"))(t); id != bob.ID.String() {
				t.Errorf("let back %s", id)
			}
		}
		must(w.AddMember(t.Context(), ann, in, "bob", nil))(t)
		if got := w.events(in); len(got) != 4 || w.version(bob) != int64(5*(i+1)) {
			t.Errorf("the log says %v; bob's list is %d", got, w.version(bob))
		}
	}
}

func TestBadBans(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.person("ann"), w.person("bob")
	in := w.room(room.KindPUBLIC, as{ann, access.Owner}, as{bob, access.Member})
	before := w.shown(in)
	for _, c := range []struct {
		reason       *string
		until        *time.Time
		field, reads string
	}{
		{ptr(strings.Repeat("é", 251)), nil, "reason", "TOO_LONG"},
		{ptr("a\x00b"), nil, "reason", "BAD_CHARACTER"},
		{ptr("\xff"), nil, "reason", "BAD_CHARACTER"},
		{nil, &time.Time{}, "until", "OUT_OF_RANGE"},
		{nil, ptr(w.now().Add(-time.Hour)), "until", "OUT_OF_RANGE"},
		{nil, ptr(time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)), "until", "OUT_OF_RANGE"},
	} {
		_, err := w.BanMember(t.Context(), ann, in, "bob", c.reason, c.until)
		var bad *arguments.InvalidError
		if !errors.As(err, &bad) || bad.Field != c.field || bad.Reason != c.reads {
			t.Errorf("%v, %v: %v", c.reason, c.until, err)
		}
	}
	if w.shown(in) != before {
		t.Error("it has changed")
	}
	must(w.BanMember(t.Context(), ann, in, "bob", ptr(strings.Repeat("é", 250)), ptr(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC))))(t)
}

// read is a room as somebody has read it.
func (w *world) read(in string) *roomlog.Room { return roomlog.RoomOf(w.row(in)) }

// Members are listed in order of their rank, page by page; who may not know of the room, or not any more, is told nothing.
func TestLists(t *testing.T) {
	w := newWorld(t)
	people := map[string]access.Caller{}
	for _, name := range []string{"ann", "bob", "cid", "dan", "eve", "gone", "zoe", "out"} {
		people[name] = w.person(name)
	}
	in := w.room(room.KindPRIVATE, as{people["zoe"], access.Owner}, as{people["eve"], access.Member}, as{people["gone"], access.Owner},
		as{people["dan"], access.Admin}, as{people["cid"], access.Member}, as{people["bob"], access.Admin})
	other := w.room(room.KindPUBLIC, as{people["ann"], access.Owner})
	w.deleteAccount(people["gone"])
	var names []string
	var after *string
	for {
		page := must(w.Members(t.Context(), people["eve"], w.read(in), ptr(2), after))(t)
		if page.PageInfo.HasPreviousPage != (after != nil) || *page.PageInfo.StartCursor != page.Edges[0].Cursor {
			t.Errorf("a page is at %+v", page.PageInfo)
		}
		for _, m := range page.Nodes() {
			names = append(names, m.Username+" "+m.Role.String())
			byID := must(w.MembersByID(t.Context(), people["eve"], []uuid.UUID{uuid.New(), m.ID}))(t)
			if byID[0] != nil || byID[1] == nil || byID[1].UserID != m.UserID || byID[1].Role != m.Role || byID[1].Room.ID != m.Room.ID || !byID[1].JoinedAt.Equal(m.JoinedAt) {
				t.Errorf("by its id %s is %+v", m.Username, byID)
			}
			if hidden := must(w.MembersByID(t.Context(), people["out"], []uuid.UUID{m.ID}))(t); hidden[0] != nil {
				t.Error("a stranger sees members of a private room")
			}
		}
		if after = page.PageInfo.EndCursor; !page.PageInfo.HasNextPage {
			break
		}
	}
	if got := strings.Join(names, ", "); got != "zoe OWNER, bob ADMIN, dan ADMIN, cid MEMBER, eve MEMBER" {
		t.Errorf("listed: %s", got)
	}
	for _, bad := range []string{"", "x", *after + "A", *after + "\n", (*after)[:20], "BgAA"} {
		_, err := w.Members(t.Context(), people["eve"], w.read(in), nil, &bad)
		wantInvalid(t, err, "after", "CURSOR_INVALID")
	}
	_, err := w.Members(t.Context(), people["eve"], w.read(other), nil, after)
	wantInvalid(t, err, "after", "CURSOR_INVALID")
	_, err = w.Members(t.Context(), people["eve"], w.read(in), ptr(201), nil)
	wantInvalid(t, err, "first", "OUT_OF_RANGE")
	if none := must(w.Members(t.Context(), people["eve"], w.read(in), ptr(0), nil))(t); len(none.Edges) != 0 || !none.PageInfo.HasNextPage || none.PageInfo.EndCursor != nil {
		t.Errorf("none are %+v", none)
	}
	stale := w.read(in)
	must(w.RemoveMember(t.Context(), people["zoe"], in, "eve"))(t)
	_, err = w.Members(t.Context(), people["eve"], stale, nil, nil)
	want(t, "removed, with the room as it was read before", err, "no room")
}

func TestListOfBans(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.person("ann"), w.person("bob")
	in := w.room(room.KindPUBLIC, as{ann, access.Owner}, as{bob, access.Member})
	for _, name := range []string{"one", "two", "three", "gone", "over"} {
		p := w.person(name)
		var until *time.Time
		if name == "over" {
			until = ptr(w.now().Add(time.Minute))
		}
		must(w.BanMember(t.Context(), ann, in, name, ptr("for "+name), until))(t)
		if name == "gone" {
			w.deleteAccount(p)
		}
	}
	w.pass(time.Hour)
	var names []string
	var after *string
	for {
		page := must(w.Bans(t.Context(), ann, w.read(in), ptr(2), after))(t)
		for _, b := range page.Nodes() {
			names = append(names, b.Username+" "+*b.Reason)
		}
		if after = page.PageInfo.EndCursor; !page.PageInfo.HasNextPage {
			break
		}
	}
	if got := strings.Join(names, ", "); got != "three for three, two for two, one for one" {
		t.Errorf("listed: %s", got)
	}
	for _, who := range []access.Caller{bob, w.person("out")} {
		if page := must(w.Bans(t.Context(), who, w.read(in), nil, nil))(t); page != nil {
			t.Errorf("%s sees %+v", who.Username, page)
		}
	}
	_, err := w.Bans(t.Context(), ann, w.read(in), nil, ptr("BwAA"))
	wantInvalid(t, err, "after", "CURSOR_INVALID")
	one := must(w.find(t.Context(), "one"))(t)
	_, err = w.Bans(t.Context(), one, w.read(in), nil, nil)
	want(t, "by who is banned", err, "FORBIDDEN BANNED")
	must(w.DeleteRoom(t.Context(), ann, in))(t)
	_, err = w.Bans(t.Context(), ann, w.read(in), nil, nil)
	want(t, "of a deleted room", err, "no room")
}

func wantInvalid(t *testing.T, err error, field, reason string) {
	t.Helper()
	var bad *arguments.InvalidError
	if !errors.As(err, &bad) || bad.Field != field || bad.Reason != reason {
		t.Errorf("got error %v, want %s of %s", err, reason, field)
	}
}

// Who deletes a room ends everybody's reading: the last event says what it was called, and nothing else does.
func TestDeletedRoomIsRevoked(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.person("ann"), w.person("bob")
	in := w.room(room.KindPRIVATE, as{ann, access.Owner}, as{bob, access.Admin})
	_, err := w.DeleteRoom(t.Context(), bob, in)
	want(t, "an admin deletes", err, "FORBIDDEN")
	if id := must(w.DeleteRoom(t.Context(), ann, strings.ToUpper(in)))(t); id != in {
		t.Errorf("deleted %s", id)
	}
	v := w.row(in)
	if got := w.events(in); v.Name != "" || v.NameKey != nil || v.DeletedAt == nil || v.RevokedPlace != 1 || v.AccessVersion != 1 || w.purges != 1 || !slices.Equal(got, []string{"ROOM_DELETED by ann"}) {
		t.Errorf("it is %+v, by %v", v, got)
	}
	for what, call := range map[string]func() error{
		"again": func() error { _, err := w.DeleteRoom(t.Context(), ann, in); return err },
		"join":  func() error { _, err := w.JoinRoom(t.Context(), ann, in); return err },
		"add":   func() error { _, err := w.AddMember(t.Context(), ann, in, "bob", nil); return err },
		"set":   func() error { _, err := w.SetRole(t.Context(), ann, in, "bob", access.Owner); return err },
		"list":  func() error { _, err := w.Members(t.Context(), ann, w.read(in), nil, nil); return err },
	} {
		want(t, what, call(), "no room")
	}
	if left := must(w.LeaveRoom(t.Context(), bob, in))(t); left != in {
		t.Errorf("leaving answers %s", left)
	}
}
