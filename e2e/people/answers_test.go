package people

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/e2e/harness"
	"parley/rounds"
)

// What a mutation has done is in its own answer, in whatever is asked of the chat: whom it mentions, what it answers, how many answer
// that, and reactions. They are read behind the commit by whichever connection is free; many call at once, others read long pages and
// hang up, and both kinds of members write: those who are there, and those who come in by what they write.
func TestAnswersShowWhatWasDone(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	const people, all = 8, `id text mentions { username } replyTo { id replyCount } replyCount reactions { emoji count users { username } } myReactions`
	var tokens, names []string
	for i := range people {
		token, _ := s.Register(fmt.Sprint("person", i))
		tokens, names = append(tokens, token), append(names, fmt.Sprint("person", i))
	}
	var made struct{ Secret struct{ ID string } }
	s.Must(&made, tokens[0], `mutation($m: [ID!]) { general: createRoom(name: "general", members: $m) { id } secret: createRoom(name: "secret", kind: PRIVATE, members: $m) { id } }`,
		map[string]any{"m": names[1:]})
	times := rounds.Of(t, 10, 300)
	own := make([][]string, people) // rooms that the next one comes into by sending
	for i, token := range tokens {
		for range 1 + times/10 {
			own[i] = append(own[i], fmt.Sprint("room of ", uuid.NewString()[:8]))
			s.Must(nil, token, `mutation($n: String!) { createRoom(name: $n) { id } }`, map[string]any{"n": own[i][len(own[i])-1]})
		}
	}
	leave := hangUp(s, tokens[0], made.Secret.ID)
	defer leave()
	var writers sync.WaitGroup
	for i, token := range tokens {
		writers.Go(func() {
			for n := range times {
				x, y := names[(i+1+n%(people-1))%people], names[(i+1+(n+3)%(people-1))%people]
				room, asked, id := []string{"general", made.Secret.ID}[n%2], uuid.NewString(), uuid.NewString()
				answers(t, s, token, `mutation($room: ID!, $asked: ID!, $id: ID!, $text: String!, $other: String!) {
					a: sendChat(room: $room, text: "?", id: $asked) { `+all+` }
					b: sendChat(room: $room, text: $text, id: $id, replyTo: $asked) { `+all+` }
					c: react(chat: $id, emoji: "x") { `+all+` }
					d: editChat(chat: $id, text: $other) { `+all+` }
					e: react(chat: $id, emoji: "x", on: false) { `+all+` }
					f: deleteChat(chat: $id) { `+all+` } }`,
					map[string]any{"room": room, "asked": asked, "id": id, "text": "hi @" + x + ", @nobody", "other": "@" + x + " @" + y},
					"", x, x, sorted(x, y), sorted(x, y), "")
				if n%10 > 0 {
					continue
				}
				room, asked = own[(i+1)%people][n/10], uuid.NewString()
				answers(t, s, token, `mutation($room: ID!, $asked: ID!, $text: String!) { a: sendChat(room: $room, text: $text, id: $asked) { `+all+` } }`,
					map[string]any{"room": room, "asked": asked, "text": "@" + names[(i+1)%people]}, names[(i+1)%people])
			}
		})
	}
	writers.Wait()
}

func sorted(x, y string) string {
	if x == y {
		return x
	}
	return min(x, y) + " " + max(x, y)
}

// answers does something, and wants each field of the answer to mention some people, and the rest to be as it was done.
func answers(t *testing.T, s *harness.Server, token, document string, variables map[string]any, mentions ...string) {
	t.Helper()
	a := s.Ask(token, document, variables)
	var data map[string]struct {
		aChat
		MyReactions []string
	}
	switch {
	case a.Retryable(): // a busy machine may say so of a database that it has asked too much; that is no answer
		return
	case len(a.Errors) > 0:
		t.Errorf("%s", a.Body)
		return
	}
	s.Decode(a, &data)
	for i, want := range mentions {
		key := string(rune('a' + i))
		c := data[key]
		answered, reacted := i > 0, i == 2 || i == 3
		switch {
		case c.mentions() != want:
			t.Errorf("%s mentions %q, want %q: %s", key, c.mentions(), want, a.Body)
		case (c.ReplyTo != nil) != answered, answered && (c.ReplyTo.ID != variables["asked"] || c.ReplyTo.ReplyCount != map[bool]int{true: 0, false: 1}[i == 5]), c.ReplyCount != 0:
			t.Errorf("%s answers %+v: %s", key, c.ReplyTo, a.Body)
		case (len(c.Reactions) == 1) != reacted, (len(c.MyReactions) == 1) != reacted:
			t.Errorf("%s has the reactions %+v, %v: %s", key, c.Reactions, c.MyReactions, a.Body)
		}
	}
}

// hangUp reads pages and leaves at any moment, until the function is called.
func hangUp(s *harness.Server, token, room string) (end func()) {
	ctx, cancel := context.WithCancel(s.T.Context())
	var reader sync.WaitGroup
	body := s.Body(`query($room: ID!) { rooms(scope: JOINED) { nodes { unreadCount mentionCount } } chats(room: $room) { nodes {`+chatFields+`} } mentions { nodes { id } } }`, map[string]any{"room": room})
	client := &http.Client{Transport: &http.Transport{}} // its connections end with its calls, and others keep theirs
	reader.Go(func() {
		for ctx.Err() == nil {
			short, cancel := context.WithTimeout(ctx, time.Duration(rand.IntN(20_000))*time.Microsecond)
			r, err := http.NewRequestWithContext(short, http.MethodPost, "http://"+s.Addr+"/graphql", strings.NewReader(body))
			if err != nil {
				s.T.Error(err)
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+token)
			if resp, err := client.Do(r); err == nil {
				_ = resp.Body.Close()
			}
			cancel()
		}
	})
	return func() { cancel(); reader.Wait(); client.CloseIdleConnections() }
}
