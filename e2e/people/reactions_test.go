package people

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"parley/e2e/harness"
)

// A hundred equal reactions at once are one, in whichever way the emoji is written, and so is taking them off.
func TestEqualReactionsInParallel(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	id := send(s, ann, "general", "x")
	k := live(s, ann)
	for _, c := range []struct {
		on         bool
		kind, want string
	}{{true, "CHAT_REACTED", `{"reactions":[{"emoji":"❤","count":1,"users":[{"username":"bob"}]}],"myReactions":["❤"]}`}, {false, "CHAT_UNREACTED", `{"reactions":[],"myReactions":[]}`}} {
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				if a := react(s, bob, id, []string{"❤", "❤️"}[i%2], c.on); len(a.Errors) > 0 {
					t.Errorf("on %v: %s", c.on, a.Body)
				}
			})
		}
		all.Wait()
		if e := wantKind(k, c.kind); e.Emoji != "❤" || e.Actor.Username != "bob" {
			t.Errorf("got %+v", e)
		}
		a := s.AskThrough(bob, `query($id: ID!) { chat(id: $id) { reactions { emoji count users { username } } myReactions } }`, map[string]any{"id": id})
		if a.Body != `{"data":{"chat":`+c.want+`}}` {
			t.Errorf("got %s, want %s", a.Body, c.want)
		}
	}
	send(s, ann, "general", "behind")
	wantKind(k, "CHAT_SENT") // each was one event
	if a := s.AskThrough(bob, `{ room(id: "general") { me { id } } }`); a.Body != `{"data":{"room":{"me":null}}}` {
		t.Errorf("a reaction has made a member: %s", a.Body)
	}
}

// Of 51 kinds at once one is refused, and of 21 of one person one; what is there already may be put by others, and what is taken
// off leaves room.
func TestKindsOfReactions(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	tokens := make([]string, 3)
	for i := range tokens {
		tokens[i], _ = s.Register(fmt.Sprint("person", i))
	}
	s.Must(nil, tokens[0], `mutation { createRoom(name: "general") { id } }`)
	id := send(s, tokens[0], "general", "x")
	var all sync.WaitGroup
	var put, refused atomic.Int32
	kind := func(n int) string { return fmt.Sprintf(":kind%d:", n) }
	for n := range 51 {
		all.Go(func() {
			a := react(s, tokens[n%3], id, kind(n), true)
			if len(a.Errors) == 0 {
				put.Add(1)
				return
			}
			refused.Add(1)
			wantRefused(t, kind(n), a, "LIMIT_REACHED", "REACTIONS")
		})
	}
	all.Wait()
	if put.Load() != 50 || refused.Load() != 1 || len(look(s, tokens[0], id).Reactions) != 50 {
		t.Errorf("%d put, %d refused, %d there", put.Load(), refused.Load(), len(look(s, tokens[0], id).Reactions))
	}
	own, there := 0, look(s, tokens[0], id).Reactions
	for _, r := range there {
		if r.Users[0].Username == "person0" {
			own++
		}
	}
	for _, r := range there { // those of others are no new kinds
		if r.Users[0].Username != "person0" && own < 20 {
			own++
			s.Must(nil, tokens[0], reactDocument, map[string]any{"chat": id, "emoji": r.Emoji, "on": true})
		}
	}
	last := there[len(there)-1]
	var theirs string
	for i, token := range tokens {
		if last.Users[0].Username == fmt.Sprint("person", i) {
			theirs = token
		}
	}
	for _, token := range []string{theirs, tokens[0]} {
		s.Must(nil, token, reactDocument, map[string]any{"chat": id, "emoji": last.Emoji, "on": false})
	}
	s.Must(nil, tokens[1], reactDocument, map[string]any{"chat": id, "emoji": "new", "on": true})
	wantRefused(t, "the next", react(s, tokens[2], id, "newer", true), "LIMIT_REACHED", "REACTIONS")
	other := send(s, tokens[0], "general", "y")
	for n := range 20 {
		s.Must(nil, tokens[0], reactDocument, map[string]any{"chat": other, "emoji": kind(n), "on": true})
	}
	wantRefused(t, "of one person", react(s, tokens[0], other, kind(20), true), "LIMIT_REACHED", "REACTIONS")
	s.Must(nil, tokens[0], reactDocument, map[string]any{"chat": other, "emoji": kind(3), "on": true}) // which is there
}

// What is no emoji is refused, with what is wrong.
func TestWhatIsNoEmoji(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	id := send(s, ann, "general", "x")
	for emoji, reason := range map[string]string{
		"": "TOO_SHORT", "\ufe0f": "TOO_SHORT", " ": "BAD_CHARACTER", "a b": "BAD_CHARACTER", "a\u0000": "BAD_CHARACTER", "\u200b": "BAD_CHARACTER",
		strings.Repeat("x", 33): "TOO_LONG", strings.Repeat("é", 17): "TOO_LONG",
	} {
		a := react(s, ann, id, emoji, true)
		wantRefused(t, harness.Quoted(emoji), a, "BAD_USER_INPUT", reason)
		if harness.WordOf(a, "field") != "emoji" {
			t.Errorf("%q: %s", emoji, a.Body)
		}
	}
	for emoji, want := range map[string]string{"e\u0301": "é", "👩‍🚀": "👩‍🚀", ":parrot:": ":parrot:", strings.Repeat("x", 32): strings.Repeat("x", 32)} {
		other := send(s, ann, "general", "y")
		s.Must(nil, ann, reactDocument, map[string]any{"chat": other, "emoji": emoji, "on": true})
		if c := look(s, ann, other); len(c.Reactions) != 1 || c.Reactions[0].Emoji != want {
			t.Errorf("%q: %+v", emoji, c.Reactions)
		}
	}
	if c := look(s, ann, id); len(c.Reactions) != 0 {
		t.Errorf("got %+v", c.Reactions)
	}
}
