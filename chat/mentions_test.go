package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
	"parley/chat/access"
	"parley/chat/roomlog"
	"parley/db/dbtest"
	"parley/ent"
	"parley/ent/mention"
)

// mentioned are the names of those whom a chat mentions.
func (w *world) mentioned(chats ...*roomlog.Chat) string {
	w.t.Helper()
	ids, err := w.Mentioned(w.t.Context(), access.Reader{All: true}, chats)
	if err != nil {
		w.t.Fatal(err)
	}
	all := make([]string, len(ids))
	for i := range ids {
		names := make([]string, len(ids[i]))
		for j, id := range ids[i] {
			names[j] = w.store.Read.User.GetX(w.t.Context(), id).Username
		}
		slices.Sort(names)
		all[i] = strings.Join(names, " ")
	}
	return strings.Join(all, ";")
}

// mentions are the texts of the chats that mention somebody, page by page.
func (w *world) mentions(who chat.Caller, first int) (texts string) {
	w.t.Helper()
	var after *string
	for {
		page, err := w.Mentions(w.t.Context(), who, &first, after)
		if err != nil {
			w.t.Fatal(err)
		}
		if page.SyncCursor != nil || len(page.Edges()) > first || page.PageInfo.HasPreviousPage != (after != nil) {
			w.t.Errorf("a page is %+v", page)
		}
		for _, edge := range page.Edges() {
			texts += *edge.Node.Text + ";"
			after = &edge.Cursor
		}
		if !page.PageInfo.HasNextPage {
			return strings.TrimSuffix(texts, ";")
		}
	}
}

// Members are mentioned, and nobody else: not by themselves, not whoever has blocked the
// author, is not in the room or has no account any more, and of names that begin another the longest that is a member's.
func TestMembersAreMentioned(t *testing.T) {
	w := newWorld(t, chat.Options{})
	bob, ann, annb, eve := w.person("Bob"), w.person("ann"), w.person("ann.b"), w.person("eve")
	gone := w.person("gone")
	w.person("stranger")
	room := w.room(bob, "general").ID.String()
	for _, who := range []chat.Caller{ann, annb, eve, gone} {
		w.send(who, room, "x")
	}
	w.block(eve, ann, true)
	w.change(func(tx *ent.Tx) error {
		return tx.User.UpdateOneID(gone.ID).SetDeletedAt(time.Now().UTC()).Exec(t.Context())
	})
	for _, c := range []struct {
		from       chat.Caller
		text, want string
	}{
		{ann, "no one", ""},
		{ann, "@BOB. @stranger @gone @nobody", "Bob"},
		{ann, "@ann @eve @ann.b. @bob @Bob", "Bob ann.b"},
		{bob, "@eve @ann.c @ann.b @bob", "ann ann.b eve"},
		{bob, "@all @everyone @here @room @general", ""},
		{bob, "`@eve` bob@ann http://x/@ann ＠ann.b", "ann.b"},
	} {
		if got := w.mentioned(w.send(c.from, room, c.text)); got != c.want {
			t.Errorf("%q mentions %q, want %q", c.text, got, c.want)
		}
	}
	if got := w.mentions(ann, 1); got != "@eve @ann.c @ann.b @bob" {
		t.Errorf("ann is mentioned by %s", got)
	}
	for i := range 3 { // by whoever joins, in the chat that they join by
		late := w.person(fmt.Sprint("late", i))
		if got := w.mentioned(w.send(late, room, "@bob @late0")); got != strings.TrimSuffix("Bob late0", map[int]string{0: " late0"}[i]) {
			t.Errorf("late%d mentions %s", i, got)
		}
	}
}

// Of more than twenty the first count; a name again, oneself and strangers do not take a place.
func TestAtMostTwentyAreMentioned(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann := w.person("ann")
	room := w.room(ann, "general").ID.String()
	text, want := "@ann @nobody ", ""
	for i := range 22 {
		p := w.person(fmt.Sprintf("p%02d", i))
		w.send(p, room, "x")
		text += "@" + p.Username + " @P00 "
		if i < 20 {
			want += p.Username + " "
		}
	}
	if got := w.mentioned(w.send(ann, room, text)); got+" " != want {
		t.Errorf("mentions %s", got)
	}
}

