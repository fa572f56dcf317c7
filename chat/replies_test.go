package chat_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"parley/chat"
	"parley/chat/access"
	"parley/chat/roomlog"
)

func (w *world) reply(from chat.Caller, room string, to, text string, id *string) (*roomlog.Chat, error) {
	return w.Send(w.t.Context(), from, chat.Draft{Room: room, Text: text, ReplyTo: &to, ID: id})
}

func (w *world) replyCount(c *roomlog.Chat) int {
	w.t.Helper()
	counts, err := w.ReplyCounts(w.t.Context(), access.Reader{All: true}, []*roomlog.Chat{c})
	if err != nil {
		w.t.Fatal(err)
	}
	return counts[0]
}

// What a chat may answer is one of its room, also a deleted one. All else is no such chat, whatever it is, and nothing is stored.
func TestWhatMayBeAnswered(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, bob := w.person("ann"), w.person("bob")
	w.room(ann, "general")
	w.room(ann, "other")
	w.room(bob, "gone")
	first, elsewhere, gone := w.send(ann, "general", "first"), w.send(ann, "other", "x"), w.send(bob, "gone", "x")
	if _, err := w.DeleteRoom(t.Context(), bob, "gone"); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{
		"of another room": elsewhere.ID.String(), "of a deleted room": gone.ID.String(), "unknown": uuid.NewString(), "the nil UUID": uuid.Nil.String(),
		"no id": "x", "empty": "", "a room": first.Room.ID.String(), "surrogates": "\xed\xa0\x80", "a long text": strings.Repeat("x", 1<<16),
	} {
		id := uuid.NewString()
		_, err := w.reply(ann, "general", to, "re", &id)
		wantErr(t, err, chat.ErrNoChat)
		if _, err := w.Chat(t.Context(), ann, id); err == nil {
			t.Errorf("%s: it was stored", name)
		}
	}
	own := uuid.NewString()
	_, err := w.reply(ann, "general", own, "itself", &own)
	wantErr(t, err, chat.ErrNoChat)
	answer, err := w.reply(bob, "general", strings.ToUpper(first.ID.String()), "re", nil)
	if err != nil || *answer.ReplyTo != first.ID || answer.Number != 2 {
		t.Fatalf("%+v, %v", answer, err)
	}
	known := answer.ID.String()
	if again, err := w.reply(bob, "general", "x", "again", &known); err != nil || *again.ReplyTo != first.ID || *again.Text != "re" {
		t.Errorf("sent again: %+v, %v", again, err)
	}
	if _, err := w.DeleteChat(t.Context(), ann, first.ID.String()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.reply(bob, "general", first.ID.String(), "re", nil); err != nil {
		t.Errorf("a deleted one: %v", err)
	}
	if n := w.replyCount(first); n != 2 {
		t.Errorf("it has %d", n)
	}
	if _, err := w.DeleteChat(t.Context(), bob, known); err != nil {
		t.Fatal(err)
	}
	targets, err := w.ReplyTargets(t.Context(), access.Reader{Person: ann.ID}, []*roomlog.Chat{answer, first})
	if n := w.replyCount(first); err != nil || n != 1 || targets[0].Text != nil || targets[1] != nil || targets[0].ID != first.ID {
		t.Errorf("%d answer it, %+v, %v", n, targets, err)
	}
	page, err := w.Replies(t.Context(), ann, first, ptr(1), nil)
	if err != nil || len(page.Nodes) != 1 || page.Nodes[0].Text != nil || !page.PageInfo.HasNextPage || page.PageInfo.HasPreviousPage {
		t.Errorf("%+v, %v", page, err)
	}
	page, err = w.Replies(t.Context(), ann, first, nil, page.PageInfo.EndCursor)
	if err != nil || len(page.Nodes) != 1 || *page.Nodes[0].Text != "re" || page.PageInfo.HasNextPage || !page.PageInfo.HasPreviousPage {
		t.Errorf("%+v, %v", page, err)
	}
	_, err = w.Replies(t.Context(), ann, first, nil, ptr(elsewhere.Cursor()))
	wantInvalid(t, err, "after", "CURSOR_INVALID")
}

// Whoever may not read a room is told nothing of what is in it, and whoever may not send is told that, and not what they would answer.
func TestAnswersTellNothing(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, eve := w.person("ann"), w.person("eve")
	private, admin := roomlog.Private, access.Admin
	hidden, err := w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: "hidden", Kind: &private})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.CreateRoom(t.Context(), ann, chat.NewRoom{Name: "news", SendRole: &admin}); err != nil {
		t.Fatal(err)
	}
	w.room(eve, "own")
	secret, news := w.send(ann, hidden.ID.String(), "secret"), w.send(ann, "news", "x")
	for _, to := range []string{secret.ID.String(), uuid.NewString()} {
		_, err := w.reply(eve, hidden.ID.String(), to, "re", nil)
		wantErr(t, err, chat.ErrNoRoom)
		_, err = w.reply(eve, "own", to, "re", nil)
		wantErr(t, err, chat.ErrNoChat)
		_, err = w.reply(eve, "news", to, "re", nil)
		wantErr(t, err, chat.ErrForbidden)
	}
	_, err = w.reply(eve, "news", news.ID.String(), "re", nil)
	wantErr(t, err, chat.ErrForbidden)
	answer, err := w.reply(ann, hidden.ID.String(), secret.ID.String(), "re", nil)
	if err != nil {
		t.Fatal(err)
	}
	targets, err := w.ReplyTargets(t.Context(), access.Reader{Person: eve.ID}, []*roomlog.Chat{answer}) // who has lost it since
	counts, err2 := w.ReplyCounts(t.Context(), access.Reader{Person: eve.ID}, []*roomlog.Chat{secret})
	if err != nil || err2 != nil || targets[0] != nil || counts[0] != 0 {
		t.Errorf("%v %v, %v %v", targets, counts, err, err2)
	}
}

