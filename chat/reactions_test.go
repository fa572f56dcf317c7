package chat_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/db/dbtest"
	"parley/ent"
	"parley/ent/predicate"
	"parley/ent/reaction"
)

func (w *world) react(who chat.Caller, c *roomlog.Chat, emoji string, on bool) error {
	_, err := w.React(w.t.Context(), who, c.ID.String(), emoji, on)
	return err
}

// reactionsOn is what is shown on a chat: each emoji and how many.
func (w *world) reactionsOn(c *roomlog.Chat) (text string) {
	w.t.Helper()
	found, err := w.Reactions(w.t.Context(), access.Reader{All: true}, []*roomlog.Chat{c}, true)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, one := range found[0] {
		text += fmt.Sprintf("%s%d/%d ", one.Emoji, one.Count, len(one.Users))
	}
	return text
}

// awaitNoReactions waits until there are none of these.
func (w *world) awaitNoReactions(of ...predicate.Reaction) {
	w.t.Helper()
	w.await("no reactions are left", func() bool {
		n, err := w.store.Read.Reaction.Query().Where(of...).Count(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		return n == 0
	})
}

// A reaction is a state: 100 who want it at once make one row and one event, and 100 who do not, none and another.
func TestEqualReactionsAtOnce(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	room := w.room(ann, "general")
	c := w.send(ann, "general", "x")
	before := w.logLength(room)
	for i, on := range []bool{true, false} {
		var wg sync.WaitGroup
		for n := range 100 {
			wg.Go(func() {
				if err := w.react(ann, c, []string{"❤️", "❤"}[n%2], on); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got, want := w.reactionsOn(c), []string{"❤1/1 ", ""}[i]; got != want {
			t.Errorf("on %v: %q", on, got)
		}
		if n := w.logLength(room); n != before+i+1 {
			t.Errorf("on %v: %d entries behind %d", on, n-before, before)
		}
	}
}

// Where an emoji is on a chat already, or off it, in whichever spelling, nothing is written.
func TestSameReactionWritesNothing(t *testing.T) {
	var s dbtest.Statements
	w := traceWorld(t, t.TempDir(), chat.Options{HeadsInterval: time.Hour}, s.Trace)
	ann := w.person("ann")
	w.room(ann, "general")
	c := w.send(ann, "general", "x")
	for _, on := range []bool{true, false} {
		for i, emoji := range []string{"❤", "❤️", "❤"} {
			s.Take()
			if err := w.react(ann, c, emoji, on); err != nil {
				t.Fatal(err)
			}
			texts := strings.Join(s.Take(), "\n")
			if wrote := writes.MatchString(texts); wrote != (i == 0) || texts == "" {
				t.Errorf("on %v, time %d: written %v:\n%s", on, i, wrote, texts)
			}
		}
	}
}

// writes is what a statement begins with that changes rows.
var writes = regexp.MustCompile(`(?m)^\s*(INSERT|UPDATE|DELETE|WITH .*(INSERT|UPDATE|DELETE))\b`)

func TestLimitsOfReactions(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	w.room(ann, "general")
	c := w.send(ann, "general", "x")
	wantLimit := func(err error) {
		t.Helper()
		var limit *chat.LimitError
		if !errors.As(err, &limit) || limit.Reason != "REACTIONS" {
			t.Errorf("got %v", err)
		}
	}
	people := []chat.Caller{ann, w.person("bob"), w.person("eve")}
	for i := range 50 {
		if err := w.react(people[i/20], c, fmt.Sprint("kind", i), true); err != nil {
			t.Fatal(i, err)
		}
	}
	wantLimit(w.react(ann, c, "kind49", true)) // her 21st
	wantLimit(w.react(people[2], c, "kind50", true))
	for _, err := range []error{w.react(people[2], c, "kind0", true), w.react(ann, c, "kind0", true), w.react(ann, c, "kind3", false), w.react(people[2], c, "kind50", true)} {
		if err != nil {
			t.Error(err)
		}
	}
	if mine, err := w.MyReactions(t.Context(), people[2], []*roomlog.Chat{c}); err != nil || len(mine[0]) != 12 || mine[0][10] != "kind0" {
		t.Error(mine, err)
	}
	wantInvalid(t, w.react(ann, c, "a b", true), "emoji", "BAD_CHARACTER")
	wantInvalid(t, w.react(ann, c, "", true), "emoji", "TOO_SHORT")
}

// Whoever may read a public room may react there, and is no member by that; a private one is not known to be there.
func TestWhoMayReact(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, eve := w.person("ann"), w.person("eve")
	w.room(ann, "general")
	private := roomlog.Private
	hidden, err := w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: "hidden", Kind: &private})
	if err != nil {
		t.Fatal(err)
	}
	c, secret := w.send(ann, "general", "x"), w.send(ann, hidden.ID.String(), "x")
	if err := w.react(eve, c, "👍", true); err != nil {
		t.Error(err)
	}
	if r, err := w.Room(t.Context(), eve, "general"); err != nil || r.MemberCount != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := w.BanMember(t.Context(), ann, "general", eve.ID.String(), nil, nil); err != nil {
		t.Fatal(err)
	}
	for _, on := range []bool{true, false} { // also what is so already
		wantErr(t, w.react(eve, c, "👎", on), chat.ErrForbidden)
		wantErr(t, w.react(eve, c, "👍", on), chat.ErrForbidden)
		wantErr(t, w.react(eve, secret, "👍", on), chat.ErrNoChat)
		wantErr(t, w.react(eve, &roomlog.Chat{ID: uuid.New()}, "👍", on), chat.ErrNoChat)
	}
	if got := w.reactionsOn(c); got != "👍1/1 " {
		t.Error(got)
	}
	found, err := w.Reactions(t.Context(), access.Reader{Person: eve.ID}, []*roomlog.Chat{c}, true)
	if err != nil || len(found[0]) != 0 {
		t.Errorf("shown to who is banned: %v, %v", found, err)
	}
}

// The first ten of those who reacted are shown, and all are counted. A chat that is deleted shows none at once, whatever it had, and
// soon has none.
func TestDeletedChatLosesItsReactions(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	room := w.room(ann, "general")
	c, other := w.send(ann, "general", "x"), w.send(ann, "general", "y")
	var people []chat.Caller
	for i := range 30 {
		people = append(people, w.person(fmt.Sprint("person", i)))
	}
	err := w.store.Write(t.Context(), func(tx *ent.Tx) error { // as 30 people leave it who are patient
		var rows []*ent.ReactionCreate
		for i := range 20 {
			for j, who := range people {
				rows = append(rows, tx.Reaction.Create().SetRoomID(room.ID).SetChatID(c.ID).SetUserID(who.ID).SetEmoji(fmt.Sprint("e", i)).SetPlace(int64(100*j+i)))
			}
		}
		return tx.Reaction.CreateBulk(rows...).Exec(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.react(ann, other, "👍", true); err != nil {
		t.Fatal(err)
	}
	found, err := w.Reactions(t.Context(), access.Reader{All: true}, []*roomlog.Chat{other, c}, true)
	if err != nil || len(found[0]) != 1 || len(found[1]) != 20 || found[1][3].Count != 30 || len(found[1][3].Users) != 10 || found[1][3].Users[9] != people[9].ID {
		t.Fatalf("%v, %v", found, err)
	}
	if _, err := w.DeleteChat(t.Context(), ann, c.ID.String()); err != nil {
		t.Fatal(err)
	}
	if got := w.reactionsOn(c); got != "" {
		t.Error(got)
	}
	wantErr(t, w.react(ann, c, "👍", true), chat.ErrForbidden)
	w.write(func(tx *ent.Tx) error { // as one that has not been taken away yet
		return tx.Reaction.Create().SetRoomID(room.ID).SetChatID(c.ID).SetUserID(ann.ID).SetEmoji("👍").SetPlace(1).Exec(t.Context())
	})
	wantErr(t, w.react(ann, c, "👍", true), chat.ErrForbidden)
	w.write(func(tx *ent.Tx) error {
		_, err := tx.Reaction.Delete().Where(reaction.ChatID(c.ID), reaction.UserID(ann.ID)).Exec(t.Context())
		return err
	})
	place := w.store.Read.Room.GetX(t.Context(), room.ID).LastPlace
	for range 2 { // what went with the chat is off already, whether the row is there still or not
		wantErr(t, w.react(people[0], c, "e0", false), nil)
		w.awaitNoReactions(reaction.ChatID(c.ID))
	}
	if now := w.store.Read.Room.GetX(t.Context(), room.ID).LastPlace; now != place {
		t.Errorf("taking off what is gone is an event at place %d", now)
	}
	if got := w.reactionsOn(other); got != "👍1/1 " {
		t.Error(got)
	}
	if _, err := w.DeleteRoom(t.Context(), ann, "general"); err != nil {
		t.Fatal(err)
	}
	w.awaitNoReactions()
}
