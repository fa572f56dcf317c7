package streams

import (
	"encoding/json"
	"fmt"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/writers"
)

// joined is somebody who came while there was talk, with what they must hear first; 0 if that is open.
type joined struct {
	*streamReader
	first int
}

// judge wants the chats from the first on, each once, to the last.
func (j joined) judge(t *testing.T, last int) {
	t.Helper()
	next := j.first
	for _, payload := range j.heard() {
		var p struct {
			Data struct{ ChatSent struct{ Number int } }
		}
		if err := json.Unmarshal([]byte(payload), &p); err != nil || next != 0 && p.Data.ChatSent.Number != next {
			t.Fatalf("%s %v: got %s, want chat %d", j.text, j.variables, payload, next)
		}
		next = p.Data.ChatSent.Number + 1
	}
	if next != last+1 {
		t.Errorf("%s %v: heard up to %d of %d", j.text, j.variables, next-1, last)
	}
}

// A hundred people join a room one after the other while there is talk in it: from now on, from the page that
// they have just read, from the very beginning, from a place long ago. Each hears what follows there, without
// a gap and without a repeat, and goes over into what all the others hear.
func TestJoiningWhileChatsAreSent(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	beginning := s.End(ann)["after"].(string)
	lines := []*sharedSocket{}
	tokens := []string{}
	for i := range 10 {
		token, _ := s.Register(fmt.Sprint("reader", i))
		tokens = append(tokens, token)
	}
	stop := (&writers.Writer{Server: s, Token: ann}).Run()
	var all []joined
	for i := range 100 {
		var page struct {
			Chats struct {
				Nodes      []struct{ Number int }
				SyncCursor string
			}
		}
		s.Must(&page, tokens[i%10], `{ chats(room: "general", last: 1) { nodes { number } syncCursor } }`)
		first, w := 1, subscription{text: slowDocument, variables: map[string]any{"a": page.Chats.SyncCursor}}
		if len(page.Chats.Nodes) == 1 {
			first = page.Chats.Nodes[0].Number + 1
		}
		switch i % 4 {
		case 1: // from now on
			first, w.variables["a"] = 0, nil
		case 2:
			first, w.variables["a"] = 1, beginning
		case 3:
			w.text = `subscription { chatSent(room: "general", after: "` + page.Chats.SyncCursor + `") { number } }`
			w.variables = nil
		}
		if i%3 == 0 {
			all = append(all, joined{followBySSE(s, tokens[i%10], w), first})
			continue
		}
		l := openSocket(s, tokens[i%10])
		all = append(all, joined{l.follow(w), first})
		lines = append(lines, l)
		go l.readAll()
	}
	for _, j := range all { // while there is talk: behind the last word nobody who joins hears anything
		harness.Eventually(t, "the first chat", func() bool { return len(j.heard()) > 0 })
	}
	last := stop()
	for _, j := range all {
		harness.Eventually(t, "all that was said", func() bool {
			heard := j.heard()
			return len(heard) > 0 && containsNumber(heard[len(heard)-1], last)
		})
	}
	for _, j := range all {
		j.judge(t, last)
	}
	for _, l := range lines {
		_ = l.Conn.CloseNow()
		<-l.gone
	}
}

func containsNumber(payload string, n int) bool {
	var p struct {
		Data struct{ ChatSent struct{ Number int } }
	}
	return json.Unmarshal([]byte(payload), &p) == nil && p.Data.ChatSent.Number == n
}