// Mentions are as the text is: edited in and out, and gone with the chat.
func TestMentionsFollowTheText(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	room := w.room(ann, "general").ID.String()
	w.send(bob, room, "x")
	w.send(eve, room, "x")
	c := w.send(ann, room, "x")
	for _, edit := range [][2]string{{"@bob", "bob"}, {"@bob!", "bob"}, {"@eve @bob", "bob eve"}, {"nobody", ""}, {"＠eve", "eve"}} {
		edited, err := w.EditChat(t.Context(), ann, c.ID.String(), chat.Edit{Text: new(edit[0])})
		if err != nil {
			t.Fatal(err)
		}
		if got := w.mentioned(edited); got != edit[1] {
			t.Errorf("%q mentions %q", edit[0], got)
		}
		if got := w.mentions(eve, 20) != ""; got != strings.Contains(edit[1], "eve") {
			t.Errorf("%q is listed for eve: %v", edit[0], got)
		}
	}
	if _, err := w.DeleteChat(t.Context(), ann, c.ID.String()); err != nil {
		t.Fatal(err)
	}
	if n := w.store.Read.Mention.Query().Where(mention.ChatID(c.ID)).CountX(t.Context()); n != 0 || w.mentions(eve, 20) != "" {
		t.Errorf("%d mentions are left of a deleted chat", n)
	}
}

// What a send and an edit are answered with mentions those whom its text does. They were read behind the commit once, when the text might be
// another one by then, or its author banned: the answer had the text and none of them. Whoever reads it later is judged then.
func TestAnAnswerMentionsAsItsTextDoes(t *testing.T) {
	var s dbtest.Statements
	w := traceWorld(t, t.TempDir(), chat.Options{HeadsInterval: time.Hour}, s.Trace)
	ann, bob, eve := w.person("ann"), w.person("bob"), w.person("eve")
	room := w.private(bob, "general", "ann", "eve").ID.String()
	w.private(bob, "another", "ann", "eve") // who may be named there does not matter
	sent := w.send(ann, room, "@bob, @ann and @nobody")
	edited, err := w.EditChat(t.Context(), ann, sent.ID.String(), chat.Edit{Text: new("@eve, not @bob")})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := w.EditChat(t.Context(), ann, sent.ID.String(), chat.Edit{Text: new("no one@x")})
	if err != nil {
		t.Fatal(err)
	}
	same, err := w.EditChat(t.Context(), ann, sent.ID.String(), chat.Edit{Text: new("no one@x")})
	if err != nil || same.Named != nil {
		t.Errorf("what nobody has written: %+v, %v", same, err)
	}
	if _, err := w.BanMember(t.Context(), bob, room, "ann", nil, nil); err != nil {
		t.Fatal(err)
	}
	s.Take()
	got, err := w.Mentioned(t.Context(), access.Reader{Person: ann.ID}, []*roomlog.Chat{sent, edited, plain})
	if err != nil || len(got[0]) != 1 || got[0][0] != bob.ID || len(got[1]) != 2 || len(got[2]) != 0 {
		t.Errorf("mentions %v, %v; bob is %s, eve %s", got, err, bob.ID, eve.ID)
	}
	if texts := s.Take(); len(texts) != 0 {
		t.Errorf("read once more: %s", texts)
	}
	again := *edited
	again.Named = nil // as whoever reads it later
	if got, err := w.Mentioned(t.Context(), access.Reader{Person: ann.ID}, []*roomlog.Chat{&again}); err != nil || len(got[0]) != 0 || len(s.Take()) != 1 {
		t.Errorf("shown to who is banned: %v, %v", got, err)
	}
}

