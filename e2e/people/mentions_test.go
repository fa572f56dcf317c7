package people

import (
	"fmt"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// Who is named by a text is a member by the longest name that stands there, and neither in words, addresses nor code.
func TestWhoIsMentioned(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Register("bobby")
	s.Register("bob.by")
	outsider, _ := s.Register("outsider")
	s.Must(nil, ann, `mutation { createRoom(name: "general", members: ["bob", "bobby", "bob.by"]) { id } }`)
	edited := send(s, ann, "general", "x")
	for text, want := range map[string]string{
		"@bob": "bob", "@bobby": "bobby", "@bob.by": "bob.by", "@bob.bys": "bob", "@bob-by": "bob", "@bobb": "", "@bo": "",
		"(@bob), @BOBBY!": "bob bobby", "@bob. @Bob's @BOB": "bob", "＠ｂｏｂ": "bob", "**@bob** _@bobby_": "bob bobby",
		"@ann @outsider @nobody @": "", "mail a@bob, a.b@bob.by or @bob@bobby": "", "x@bob": "",
		"`@bob` and ``a ` @bobby``": "", "```\n@bob\n```\n@bobby": "bobby", "~~~\n@bob": "",
		"https://example.org/@bob and <http://x/?@bobby> @bob.by": "bob.by", "/@bob": "",
	} {
		if got := look(s, bob, send(s, ann, "general", text)).mentions(); got != want {
			t.Errorf("%q mentions %q, want %q", text, got, want)
		}
		s.Must(nil, ann, editDocument, map[string]any{"chat": edited, "text": text})
		if got := look(s, bob, edited).mentions(); got != want {
			t.Errorf("edited, %q mentions %q, want %q", text, got, want)
		}
	}
	s.Must(nil, outsider, `mutation { joinRoom(room: "general") { id } }`)
	if a := s.AskThrough(outsider, `{ mentions { nodes { id } } room(id: "general") { mentionCount unreadCount } }`); a.Body != `{"data":{"mentions":{"nodes":[]},"room":{"mentionCount":0,"unreadCount":0}}}` {
		t.Errorf("whoever was not in the room: %s", a.Body)
	}
}

// A text mentions the first 20; an edit moves the counts of those whom it names or no longer names, a deletion takes all away, and
// an answer counts until it is deleted.
func TestMentionsOfMany(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	var names, tokens []string
	for i := range 21 {
		token, _ := s.Register(fmt.Sprintf("person%02d", i))
		names, tokens = append(names, fmt.Sprintf("person%02d", i)), append(tokens, token)
	}
	s.Must(nil, ann, `mutation($members: [ID!]) { createRoom(name: "general", members: $members) { id } }`, map[string]any{"members": names})
	all := send(s, ann, "general", "@"+strings.Join(names, " @"))
	if got := look(s, ann, all).mentions(); got != strings.Join(names[:20], " ") {
		t.Errorf("mentions %s", got)
	}
	own := send(s, tokens[20], "general", "mine")
	answer := send(s, ann, "general", "yours", own)
	count := func(i, want int) {
		t.Helper()
		var data struct {
			Room     struct{ MentionCount int }
			Mentions struct{ Nodes []struct{ ID string } }
		}
		s.Must(&data, tokens[i], `{ room(id: "general") { mentionCount } mentions { nodes { id } } }`)
		if data.Room.MentionCount != want || len(data.Mentions.Nodes) != want {
			t.Errorf("%s is mentioned %d times, and by %v; want %d", names[i], data.Room.MentionCount, data.Mentions.Nodes, want)
		}
	}
	count(0, 1)
	count(20, 1) // by the answer
	s.Must(nil, ann, editDocument, map[string]any{"chat": all, "text": "@person20"})
	count(0, 0)
	count(20, 2)
	s.Must(nil, ann, deleteDocument, map[string]any{"chat": all})
	count(20, 1)
	s.Must(nil, ann, editDocument, map[string]any{"chat": answer, "text": "not @person20 alone"})
	count(20, 1) // one chat, which mentions and answers
	s.Must(nil, ann, deleteDocument, map[string]any{"chat": answer})
	count(20, 0)
}
