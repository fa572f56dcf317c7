package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/chat"
)

// reply returns the id of a chat that answers another.
func (a *testAPI) reply(t *testing.T, to, text string) string {
	t.Helper()
	c, err := a.chat.Send(t.Context(), a.owner, chat.Draft{Room: a.room.ID.String(), Text: text, ReplyTo: &to})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID.String()
}

// from is a new person who reads the room from its beginning on.
func (a *testAPI) from(t *testing.T, selection string) *person {
	t.Helper()
	a.people++
	p := &person{t: t, conn: a.connect(t, string(a.register(t, fmt.Sprint("person", a.people)).AccessToken))}
	a.subscribe(t, p.conn, "1", selection)
	return p
}

// What events show of a chat that was deleted or edited is never given once that has been answered: not by the reply to it, not
// by a reply to that, not by the newest chat of the room. One reader is live all the time; others resume from the start, where
// the window is and where the log is read.
func TestEventsShowNoOldTextByReplies(t *testing.T) {
	selections := []string{"text replyTo { text replyTo { text replyTo { text } } }", "text room { lastChat { replyTo { text replyTo { text replyTo { text } } } } }"}
	for name, change := range map[string]func(a *testAPI, id string) error{
		"deleted": func(a *testAPI, id string) error { _, err := a.chat.DeleteChat(t.Context(), a.owner, id); return err },
		"edited": func(a *testAPI, id string) error {
			_, err := a.chat.EditChat(t.Context(), a.owner, id, "harmless")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newTestAPI(t)
			for i, depth := range []int{1, 2, 3, 1, 2, 3} {
				secret, end, selection := fmt.Sprint("secret ", i), fmt.Sprint("the end ", i), selections[i/3]
				id := a.send(t, secret)
				live := a.from(t, selection)
				live.until(secret)
				last := id
				for n := range depth {
					last = a.reply(t, last, fmt.Sprint("re: ", n))
				}
				a.send(t, "after") // whatever the window keeps, it is not by the newest chat alone
				live.until(`"text":"after"`)
				last = a.reply(t, last, "the newest")
				live.until(`"text":"the newest"`)
				if err := change(a, id); err != nil {
					t.Fatal(err)
				}
				resumed := a.from(t, selection)
				a.send(t, end)
				for _, m := range resumed.until(end) {
					if strings.Contains(m, `"`+secret+`"`) {
						t.Errorf("depth %d: given after the change was answered: %s", depth, m)
					}
				}
				live.until(end)
			}
		})
	}
}

// A page of the log has been read and executed for somebody who was away when what a chat of it answers is deleted: once this has
// been answered, they are not given it any more.
func TestReplayShowsNoDeletedTextByReplies(t *testing.T) {
	a := newTestAPI(t)
	first := a.send(t, "secret")
	second := a.reply(t, first, "what")
	a.reply(t, second, "yes, what")
	a.between = func() {
		if _, err := a.chat.DeleteChat(t.Context(), a.owner, first); err != nil {
			t.Error(err)
		}
	}
	r := a.from(t, "number text replyTo { text replyTo { text } }")
	wantNone(t, r.until("yes, what"), "secret")
}
