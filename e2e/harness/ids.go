package harness

import (
	"strings"
	"testing"
)

// NilID is the UUID that names nothing.
const NilID = "00000000-0000-0000-0000-000000000000"

// WantNothingUnder wants that an id is nobody's and nothing's, wherever one can be given.
func WantNothingUnder(t *testing.T, s *Server, token, id string) {
	t.Helper()
	for _, call := range []string{
		`query($id: ID!) { node(id: $id) { id } }`, `query($id: ID!) { chat(id: $id) { id } }`, `query($id: ID!) { room(id: $id) { id } }`,
		`query($id: ID!) { user(id: $id) { id } }`, `query($id: ID!) { chats(room: $id) { nodes { id } } }`,
		`mutation($id: ID!) { editChat(chat: $id, text: "y") { id } }`, `mutation($id: ID!) { deleteChat(chat: $id) { id } }`,
		`mutation($id: ID!) { deleteRoom(room: $id) }`, `mutation($id: ID!) { endSession(session: $id) }`,
		`mutation($id: ID!) { sendChat(room: $id, text: "x") { id } }`, `mutation($id: ID!) { updateRoom(room: $id, topic: "x") { id } }`,
		`mutation($id: ID!) { hideRoom(room: $id) }`, `mutation($id: ID!) { joinRoom(room: $id) { id } }`,
		`mutation($id: ID!) { addMember(room: $id, user: $id) { id } }`, `mutation($id: ID!) { removeMember(room: $id, user: $id) }`,
		`mutation($id: ID!) { setRole(room: $id, user: $id, role: ADMIN) { id } }`, `mutation($id: ID!) { banMember(room: $id, user: $id) { reason } }`,
		`mutation($id: ID!) { unbanMember(room: $id, user: $id) }`, `mutation($id: ID!) { createInvite(room: $id) { id } }`,
		`mutation($id: ID!) { deleteInvite(invite: $id) }`, `mutation($id: ID!) { openDirectRoom(users: [$id]) { id } }`,
	} {
		if a := s.Ask(token, call, map[string]any{"id": id}); a.Code() != "NOT_FOUND" {
			t.Errorf("%s with %q: %s", call, id, a.Body)
		}
	}
	a := s.Ask(token, `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, map[string]any{"ids": []string{id, id}})
	if a.Body != `{"data":{"nodes":[null,null]}}` {
		t.Errorf("nodes with %q: %s", id, a.Body)
	}
	k := s.Dial(token)
	k.Expect("connection_ack")
	for _, stream := range []string{`subscription($id: ID!) { chatSent(room: $id) { id } }`, `subscription($id: ID!) { events(rooms: [$id]) { at } }`} {
		k.Subscribe("1", stream, map[string]any{"id": id})
		if m := k.Expect("error"); !strings.Contains(string(m.Payload), `"NOT_FOUND"`) {
			t.Errorf("%s with %q: %s", stream, id, m.Payload)
		}
	}
}
