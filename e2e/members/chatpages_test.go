package members

import (
	"fmt"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// withPeople is a page of chats with what people have said to them and put on them.
const withPeople = `query($room: ID!) { chats(room: $room, last: 50) { nodes {
	id number text username user { id username } createdAt cursor mentions { id username }
	reactions { emoji count users { id username } } myReactions
	replyTo { id text username user { id username } replyCount reactions { emoji users { username } } replyTo { text user { username } } } replyCount
} } }`

// A page of 50 chats with their reactions, whom they mention, what they answer and all people costs the database no more than eight
// statements, and myReactions and what lies two levels below one more each: none is for one chat alone.
func TestStatementsOfAPageWithPeople(t *testing.T) {
	s, _, asked := harness.Counted(t, harness.NoLimits()...)
	var tokens []string
	for i := range 12 {
		token, _ := s.Register(fmt.Sprint("person", i))
		tokens = append(tokens, token)
	}
	s.Must(nil, tokens[0], `mutation { createRoom(name: "general") { id } }`)
	ids := make([]string, 50)
	for i := range ids {
		var data struct{ SendChat struct{ ID string } }
		variables := map[string]any{"to": nil, "text": fmt.Sprintf("chat %d, @person%d @person%d", i, (i+1)%12, (i+5)%12)}
		if i > 0 {
			variables["to"] = ids[i*7%i]
		}
		s.Must(&data, tokens[i%12], `mutation($text: String!, $to: ID) { sendChat(room: "general", text: $text, replyTo: $to) { id } }`, variables)
		ids[i] = data.SendChat.ID
		for j := range i % 4 {
			s.Must(nil, tokens[(i+j)%12], `mutation($chat: ID!, $e: String!) { react(chat: $chat, emoji: $e) { id } }`, map[string]any{"chat": ids[i], "e": []string{"👍", "❤️", ":parrot:"}[j]})
		}
	}
	for _, c := range []struct {
		call string
		most int
	}{
		{`query($room: ID!) { chats(room: $room, last: 50) { nodes { text user { username } mentions { username } reactions { emoji count users { username } } replyTo { text user { username } } replyCount } } }`, 8},
		{withPeople, 11},
		{`query($room: ID!) { chats(room: $room) { nodes { id } } rooms { nodes { lastChat { user { username } replyTo { text user { username } } replyCount reactions { users { username } } } } } }`, 9},
	} {
		asked.TakeOwn()
		a := s.AskThrough(tokens[1], c.call, map[string]any{"room": "general"})
		texts := asked.TakeOwn()
		if len(a.Errors) > 0 || strings.Count(a.Body, `"`) < 200 || strings.Contains(c.call, "mentions") && strings.Count(a.Body, `"mentions":[{`) < 40 {
			t.Errorf("%s: %s", c.call, a.Body)
		}
		if len(texts) > c.most || len(texts) == 0 {
			t.Errorf("%s: %d statements:\n%s", c.call, len(texts), strings.Join(texts, "\n"))
		}
		t.Log(len(texts))
	}
}