// A chat and its answers may be under way at once: what comes behind the chat is stored, and the others are no such chat. A
// stranger whose answer is refused does not join.
func TestAnswersInOneBatch(t *testing.T) {
	w := newWorld(t, chat.Options{})
	ann, eve := w.person("ann"), w.person("eve")
	room := w.room(ann, "general")
	_, err := w.reply(eve, "general", uuid.NewString(), "re", nil)
	wantErr(t, err, chat.ErrNoChat)
	if r, err := w.Room(t.Context(), eve, "general"); err != nil || r.MemberCount != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	var wg sync.WaitGroup
	for range 20 {
		first := uuid.NewString()
		wg.Go(func() {
			w.send(ann, "general", "x")
			_, _ = w.Send(t.Context(), ann, chat.Draft{Room: "general", Text: "first", ID: &first})
		})
		for range 5 {
			wg.Go(func() {
				id := uuid.NewString()
				c, err := w.reply(ann, "general", first, "re", &id)
				if err != nil {
					wantErr(t, err, chat.ErrNoChat)
				} else if c.ReplyTo.String() != first {
					t.Error(c)
				}
			})
		}
	}
	wg.Wait()
	if _, err := w.reply(ann, "general", w.send(ann, "general", "stored before").ID.String(), "re", nil); err != nil {
		t.Error(err)
	}
	page, err := w.Chats(t.Context(), ann, "general", chat.PageQuery{First: ptr(200)})
	if err != nil || len(page.Nodes) < 40 {
		t.Fatal(len(page.Nodes), err)
	}
	seen := map[uuid.UUID]bool{}
	for i, c := range page.Nodes {
		if seen[c.ID] = true; c.Number != i+1 || c.ReplyTo != nil && !seen[*c.ReplyTo] {
			t.Errorf("%d: %+v", i+1, c)
		}
	}
	for _, c := range page.Nodes {
		if n := w.replyCount(c); (n > 0) != c.Answered {
			t.Errorf("%+v has %d answers", c, n)
		}
	}
	if n := w.logLength(room); n != len(page.Nodes)+1 && n != len(page.Nodes) {
		t.Errorf("%d entries", n)
	}
}
