package chat_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/ent/member"
)

// log are the events of a room from its first on, as somebody in it reads them.
func (w *world) log(reader chat.Caller, of *roomlog.Room) []*roomlog.Event {
	w.t.Helper()
	start := roomlog.Position{}.Cursor(of.ID)
	from, err := w.Open(w.t.Context(), reader, of.ID.String(), &start)
	if err != nil {
		w.t.Fatal(err)
	}
	tail := w.Follow(from, func() {})
	defer tail.Leave()
	events, err := tail.Next(w.t.Context(), from.At)
	if err != nil {
		w.t.Fatal(err)
	}
	return events
}

// told is what a log says, in short.
func told(events []*roomlog.Event) string {
	var said []string
	for _, e := range events {
		text := string(e.Kind)
		if e.Username != nil {
			text += " " + *e.Username
		}
		said = append(said, text)
	}
	return strings.Join(said, ", ")
}

func TestCreateRoomOfSome(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, eve := w.person("ann"), w.person("Bob"), w.person("eve")
	made, err := w.CreateRoom(t.Context(), ann, chat.NewRoom{
		Name: "Secret", Topic: ptr(""), Kind: ptr(roomlog.Private), SendRole: ptr(access.Admin), Members: []string{"BOB", "ann", bob.ID.String()},
	})
	if err != nil {
		t.Fatal(err)
	}
	if made.Kind != roomlog.Private || made.SendRole != access.Admin || made.MemberCount != 2 || made.Topic != nil || made.As.Member.Role != access.Owner {
		t.Errorf("made %+v, as %+v", made, made.As)
	}
	events := w.log(ann, made)
	if got := told(events); got != "MEMBER_JOINED Bob" || events[0].ActorID != ann.ID || *events[0].UserID != bob.ID {
		t.Errorf("the log says %s", got)
	}
	seen, err := w.Room(t.Context(), bob, made.ID.String())
	if err != nil || seen.As.Member.Role != access.Member || seen.As.Member.JoinedPlace != 0 || seen.SyncCursor() != made.SyncCursor() {
		t.Errorf("bob sees %+v, %v", seen, err)
	}
	for _, call := range []string{made.ID.String(), "Secret"} {
		_, err := w.Room(t.Context(), eve, call)
		wantErr(t, err, chat.ErrNoRoom)
	}
	_, err = w.Room(t.Context(), ann, "Secret") // its name is no id
	wantErr(t, err, chat.ErrNoRoom)
	for _, kind := range []roomlog.RoomKind{roomlog.Private, roomlog.Public} { // of private rooms many may have one name
		if _, err := w.CreateRoom(t.Context(), eve, chat.NewRoom{Name: "secret", Kind: &kind}); err != nil {
			t.Error(err)
		}
	}
	_, err = w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: "SECRET"})
	wantErr(t, err, chat.ErrRoomNameTaken)
}

// Whatever is wrong with a room to be made, nothing of it is there.
func TestCreateRoomRefuses(t *testing.T) {
	w := newWorld(t, chat.Options{UserMaxRooms: 2, RoomMaxMembers: 2})
	ann, bob := w.person("ann"), w.person("bob")
	w.person("cid")
	create := func(n chat.NewRoom) error { _, err := w.CreateRoom(t.Context(), ann, n); return err }
	wantInvalid(t, create(chat.NewRoom{Name: "x", Kind: ptr(roomlog.Private)}), "name", "TOO_SHORT")
	wantInvalid(t, create(chat.NewRoom{Name: "general", Kind: ptr(roomlog.Direct)}), "kind", "OUT_OF_RANGE")
	wantInvalid(t, create(chat.NewRoom{Name: "general", Topic: ptr("\xff")}), "topic", "BAD_CHARACTER")
	wantInvalid(t, create(chat.NewRoom{Name: "general", Members: make([]string, 101)}), "members", "OUT_OF_RANGE")
	for _, id := range []string{"", "x", uuid.Nil.String(), strings.ReplaceAll(uuid.Nil.String(), "-", "")} {
		wantInvalid(t, create(chat.NewRoom{Name: "general", ID: &id}), "id", "ID_INVALID")
	}
	for _, nobody := range []string{"nobody", "", uuid.NewString(), "\xff"} {
		wantErr(t, create(chat.NewRoom{Name: "general", Members: []string{"bob", nobody}}), chat.ErrNoPerson)
	}
	wantLimit(t, create(chat.NewRoom{Name: "general", Members: []string{"bob", "cid"}}), "MEMBERS")
	w.room(bob, "one")
	w.room(bob, "two")
	wantLimit(t, create(chat.NewRoom{Name: "general", Members: []string{"bob"}}), "ROOMS")
	if rooms, err := w.store.Read.Room.Query().Count(t.Context()); err != nil || rooms != 2 {
		t.Errorf("%d rooms are there, %v", rooms, err)
	}
	if in, err := w.store.Read.Member.Query().Where(member.UserID(ann.ID)).Count(t.Context()); err != nil || in != 0 {
		t.Errorf("ann is in %d rooms, %v", in, err)
	}
}

