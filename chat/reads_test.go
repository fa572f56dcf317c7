package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/access"
	"parley/chat/limits"
	"parley/chat/pages"
	"parley/chat/reads"
	"parley/chat/roomlog"
	"parley/db/dbtest"
	"parley/ent"
	"parley/ent/member"
	"parley/limit"
)

// ears remember who has read on.
type ears struct {
	mu   sync.Mutex
	said []string
}

func (h *ears) MemberRead(in access.Room, who access.Caller, lastRead int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.said = append(h.said, fmt.Sprint(in.Name, " ", who.Username, " ", lastRead, " ", in.LastPlace))
}

// counts are how many chats somebody has not read in a room, and how many of them mention them, as the room is read now.
func (w *world) counts(who chat.Caller, room *roomlog.Room) string {
	w.t.Helper()
	now, err := w.Room(w.t.Context(), who, room.ID.String())
	if err != nil {
		w.t.Fatal(err)
	}
	return w.countsAsOf(who, now)
}

func (w *world) countsAsOf(who chat.Caller, rooms ...*roomlog.Room) string {
	w.t.Helper()
	unread, err := w.UnreadCounts(w.t.Context(), who, rooms)
	if err != nil {
		w.t.Fatal(err)
	}
	mentions, err := w.MentionCounts(w.t.Context(), who, rooms)
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Trim(fmt.Sprint(unread, mentions), "[]")
}

// mention writes that a chat mentions somebody, or answers them.
func (w *world) mention(c *roomlog.Chat, whom chat.Caller, answers bool) {
	w.t.Helper()
	w.write(func(tx *ent.Tx) error {
		return tx.Mention.Create().SetRoomID(c.Room.ID).SetNumber(c.Number).SetChatID(c.ID).SetUserID(whom.ID).SetAnswers(answers).SetSentAt(c.CreatedAt).Exec(w.t.Context())
	})
}

// Three devices mark chats as read at once, in whatever order: the newest wins, each is answered with no less than it has said, and
// what does not move is told to nobody and written by nothing.
func TestWhatWasReadNeverGoesBack(t *testing.T) {
	var s dbtest.Statements
	w := traceWorld(t, t.TempDir(), chat.Options{HeadsInterval: time.Hour}, s.Trace)
	heard := &ears{}
	service := reads.New(w.store, pages.New(w.store, time.Now), reads.Options{Now: time.Now, Changes: limits.New(limit.Rate{}, 1, time.Now), Teller: heard})
	ann, bob := w.person("ann"), w.person("bob")
	r := w.private(ann, "general", "bob")
	var sent []*roomlog.Chat
	for i := range 30 {
		sent = append(sent, w.send(ann, r.ID.String(), fmt.Sprint(i)))
	}
	var wg sync.WaitGroup
	for device := range 3 {
		wg.Go(func() {
			for i := range sent {
				c := sent[(i*7+device*11)%len(sent)]
				m, err := service.MarkRead(t.Context(), bob, strings.ToUpper(c.ID.String()))
				if err != nil || *m.LastRead < c.Number || m.UserID != bob.ID || m.Room.ID != r.ID {
					t.Errorf("%d is answered with %+v, %v", c.Number, m, err)
				}
			}
		})
	}
	wg.Wait()
	if got := w.membership(r, bob).LastRead; got != 30 {
		t.Errorf("bob has read up to %d", got)
	}
	for i, last := 0, 0; i < len(heard.said); i++ {
		var number, place int
		if _, err := fmt.Sscanf(heard.said[i], "general bob %d %d", &number, &place); err != nil || place != 31 {
			t.Errorf("told %q, %v", heard.said[i], err)
		}
		last = max(last, number)
		if i == len(heard.said)-1 && last != 30 {
			t.Errorf("told no more than %d", last)
		}
	}
	before := len(heard.said)
	s.Take()
	for _, c := range sent {
		if m, err := service.MarkRead(t.Context(), bob, c.ID.String()); err != nil || *m.LastRead != 30 {
			t.Errorf("%+v, %v", m, err)
		}
	}
	if texts := strings.Join(s.Take(), "\n"); strings.Contains(texts, "UPDATE") || len(heard.said) != before {
		t.Errorf("what was read is written once more, or told of:\n%s", texts)
	}
}

// A device that is overtaken between its look and its write takes nothing back, and is answered with what the other has read.
func TestWhatWasReadIsNotOvertaken(t *testing.T) {
	var overtake atomic.Pointer[func()]
	w := traceWorld(t, t.TempDir(), chat.Options{HeadsInterval: time.Hour}, func(_ context.Context, what any) {
		text, _ := dbtest.TextOf(what)
		if strings.HasPrefix(text, "SELECT") && strings.Contains(text, "last_read") {
			if do := overtake.Swap(nil); do != nil {
				(*do)()
			}
		}
	})
	ann, bob := w.person("ann"), w.person("bob")
	r := w.private(ann, "general", "bob")
	older, newer := w.send(ann, r.ID.String(), "x"), w.send(ann, r.ID.String(), "y")
	overtake.Store(ptr(func() {
		if _, err := w.MarkRead(t.Context(), bob, newer.ID.String()); err != nil {
			t.Error(err)
		}
	}))
	m, err := w.MarkRead(t.Context(), bob, older.ID.String())
	if err != nil || *m.LastRead != 2 || w.membership(r, bob).LastRead != 2 || overtake.Load() != nil {
		t.Errorf("it is %+v, %v", m, err)
	}
}

