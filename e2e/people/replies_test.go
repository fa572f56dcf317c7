package people

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"parley/e2e/harness"
)

// wantAnswered wants an event of a chat that answers another one, which has so many answers.
func wantAnswered(k *harness.Socket, kind string, number, answers int) {
	k.T.Helper()
	if to := wantKind(k, kind).chat(k.T).ReplyTo; to == nil || to.Number != number || to.ReplyCount != answers {
		k.T.Errorf("%s: answers %+v, want chat %d with %d answers", kind, to, number, answers)
	}
}

// Answers come and go with what they answer in their events; a chat that is deleted keeps its answers and loses what was put on it;
// and whoever resumes from before all that is given each chat as it is now, within the window and behind it.
func TestRepliesAndReactionsOverDeletion(t *testing.T) {
	for name, between := range map[string]int{"in the window": 0, "behind the window": 400} {
		t.Run(name, func(t *testing.T) {
			s := harness.New(t, harness.NoLimits()...)
			ann, _ := s.Register("ann")
			bob, _ := s.Register("bob")
			s.Must(nil, ann, `mutation { createRoom(name: "general", members: ["bob"]) { id } }`)
			begin := s.End(ann)["after"].(string)
			k := live(s, bob, "general")
			asked := send(s, ann, "general", "what? @bob")
			if c := wantKind(k, "CHAT_SENT").chat(t); c.mentions() != "bob" {
				t.Errorf("mentions %q", c.mentions())
			}
			for i := range between {
				send(s, ann, "general", fmt.Sprint("chat ", i))
				wantKind(k, "CHAT_SENT")
			}
			first := send(s, bob, "general", "this", asked)
			wantAnswered(k, "CHAT_SENT", 1, 1)
			second := send(s, bob, "general", "that", asked)
			wantAnswered(k, "CHAT_SENT", 1, 2)
			nested := send(s, ann, "general", "no", first)
			wantAnswered(k, "CHAT_SENT", between+2, 1)
			s.Must(nil, bob, reactDocument, map[string]any{"chat": asked, "emoji": "❤️", "on": true})
			if e := wantKind(k, "CHAT_REACTED"); e.Emoji != "❤" || e.Actor.Username != "bob" || e.chat(t).Reactions[0].Users[0].Username != "bob" {
				t.Errorf("got %+v", e)
			}
			s.Must(nil, bob, deleteDocument, map[string]any{"chat": first})
			wantAnswered(k, "CHAT_DELETED", 1, 1)
			s.Must(nil, ann, deleteDocument, map[string]any{"chat": asked})
			if c := wantKind(k, "CHAT_DELETED").chat(t); c.Text != nil || c.DeletedAt == nil || len(c.Reactions) != 0 || c.mentions() != "" || c.ReplyCount != 1 {
				t.Errorf("deleted: %+v", c)
			}
			wantRefused(t, "a reaction", react(s, bob, asked, "x", true), "FORBIDDEN", "")
			third := send(s, bob, "general", "still", asked)
			wantAnswered(k, "CHAT_SENT", 1, 2)
			if c := look(s, bob, third); c.ReplyTo == nil || c.ReplyTo.ID != asked || c.ReplyTo.Text != nil || c.ReplyTo.DeletedAt == nil || len(c.ReplyTo.Reactions) != 0 {
				t.Errorf("answers %+v", c.ReplyTo)
			}
			a := s.AskThrough(bob, `query($id: ID!) { chat(id: $id) { replies { nodes { id } } } }`, map[string]any{"id": asked})
			if want := fmt.Sprintf(`{"data":{"chat":{"replies":{"nodes":[{"id":%q},{"id":%q},{"id":%q}]}}}}`, first, second, third); a.Body != want {
				t.Errorf("got %s, want %s", a.Body, want)
			}
			wantFinal(s, bob, begin, 8+between, asked, first, nested)
			s.Must(nil, ann, `mutation { deleteRoom(room: "general") }`)
			wantGone(s, bob, begin, asked, third)
		})
	}
}