// People become members in order of their ids, and yet whoever makes a room is in it before all others: they see them join.
func TestWhoMakesARoomSeesAllJoin(t *testing.T) {
	w := newWorld(t, chat.Options{})
	first, last := w.person("ann"), w.person("bob")
	if bytes.Compare(first.ID[:], last.ID[:]) > 0 {
		first, last = last, first
	}
	made := w.private(last, "secret", first.Username)
	for who, place := range map[chat.Caller]int64{last: 0, first: 0} {
		if seen, err := w.Room(t.Context(), who, made.ID.String()); err != nil || seen.As.Member.JoinedPlace != place {
			t.Errorf("%s has joined at %+v, %v", who.Username, seen.As.Member, err)
		}
	}
	third := w.private(last, "of three", first.Username, w.person("carl").Username)
	for _, e := range w.log(last, third) {
		as, err := w.Room(t.Context(), chat.Caller{ID: *e.UserID}, third.ID.String())
		if err != nil || as.As.Member.JoinedPlace != e.Position().Place-1 {
			t.Errorf("%s has joined at %+v, %v, and their event is at %d", *e.Username, as.As.Member, err, e.Position().Place)
		}
	}
	if third.As.Member.JoinedPlace != 0 {
		t.Errorf("whoever made it joined at %d", third.As.Member.JoinedPlace)
	}
}

func wantLimit(t *testing.T, err error, reason string) {
	t.Helper()
	if limit, ok := asLimit(err); !ok || limit.Reason != reason {
		t.Errorf("got error %v, want limit %s", err, reason)
	}
}

func TestCreateRoomAgain(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	id := uuid.NewString()
	create := func(who chat.Caller, n chat.NewRoom) (*roomlog.Room, error) {
		n.ID = ptr(strings.ToUpper(id))
		return w.CreateRoom(t.Context(), who, n)
	}
	var wg sync.WaitGroup
	for range 20 { // at once, and of its name there is one too
		wg.Go(func() {
			if made, err := create(ann, chat.NewRoom{Name: "general", Members: []string{"bob"}}); err != nil || made.ID.String() != id {
				t.Errorf("got %v, %v", made, err)
			}
		})
	}
	wg.Wait()
	again, err := create(ann, chat.NewRoom{Name: "another name", Members: []string{"nobody"}})
	if err != nil || again.Name != "general" || again.MemberCount != 2 || again.As.Member == nil {
		t.Errorf("sent again: %+v, %v", again, err)
	}
	if got := told(w.log(ann, again)); got != "MEMBER_JOINED bob" {
		t.Errorf("the log says %s", got)
	}
	_, err = create(bob, chat.NewRoom{Name: "mine"})
	wantErr(t, err, chat.ErrIDTaken)
	if _, err := w.DeleteRoom(t.Context(), ann, id); err != nil {
		t.Fatal(err)
	}
	_, err = create(ann, chat.NewRoom{Name: "general"})
	wantErr(t, err, chat.ErrNoRoom)
}