// What somebody may not read, is not in or does not exist, and what is deleted.
func TestMarkReadOfOddThings(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob, stranger := w.person("ann"), w.person("bob"), w.person("stranger")
	public, private := w.room(ann, "general"), w.private(ann, "secret", "bob")
	open, hidden := w.send(ann, "general", "x"), w.send(ann, private.ID.String(), "x")
	w.send(ann, private.ID.String(), "y")
	gone := w.private(ann, "gone", "bob")
	lost := w.send(ann, gone.ID.String(), "x")
	if _, err := w.DeleteRoom(t.Context(), ann, gone.ID.String()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.DeleteChat(t.Context(), ann, hidden.ID.String()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who  chat.Caller
		chat string
		want error
	}{
		{bob, lost.ID.String(), chat.ErrNoChat},
		{stranger, hidden.ID.String(), chat.ErrNoChat},
		{stranger, open.ID.String(), chat.ErrForbidden},
		{bob, uuid.Nil.String(), chat.ErrNoChat},
		{bob, uuid.NewString(), chat.ErrNoChat},
		{bob, private.ID.String(), chat.ErrNoChat},
		{bob, "", chat.ErrNoChat},
		{bob, "\x00", chat.ErrNoChat},
	} {
		_, err := w.MarkRead(t.Context(), c.who, c.chat)
		wantErr(t, err, c.want)
	}
	if m, err := w.MarkRead(t.Context(), bob, hidden.ID.String()); err != nil || *m.LastRead != 1 || w.countsAsOf(bob, m.Room) != "1] [0" {
		t.Errorf("up to the deleted chat: %+v, %v", m, err)
	}
	if got := w.counts(stranger, public); got != "0] [0" {
		t.Errorf("a stranger has %s", got)
	}
	if _, err := w.BanMember(t.Context(), ann, "general", "stranger", nil, nil); err != nil {
		t.Fatal(err)
	}
	_, err := w.MarkRead(t.Context(), stranger, open.ID.String())
	wantErr(t, err, chat.ErrForbidden)
	for name, want := range map[string]error{"general": chat.ErrForbidden, private.ID.String(): chat.ErrNoRoom, gone.ID.String(): chat.ErrNoRoom, uuid.Nil.String(): chat.ErrNoRoom} {
		_, err := w.SetNotify(t.Context(), stranger, name, access.NotifyAll)
		wantErr(t, err, want)
	}
}

// What rings is what was said, or else what the kind of the room has by default, and is shown to nobody else; what was read is shown
// to others in direct rooms.
func TestWhoIsShownWhatOfAMembership(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	direct, err := w.OpenDirectRoom(t.Context(), ann, []string{"bob"})
	if err != nil {
		t.Fatal(err)
	}
	private := w.private(ann, "secret", "bob")
	see := func(who, whom chat.Caller, in *roomlog.Room) string {
		t.Helper()
		page, err := w.Members(t.Context(), who, in, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Nodes() {
			alone, err := w.MembersByID(t.Context(), who, []uuid.UUID{m.ID})
			if err != nil || fmt.Sprint(val(alone[0].LastRead), val(alone[0].Notify)) != fmt.Sprint(val(m.LastRead), val(m.Notify)) {
				t.Errorf("alone it is %+v, %v", alone[0], err)
			}
			if m.UserID == whom.ID {
				return fmt.Sprint(val(m.LastRead), " ", val(m.Notify))
			}
		}
		return "nobody"
	}
	for _, r := range []*roomlog.Room{direct, private} {
		if _, err := w.MarkRead(t.Context(), bob, w.send(ann, r.ID.String(), "x").ID.String()); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range []struct{ got, want string }{
		{see(bob, bob, direct), "1 0"},
		{see(ann, bob, direct), "1 <nil>"},
		{see(ann, ann, direct), "0 0"},
		{see(bob, bob, private), "1 1"},
		{see(ann, bob, private), "<nil> <nil>"},
	} {
		if c.got != c.want {
			t.Errorf("%d: %s, want %s", i, c.got, c.want)
		}
	}
	for _, level := range []access.NotifyLevel{access.NotifyNone, access.NotifyNone, access.NotifyMentions, access.NotifyAll} {
		m, err := w.SetNotify(t.Context(), bob, direct.ID.String(), level)
		if err != nil || *m.Notify != level || *m.LastRead != 1 || see(bob, bob, direct) != fmt.Sprint("1 ", int(level)) {
			t.Errorf("level %d: %+v, %v", level, m, err)
		}
	}
	w.block(ann, bob, true)
	if got := see(ann, bob, direct) + ", " + see(bob, ann, direct) + ", " + see(bob, bob, direct); got != "<nil> <nil>, <nil> <nil>, 1 0" {
		t.Errorf("with a block: %s", got)
	}
	if row := w.store.Read.Member.Query().Where(member.UserID(ann.ID), member.NotifyNotNil()).CountX(t.Context()); row != 0 {
		t.Error("ann has a level")
	}
}
