package people

import (
	"strings"
	"testing"

	"parley/e2e/harness"
)

// What depends on who asks is refused in streams, with what to use instead.
func TestStreamsRefuseCountsOfOne(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k := s.Dial(ann)
	k.Expect("connection_ack")
	for field, instead := range map[string]string{
		"room { unreadCount }": "Chat.number and Chat.username, and the query rooms after CAUGHT_UP", "room { mentionCount }": "the query rooms after CAUGHT_UP",
		"chat { room { unreadCount } }": "the query rooms after CAUGHT_UP", "chat { myReactions }": "actor and emoji of CHAT_REACTED and CHAT_UNREACTED",
		"chat { replies { nodes { id } } }": "replyTo of the chats that the stream brings", "chat { replyTo { myReactions } }": "actor and emoji",
		"member { room { mentionCount } }": "the query rooms after CAUGHT_UP",
	} {
		k.Subscribe("1", `subscription { events { `+field+` } }`, nil)
		if m := string(k.Expect("error").Payload); !strings.Contains(m, "GRAPHQL_VALIDATION_FAILED") || !strings.Contains(m, instead) {
			t.Errorf("%s: %s, want %s", field, m, instead)
		}
	}
	k.Subscribe("1", `subscription { events { kind room { lastNumber } member { lastRead notify } } }`, nil)
	k.Expect("next")
}

// Where one has blocked the other both are kept from what a block is for, with its reason; what else they do goes on.
func TestBlockingBothWays(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	tokens := map[string]string{}
	for _, who := range []string{"ann", "bob", "eve"} {
		tokens[who], _ = s.Register(who)
	}
	var made struct{ Direct struct{ ID string } }
	s.Must(&made, tokens["ann"], `mutation { direct: openDirectRoom(users: ["bob"]) { id } general: createRoom(name: "general", members: ["bob", "eve"]) { id } }`)
	chats := map[string]string{}
	for _, who := range []string{"ann", "bob"} {
		chats[who] = send(s, tokens[who], made.Direct.ID, "x")
		var own struct{ CreateRoom struct{ ID string } }
		s.Must(&own, tokens[who], `mutation { createRoom(name: "own", kind: PRIVATE) { id } }`)
		chats[who+" own"] = own.CreateRoom.ID
	}
	try := func(who, call string) harness.Answer {
		t.Helper()
		other := map[string]string{"ann": "bob", "bob": "ann"}[who]
		call = strings.NewReplacer("$room", harness.Quoted(made.Direct.ID), "$own", harness.Quoted(chats[who+" own"]), "$chat", harness.Quoted(chats[who]), "$other", harness.Quoted(other)).Replace(call)
		return s.AskThrough(tokens[who], "mutation { "+call+" }")
	}
	inDirect := []string{`sendChat(room: $room, text: "y") { id }`, `editChat(chat: $chat, text: "y") { id }`, `react(chat: $chat, emoji: "y") { id }`, `setTyping(room: $room) { id }`}
	adds := []string{`addMember(room: $own, user: $other) { id }`, `createRoom(name: "two", kind: PRIVATE, members: ["eve", $other]) { id }`}
	s.Must(nil, tokens["ann"], `mutation { blockUser(user: "BOB") { username } again: blockUser(user: "bob") { username } }`)
	for _, who := range []string{"ann", "bob"} {
		for _, call := range inDirect {
			wantRefused(t, who+" "+call, try(who, call), "FORBIDDEN", "BLOCKED")
		}
		if a := try(who, `openDirectRoom(users: [$other]) { id allowedActions }`); !strings.Contains(a.Body, made.Direct.ID) || strings.Contains(a.Body, "SEND_CHAT") {
			t.Errorf("the room that is there: %s", a.Body)
		}
		wantRefused(t, who+" opens", try(who, `openDirectRoom(users: [$other, "eve"]) { id }`), "FORBIDDEN", "BLOCKED")
	}
	for _, call := range adds {
		wantRefused(t, call, try("bob", call), "FORBIDDEN", "BLOCKED")
		if a := try("ann", call); len(a.Errors) > 0 {
			t.Errorf("ann %s: %s", call, a.Body)
		}
	}
	for who, want := range map[string]string{"bob": "", "eve": "ann"} {
		if got := look(s, tokens["eve"], send(s, tokens[who], "general", "@ann")).mentions(); got != want {
			t.Errorf("%s mentions %q, want %q", who, got, want)
		}
	}
	for who, want := range map[string]string{"ann": `[{"username":"bob"}]`, "bob": `[]`} {
		if a := s.AskThrough(tokens[who], `{ blockedUsers { username } }`); a.Body != `{"data":{"blockedUsers":`+want+`}}` {
			t.Errorf("%s has blocked %s", who, a.Body)
		}
	}
	wantRefused(t, "oneself", s.AskThrough(tokens["ann"], `mutation { blockUser(user: "ann") { id } }`), "BAD_USER_INPUT", "OUT_OF_RANGE")
	wantRefused(t, "nobody", s.AskThrough(tokens["ann"], `mutation { blockUser(user: "nobody") { id } }`), "NOT_FOUND", "")
	s.Must(nil, tokens["ann"], `mutation { blockUser(user: "bob", on: false) { username } }`)
	for _, who := range []string{"ann", "bob"} {
		for _, call := range append(inDirect, adds...) {
			if a := try(who, call); len(a.Errors) > 0 {
				t.Errorf("unblocked, %s %s: %s", who, call, a.Body)
			}
		}
	}
}
