package chat_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/broker/brokertest"
	"parley/chat"
	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/limit"
	"parley/rounds"
)

func asLimit(err error) (limit *chat.LimitError, ok bool) {
	ok = errors.As(err, &limit)
	return limit, ok
}

func TestOpenDirectRoom(t *testing.T) {
	w := newWorld(t, chat.Options{})
	zoe, ann, eve := w.person("Zoe"), w.person("ann"), w.person("eve")
	bob := w.person("Bob")
	opened, err := w.OpenDirectRoom(t.Context(), ann, []string{"ZOE", "Bob", "ann", zoe.ID.String()})
	if err != nil {
		t.Fatal(err)
	}
	if opened.Kind != roomlog.Direct || opened.Name != "ann, Bob, Zoe" || opened.MemberCount != 3 || opened.As.Member.Role != access.Member {
		t.Errorf("opened %+v", opened)
	}
	for _, who := range []chat.Caller{ann, bob, zoe} {
		again, err := w.OpenDirectRoom(t.Context(), who, []string{"bob", "zoe", "ann"})
		if err != nil || again.ID != opened.ID {
			t.Errorf("%s opens %+v, %v", who.Username, again, err)
		}
		if got := w.list(who, chat.RoomsQuery{Matching: ptr("BOB, zo")}); got != "ann, Bob, Zoe" {
			t.Errorf("%s is shown %q", who.Username, got)
		}
		w.send(who, opened.ID.String(), "hi")
	}
	if got := told(w.log(ann, opened)); got != "CHAT_SENT, CHAT_SENT, CHAT_SENT" {
		t.Errorf("the log says %s", got)
	}
	two, err := w.OpenDirectRoom(t.Context(), ann, []string{"Bob"})
	if err != nil || two.ID == opened.ID || two.Name != "ann, Bob" {
		t.Errorf("two of them are in %+v, %v", two, err)
	}
	for _, call := range []string{opened.ID.String(), opened.Name} {
		_, err = w.Room(t.Context(), eve, call)
		wantErr(t, err, chat.ErrNoRoom)
	}
	_, err = w.UpdateRoom(t.Context(), ann, opened.ID.String(), chat.RoomChange{Name: ptr("ours")})
	wantErr(t, err, chat.ErrForbidden)
	_, err = w.DeleteRoom(t.Context(), ann, opened.ID.String())
	wantErr(t, err, chat.ErrForbidden)
	if got := w.list(eve, chat.RoomsQuery{}); got != "" {
		t.Errorf("eve is shown %s", got)
	}
}

func TestOpenDirectRoomRefuses(t *testing.T) {
	w := newWorld(t, chat.Options{UserMaxRooms: 1, RoomCreateRate: limit.Rate{Calls: 1, Per: time.Hour}})
	ann := w.person("ann")
	names := []string{"ann"}
	for i := range 10 {
		names = append(names, w.person(fmt.Sprintf("person%d", i)).Username)
	}
	open := func(users ...string) error { _, err := w.OpenDirectRoom(t.Context(), ann, users); return err }
	wantInvalid(t, open(), "users", "OUT_OF_RANGE")
	wantInvalid(t, open("ann", "ANN"), "users", "OUT_OF_RANGE")
	wantInvalid(t, open(names...), "users", "OUT_OF_RANGE")
	wantInvalid(t, open(make([]string, 101)...), "users", "OUT_OF_RANGE")
	wantErr(t, open("person1", "nobody"), chat.ErrNoPerson)
	w.room(w.person("bob"), "bob is in one room")
	if err := open(names[:10]...); err != nil { // nine others
		t.Error(err)
	}
	if err := open(names[:10]...); err != nil { // which is no new room
		t.Error(err)
	}
	var fast *chat.RateError
	if err := open("bob"); !errors.As(err, &fast) {
		t.Errorf("got error %v, want too fast", err)
	}
	_, err := w.OpenDirectRoom(t.Context(), w.person("carl"), []string{"bob"})
	wantLimit(t, err, "ROOMS")
}

