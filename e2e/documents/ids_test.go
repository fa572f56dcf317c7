package documents

import (
	"strings"
	"testing"

	"parley/e2e/harness"
)

// formsOf are all in which an id may be written.
func formsOf(id string) []string {
	return []string{id, strings.ToUpper(id), "{" + id + "}", "urn:uuid:" + id, "URN:UUID:" + strings.ToUpper(id), strings.ReplaceAll(id, "-", "")}
}

// An id is the same in every form of a UUID and in letters of any case, and is answered in one. Wherever one is taken, all are:
// what something was to be called by once took fewer than what it answers.
func TestIDsAreAnsweredInLowerCase(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	s.Register("bob")
	var made struct {
		CreateRoom struct{ ID string }
		Bob        struct{ ID string }
	}
	s.Must(&made, ann, `mutation { createRoom(name: "general") { id } bob: blockUser(user: "bob") { id } }`)
	const chat, private, invite = "01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058", "01890a5d-ac96-774b-bcce-b302099a8059"
	for _, c := range []struct{ id, call string }{
		{chat, `mutation($id: ID!) { sendChat(room: "general", text: "x", id: $id) { id } }`},
		{chat, `mutation($id: ID!) { sendChat(room: "general", text: "y", replyTo: $id) { replyTo { id } } }`},
		{chat, `mutation($id: ID!) { editChat(chat: $id, text: "y") { id } }`},
		{chat, `mutation($id: ID!) { react(chat: $id, emoji: "y") { id } }`},
		{chat, `mutation($id: ID!) { markRead(chat: $id) { lastRead } chat: react(chat: $id, emoji: "y") { id } }`},
		{chat, `query($id: ID!) { chat(id: $id) { id } }`},
		{chat, `query($id: ID!) { node(id: $id) { id } }`},
		{chat, `query($id: ID!) { nodes(ids: [$id]) { id } }`},
		{made.CreateRoom.ID, `query($id: ID!) { room(id: $id) { id } }`},
		{made.CreateRoom.ID, `query($id: ID!) { chats(room: $id) { nodes { room { id } } } }`},
		{made.CreateRoom.ID, `query($id: ID!) { node(id: $id) { id } }`},
		{made.CreateRoom.ID, `mutation($id: ID!) { setTyping(room: $id) { id } }`},
		{private, `mutation($id: ID!) { createRoom(name: "secret", kind: PRIVATE, id: $id) { id } }`},
		{invite, `mutation($id: ID!) { createInvite(room: "general", id: $id) { id } }`},
		{made.Bob.ID, `mutation($id: ID!) { blockUser(user: $id) { id } }`},
	} {
		for _, form := range formsOf(c.id) {
			if a := s.Ask(ann, c.call, map[string]any{"id": form}); !strings.Contains(a.Body, `"id":"`+c.id+`"`) || len(a.Errors) > 0 {
				t.Errorf("%s of %s: %s", c.call, form, a.Body)
			}
		}
	}
	for _, none := range []string{"x" + chat + "y", "(" + chat + ")", chat + "0", " " + chat, chat[1:], "uri:uuid:" + chat} {
		harness.WantNothingUnder(t, s, ann, none)
	}
}