// The list is of the rooms that one is in now, the newest chat first, each once, in pages of any size.
func TestListOfMentions(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	var rooms []*roomlog.Room
	for i := range 3 {
		rooms = append(rooms, w.room(ann, fmt.Sprint("room", i)))
		w.send(bob, rooms[i].ID.String(), "x")
	}
	for i := range 6 {
		c := w.send(ann, rooms[i%3].ID.String(), fmt.Sprint("@bob ", i))
		w.change(func(tx *ent.Tx) error { // as one that also answers bob
			return tx.Mention.Create().SetRoomID(c.Room.ID).SetNumber(c.Number).SetChatID(c.ID).SetUserID(bob.ID).SetAnswers(true).SetSentAt(c.CreatedAt).Exec(t.Context())
		})
	}
	all := w.mentions(bob, 50)
	for n := 1; n <= 7; n++ {
		if got := w.mentions(bob, n); got != all || len(strings.Split(got, ";")) != 6 {
			t.Errorf("by %d: %s, want %s", n, got, all)
		}
	}
	if _, err := w.LeaveRoom(t.Context(), bob, rooms[0].ID.String()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.DeleteRoom(t.Context(), ann, rooms[1].ID.String()); err != nil {
		t.Fatal(err)
	}
	if got := w.mentions(bob, 50); got != "@bob 5;@bob 2" {
		t.Errorf("of one room: %s", got)
	}
	if got := w.mentions(ann, 50); got != "" {
		t.Errorf("ann is mentioned by %s", got)
	}
	for _, first := range []int{-1, 201} {
		_, err := w.Mentions(t.Context(), bob, &first, nil)
		wantInvalid(t, err, "first", "OUT_OF_RANGE")
	}
	for _, after := range []string{"", "x", rooms[2].SyncCursor(), strings.Repeat("A", 44), "Aw" + strings.Repeat("A", 32)} {
		_, err := w.Mentions(t.Context(), bob, nil, &after)
		wantInvalid(t, err, "after", "CURSOR_INVALID")
	}
}

// The newest chat of all rooms comes first, and of one room those of one millisecond in its order, whatever their ids are.
func TestOrderOfMentions(t *testing.T) {
	var ms atomic.Int64
	w := newWorld(t, chat.Options{Now: func() time.Time { return time.UnixMilli(1_900_000_000_000 + ms.Load()) }})
	ann, bob := w.person("ann"), w.person("bob")
	rooms := []*roomlog.Room{w.private(ann, "one", "bob"), w.private(ann, "another", "bob")}
	ids := []string{"7", "2", "f", "4", "1", "5"}
	want := []string{}
	for _, in := range []int{0, 1, 1, 0} {
		ms.Add(1)
		for _, id := range ids {
			text := fmt.Sprint("@bob ", len(want))
			d := chat.Draft{Room: rooms[in].ID.String(), Text: text, ID: ptr(fmt.Sprintf("%s%07d-0000-4000-8000-000000000000", id, len(want)))}
			if _, err := w.Send(t.Context(), ann, d); err != nil {
				t.Fatal(err)
			}
			want = append(want, text)
		}
	}
	slices.Reverse(want)
	for n := 1; n <= 25; n++ {
		if got := w.mentions(bob, n); got != strings.Join(want, ";") {
			t.Errorf("by %d: %s", n, got)
		}
	}
	ms.Add(1) // in one millisecond of two rooms each keeps its order, in pages of any size
	for i := range 12 {
		w.send(ann, rooms[i%2].ID.String(), fmt.Sprint("@bob ", i%2, string(rune('a'+i/2))))
	}
	for n := 1; n <= 13; n++ {
		page := strings.Split(w.mentions(bob, n), ";")[:12]
		for in := range 2 {
			here := slices.DeleteFunc(slices.Clone(page), func(text string) bool { return !strings.HasPrefix(text, fmt.Sprint("@bob ", in)) })
			if len(here) != 6 || !slices.IsSortedFunc(here, func(x, y string) int { return strings.Compare(y, x) }) {
				t.Errorf("by %d of room %d: %v", n, in, here)
			}
		}
	}
}

// A send without an @ runs no statement for mentions, one with some runs two, and however many chats of a batch have one.
func TestStatementsOfMentions(t *testing.T) {
	var asked dbtest.Statements
	w := traceWorld(t, t.TempDir(), chat.Options{}, asked.Trace)
	ann, bob := w.person("ann"), w.person("bob")
	room := w.room(ann, "general").ID.String()
	w.send(bob, room, "x")
	for text, want := range map[string]int{"plain": 0, "@ ann@bob": 0, "@nobody": 1, "@bob @nobody @bob.x": 2} {
		w.send(ann, room, "x")
		asked.Take()
		w.send(ann, room, text)
		got := 0
		for _, statement := range asked.Take() {
			if strings.Contains(statement, "mentions") || strings.Contains(statement, "username_key") && strings.Contains(statement, "blocks") {
				got++
			}
		}
		if got != want {
			t.Errorf("%q: %d statements, want %d", text, got, want)
		}
	}
}