// Nobody leaves a direct room, so others take at most half of somebody's rooms that way; the rest is theirs. So it is with bots, which
// may be in twice as many.
func TestDirectRoomsOfOthersLeaveRoom(t *testing.T) {
	w := newWorld(t, chat.Options{UserMaxRooms: 6})
	wantRoomLeft(t, w, w.person("vic"))
	w = newWorld(t, chat.Options{UserMaxRooms: 3})
	wantRoomLeft(t, w, w.bot("vic"))
}

// wantRoomLeft has others open direct rooms with somebody called vic, who may be in six rooms.
func wantRoomLeft(t *testing.T, w *world, vic chat.Caller) {
	t.Helper()
	for i := range 4 {
		_, err := w.OpenDirectRoom(t.Context(), w.person(fmt.Sprint("stranger", i)), []string{"vic"})
		if i == 3 {
			wantLimit(t, err, "ROOMS")
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 {
		w.room(vic, fmt.Sprint("room ", i))
	}
	if _, err := w.OpenDirectRoom(t.Context(), vic, []string{"stranger3"}); err != nil {
		t.Error(err)
	}
}

// People who open the same conversation at once are in one room.
func TestOpenDirectRoomFromBothSides(t *testing.T) {
	w := newWorld(t, chat.Options{})
	other := chat.New(w.store, chat.Options{Notifier: brokertest.Lossy{}, FindPerson: findPerson(w.store)}) // another node
	ann, bob := w.person("ann"), w.person("bob")
	for round := range rounds.Of(t, 2, 20) {
		third := w.person(fmt.Sprint("third", round)).Username
		rooms := make(chan string, 200)
		var wg sync.WaitGroup
		for i := range 200 {
			who, node := []chat.Caller{ann, bob}[i%2], []*chat.Service{w.Service, other}[i/2%2]
			wg.Go(func() {
				opened, err := node.OpenDirectRoom(t.Context(), who, []string{"ann", third, "bob"})
				if err != nil {
					t.Error(err)
					return
				}
				rooms <- opened.ID.String()
			})
		}
		wg.Wait()
		close(rooms)
		seen := map[string]bool{}
		for id := range rooms {
			seen[id] = true
		}
		if len(seen) != 1 {
			t.Fatalf("they are in %d rooms", len(seen))
		}
	}
}

func TestHideRoom(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	opened, err := w.OpenDirectRoom(t.Context(), ann, []string{"bob"})
	if err != nil {
		t.Fatal(err)
	}
	w.room(ann, "general")
	hide := func() {
		t.Helper()
		if got, err := w.HideRoom(t.Context(), ann, opened.ID.String()); err != nil || got != opened.ID.String() {
			t.Fatalf("got %v, %v", got, err)
		}
		for _, scope := range []chat.RoomScope{chat.JoinedRooms, chat.AllRooms} {
			if got := w.list(ann, chat.RoomsQuery{Scope: &scope, Matching: ptr("ann")}); got != "" {
				t.Errorf("%s shows what is hidden: %s", scope, got)
			}
		}
	}
	shown := func(who chat.Caller, when string) {
		t.Helper()
		if got := w.list(who, chat.RoomsQuery{Scope: ptr(chat.JoinedRooms), Matching: ptr("ann")}); got != opened.Name {
			t.Errorf("%s %s is shown %q", when, who.Username, got)
		}
	}
	hide()
	hide()
	shown(bob, "hidden by ann,")
	w.send(bob, opened.ID.String(), "psst")
	shown(ann, "after a chat")
	hide()
	if _, err := w.OpenDirectRoom(t.Context(), ann, []string{"bob"}); err != nil {
		t.Fatal(err)
	}
	shown(ann, "having opened it again")
	for room, want := range map[string]error{"general": chat.ErrForbidden, "nowhere": chat.ErrNoRoom} {
		_, err := w.HideRoom(t.Context(), ann, room)
		wantErr(t, err, want)
	}
	_, err = w.HideRoom(t.Context(), w.person("eve"), opened.ID.String())
	wantErr(t, err, chat.ErrNoRoom)
	if got := told(w.log(bob, opened)); got != string(roomlog.ChatSent) {
		t.Errorf("the log says %s", got)
	}
}
