package graph_test

import (
	"fmt"
	"strings"
	"sync/atomic"
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

// startBehind has those who read the room begin behind a chat.
func (a *testAPI) startBehind(t *testing.T, id string) {
	t.Helper()
	c, err := a.chat.Chat(t.Context(), a.owner, id)
	if err != nil {
		t.Fatal(err)
	}
	a.cursor = c.Cursor()
}

// from is a new person who reads the room on from where people start.
func (a *testAPI) from(t *testing.T, selection string) *person {
	t.Helper()
	a.people++
	p := &person{t: t, conn: a.connect(t, string(a.register(t, fmt.Sprint("person", a.people)).AccessToken))}
	a.subscribe(t, p.conn, "1", selection)
	return p
}

// What events show of a chat that was deleted or edited is never given once that has been answered: not by the reply to it, not
// by a reply to that, not by the newest chat of the room. One reader is live all the time, so a window has what was encoded before;
// another resumes from its start.
func TestEventsShowNoOldTextByReplies(t *testing.T) {
	selections := []string{"text replyTo { text replyTo { text replyTo { text } } }", "text room { lastChat { replyTo { text replyTo { text replyTo { text } } } } }"}
	for name, change := range map[string]func(a *testAPI, id string) error{
		"deleted": func(a *testAPI, id string) error { _, err := a.chat.DeleteChat(t.Context(), a.owner, id); return err },
		"edited": func(a *testAPI, id string) error {
			_, err := a.chat.EditChat(t.Context(), a.owner, id, chat.Edit{Text: new("harmless")})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newTestAPI(t)
			for i, depth := range []int{1, 2, 3, 1, 2, 3} {
				secret, end, selection := fmt.Sprint("secret ", i), fmt.Sprint("the end ", i), selections[i/3]
				id := a.send(t, secret)
				a.startBehind(t, id)
				live := a.from(t, selection) // the window begins there
				last := id
				for n := range depth {
					last = a.reply(t, last, fmt.Sprint("re: ", n))
				}
				a.send(t, "after") // whatever the window keeps, it is not by the newest chat alone
				a.reply(t, last, "the newest")
				if got := live.until("the newest"); !strings.Contains(fmt.Sprint(got), `"`+secret+`"`) {
					t.Fatalf("the window never had it: %v", got)
				}
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
	const selection = "number text replyTo { text replyTo { text } }"
	var away atomic.Bool
	first := a.send(t, "secret")
	second := a.reply(t, first, "what")
	a.between = func() {
		if !away.Load() {
			return
		}
		if _, err := a.chat.DeleteChat(t.Context(), a.owner, first); err != nil {
			t.Error(err)
		}
	}
	a.startBehind(t, second)
	live := a.from(t, selection) // so a window begins behind what the other one reads
	a.reply(t, second, "yes, what")
	live.until("yes, what")
	a.startBehind(t, first)
	away.Store(true)
	a.executed.Store(0)
	wantNone(t, a.from(t, selection).until("yes, what"), "secret")
}