func TestUpdateRoom(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	general := w.room(ann, "general")
	w.room(ann, "taken")
	none, empty, topic := (*string)(nil), ptr(""), ptr("all of it")
	version := func() int64 {
		row, err := w.store.Read.Room.Get(t.Context(), general.ID)
		if err != nil {
			t.Fatal(err)
		}
		return row.AccessVersion
	}
	for _, c := range []struct {
		chat.RoomChange
		name   string
		topic  *string
		send   access.Role
		events int // so far
		lost   int64
	}{
		{chat.RoomChange{}, "general", nil, access.Member, 0, 0},
		{chat.RoomChange{Topic: &topic}, "general", topic, access.Member, 1, 0},
		{chat.RoomChange{Topic: &topic, Name: ptr("general"), SendRole: ptr(access.Member)}, "general", topic, access.Member, 1, 0},
		{chat.RoomChange{Name: ptr("GENERAL ")}, "GENERAL", topic, access.Member, 2, 0},
		{chat.RoomChange{SendRole: ptr(access.Admin)}, "GENERAL", topic, access.Admin, 3, 1},
		{chat.RoomChange{SendRole: ptr(access.Owner), Topic: &empty}, "GENERAL", nil, access.Owner, 4, 2},
		{chat.RoomChange{SendRole: ptr(access.Member), Topic: &none}, "GENERAL", nil, access.Member, 5, 2},
		{chat.RoomChange{Name: ptr("announcements"), Topic: &topic}, "announcements", topic, access.Member, 6, 3},
		{chat.RoomChange{Topic: &none}, "announcements", nil, access.Member, 7, 3},
	} {
		got, err := w.UpdateRoom(t.Context(), ann, general.ID.String(), c.RoomChange)
		if err != nil {
			t.Fatal(err)
		}
		read, err := w.Room(t.Context(), bob, c.name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []*roomlog.Room{got, read} {
			if r.Name != c.name || fmt.Sprint(val(r.Topic)) != fmt.Sprint(val(c.topic)) || r.SendRole != c.send || r.SyncCursor() != read.SyncCursor() {
				t.Errorf("%+v gives %+v", c, r)
			}
		}
		if events := w.log(bob, general); len(events) != c.events || version() != c.lost {
			t.Errorf("%+v leads to %s, version %d", c, told(events), version())
		}
	}
	_, err := w.UpdateRoom(t.Context(), ann, "announcements", chat.RoomChange{Name: ptr("Taken"), Topic: &topic})
	wantErr(t, err, chat.ErrRoomNameTaken)
	_, err = w.UpdateRoom(t.Context(), bob, "announcements", chat.RoomChange{})
	wantErr(t, err, chat.ErrForbidden)
	_, err = w.UpdateRoom(t.Context(), ann, "general", chat.RoomChange{})
	wantErr(t, err, chat.ErrNoRoom)
	_, err = w.UpdateRoom(t.Context(), ann, "announcements", chat.RoomChange{Name: ptr("")})
	wantInvalid(t, err, "name", "TOO_SHORT")
	if got := w.log(bob, general); len(got) != 7 || got[6].Room.Topic != nil {
		t.Errorf("refused changes led to %s", told(got))
	}
	private, err := w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: "other", Kind: ptr(roomlog.Private)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := w.UpdateRoom(t.Context(), ann, private.ID.String(), chat.RoomChange{Name: ptr("taken")}); err != nil || got.Name != "taken" {
		t.Errorf("a private room has no name of its own: %+v, %v", got, err)
	}
	_, err = w.UpdateRoom(t.Context(), bob, private.ID.String(), chat.RoomChange{})
	wantErr(t, err, chat.ErrNoRoom)
}

func val[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// Whoever follows a room is shown it as it is, with the change that made it so.
func TestUpdateIsShownToReaders(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	first := func() *roomlog.Chat { w.room(ann, "general"); return w.send(ann, "general", "x") }()
	read := w.page(ann, first)
	if _, err := w.UpdateRoom(t.Context(), ann, "general", chat.RoomChange{Name: ptr("renamed"), SendRole: ptr(access.Admin)}); err != nil {
		t.Fatal(err)
	}
	if events := read(); len(events) != 1 || events[0].Kind != roomlog.RoomUpdated || events[0].Room.Name != "renamed" || events[0].Room.SendRole != access.Admin {
		t.Errorf("got %s", told(events))
	}
}