// wantFinal resumes from a cursor, and wants so many events that show each chat as a query does.
func wantFinal(s *harness.Server, token, begin string, events int, changed ...string) {
	s.T.Helper()
	k := s.Dial(token)
	k.Expect("connection_ack")
	k.Subscribe("1", eventsDocument, map[string]any{"rooms": []string{"general"}, "after": []string{begin}})
	now, seen := map[string]string{}, map[string]int{}
	for range events {
		e := event(k)
		id := e.chat(s.T).ID
		if now[id] == "" {
			now[id] = string(rawChat(s, token, id))
		}
		if seen[id]++; string(e.Chat) != now[id] {
			s.T.Errorf("%s: given %s, and is %s", e.Kind, e.Chat, now[id])
		}
	}
	wantKind(k, "CAUGHT_UP")
	for _, id := range changed {
		if seen[id] == 0 {
			s.T.Errorf("%s was not given", id)
		}
	}
}

// wantGone wants nothing to be left of chats of a deleted room, and its end alone for whoever resumes.
func wantGone(s *harness.Server, token, begin string, chats ...string) {
	s.T.Helper()
	for _, id := range chats {
		for _, call := range []string{`mutation($id: ID!) { react(chat: $id, emoji: "x") { id } }`, `query($id: ID!) { chat(id: $id) { replyTo { id } } }`, `mutation($id: ID!) { markRead(chat: $id) { id } }`} {
			if a := s.AskThrough(token, call, map[string]any{"id": id}); a.Code() != "NOT_FOUND" {
				s.T.Errorf("%s: %s", call, a.Body)
			}
		}
	}
	if a := s.AskThrough(token, `{ mentions { nodes { id } } rooms(scope: JOINED) { nodes { id } } }`); a.Body != `{"data":{"mentions":{"nodes":[]},"rooms":{"nodes":[]}}}` {
		s.T.Errorf("got %s", a.Body)
	}
	k := s.Dial(token)
	k.Expect("connection_ack")
	k.Subscribe("1", eventsDocument, map[string]any{"after": []string{begin}})
	wantKind(k, "ROOM_DELETED")
	wantKind(k, "CAUGHT_UP")
}

// What one may not see, what is in another room and what is not there are one to who answers it, and nothing is stored.
func TestRepliesElsewhere(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	var made struct{ Secret struct{ ID string } }
	s.Must(&made, ann, `mutation { createRoom(name: "general", members: ["bob"]) { id } other: createRoom(name: "other", members: ["bob"]) { id } secret: createRoom(name: "secret", kind: PRIVATE) { id } }`)
	here, there, secret := send(s, ann, "general", "here"), send(s, ann, "other", "there"), send(s, ann, made.Secret.ID, "secret")
	answer := `mutation($to: ID, $id: ID) { sendChat(room: "general", text: "x", replyTo: $to, id: $id) { number replyTo { id } } }`
	messages := map[string]bool{}
	for _, to := range []string{there, secret, uuid.NewString(), harness.NilID, made.Secret.ID, "general", ""} {
		a := s.AskThrough(bob, answer, map[string]any{"to": to})
		wantRefused(t, to, a, "NOT_FOUND", "")
		if len(a.Errors) == 1 {
			messages[a.Errors[0].Message] = true
		}
	}
	if len(messages) != 1 {
		t.Errorf("they are told apart: %v", messages)
	}
	id := uuid.NewString()
	for _, to := range []any{here, here, nil, there} { // what is sent again is what was stored
		a := s.AskThrough(bob, answer, map[string]any{"to": to, "id": id})
		if a.Body != `{"data":{"sendChat":{"number":2,"replyTo":{"id":"`+here+`"}}}}` && to != there {
			t.Errorf("to %v: %s", to, a.Body)
		}
	}
	if a := s.AskThrough(bob, `{ room(id: "general") { lastNumber } }`); a.Body != `{"data":{"room":{"lastNumber":2}}}` {
		t.Errorf("got %s", a.Body)
	}
}
