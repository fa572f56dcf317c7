package chat_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/db/dbtest"
	"parley/ent"
)

// list are the names of the rooms of a list, read one after the other.
func (w *world) list(who chat.Caller, q chat.RoomsQuery) string {
	w.t.Helper()
	var names []string
	for q.First = ptr(1); ; {
		page, err := w.Rooms(w.t.Context(), who, q)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, r := range page.Nodes() {
			names = append(names, r.Name)
		}
		if !page.PageInfo.HasNextPage {
			return strings.Join(names, "; ")
		}
		q.After = page.PageInfo.EndCursor
	}
}

func TestRoomsOfAScope(t *testing.T) {
	var asked atomic.Int64 // each look at the clock is a millisecond later than the one before
	w := newWorld(t, chat.Options{Now: func() time.Time { return time.UnixMilli(1_900_000_000_000 + asked.Add(1)) }})
	ann, bob := w.person("ann"), w.person("bob")
	create := func(owner chat.Caller, name string, kind roomlog.RoomKind, members ...string) string {
		made, err := w.CreateRoom(t.Context(), owner, chat.NewRoom{Name: name, Kind: &kind, Members: members})
		if err != nil {
			t.Fatal(err)
		}
		return made.ID.String()
	}
	create(bob, "old", roomlog.Public)
	create(bob, "hers", roomlog.Private, "ann")
	create(ann, "mine", roomlog.Public)
	create(bob, "secret", roomlog.Private)
	barred := create(bob, "barred", roomlog.Public)
	pardoned := create(bob, "pardoned", roomlog.Public)
	gone := create(bob, "gone", roomlog.Private, "ann")
	if _, err := w.OpenDirectRoom(t.Context(), bob, []string{"ann"}); err != nil {
		t.Fatal(err)
	}
	w.send(bob, "old", "so it is the newest")
	if _, err := w.DeleteRoom(t.Context(), bob, gone); err != nil {
		t.Fatal(err)
	}
	err := w.store.Write(t.Context(), func(tx *ent.Tx) error {
		ban := func(in string, until time.Time) *ent.BanCreate {
			return tx.Ban.Create().SetRoomID(uuid.MustParse(in)).SetUserID(ann.ID).SetBannedBy(bob.ID).SetCreatedAt(until).SetUntil(until)
		}
		return tx.Ban.CreateBulk(ban(barred, time.UnixMilli(2_900_000_000_000).UTC()), ban(pardoned, time.UnixMilli(1_900_000_000_000).UTC())).Exec(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q    chat.RoomsQuery
		want string
	}{
		{chat.RoomsQuery{}, "old; ann, bob; pardoned; mine; hers"},
		{chat.RoomsQuery{Scope: ptr(chat.AllRooms)}, "old; ann, bob; pardoned; mine; hers"},
		{chat.RoomsQuery{Scope: ptr(chat.JoinedRooms)}, "ann, bob; mine; hers"},
		{chat.RoomsQuery{Matching: ptr("ER")}, "hers"},
		{chat.RoomsQuery{Matching: ptr("N"), Scope: ptr(chat.JoinedRooms)}, "ann, bob; mine"},
	} {
		if got := w.list(ann, c.q); got != c.want {
			t.Errorf("%+v lists %s, want %s", c.q, got, c.want)
		}
	}
	page, err := w.Rooms(t.Context(), ann, chat.RoomsQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Nodes() {
		alone, err := w.Room(t.Context(), ann, r.ID.String())
		if err != nil || fmt.Sprint(alone.MemberCount, alone.SyncCursor(), val(alone.As)) != fmt.Sprint(r.MemberCount, r.SyncCursor(), val(r.As)) && alone.As.Member == nil {
			t.Errorf("%s in the list is %+v, alone %+v, %v", r.Name, r, alone, err)
		}
	}
	if in := page.Nodes()[3].As.Member; in == nil || in.Role != access.Owner {
		t.Errorf("ann is %+v of her room", in)
	}
}

func TestAPageOfRoomsTakesFewStatements(t *testing.T) {
	var s dbtest.Statements
	w := traceWorld(t, t.TempDir(), chat.Options{HeadsInterval: time.Hour}, s.Trace)
	ann := w.person("ann")
	for i := range 60 {
		name := fmt.Sprint("room ", i)
		w.room(ann, name)
		w.send(ann, name, "x")
	}
	for scope, most := range map[chat.RoomScope]int{chat.JoinedRooms: 1, chat.AllRooms: 2} {
		s.Take()
		page, err := w.Rooms(t.Context(), ann, chat.RoomsQuery{Scope: &scope})
		if err != nil || len(page.Edges) != 50 {
			t.Fatalf("got %v, %v", page, err)
		}
		if texts := s.Take(); len(texts) > most {
			t.Errorf("%s takes %d statements, want %d:\n%s", scope, len(texts), most, strings.Join(texts, "\n"))
		}
		chats, err := w.LastChats(t.Context(), ann, page.Nodes())
		if texts := s.Take(); err != nil || chats[49] == nil || len(texts) > 1 {
			t.Errorf("newest chats take %d statements, %v", len(texts), err)
		}
	}
}
