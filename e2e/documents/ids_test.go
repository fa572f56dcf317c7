package documents

import (
	"strings"
	"testing"

	"parley/e2e/harness"
)

// An id is the same in every form of a UUID and in letters of any case, and is answered in one.
func TestIDsAreAnsweredInLowerCase(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	var made struct{ CreateRoom struct{ ID string } }
	s.Must(&made, ann, `mutation { createRoom(name: "general") { id } }`)
	const id = "01890a5d-ac96-774b-bcce-b302099a8057"
	send := `mutation($id: ID!) { sendChat(room: "general", text: "x", id: $id) { id number } }`
	for _, form := range []string{strings.ToUpper(id), id, "01890A5D-ac96-774b-BCCE-b302099a8057"} {
		if a := s.Ask(ann, send, map[string]any{"id": form}); a.Body != `{"data":{"sendChat":{"id":"`+id+`","number":1}}}` {
			t.Errorf("sendChat with %s: %s", form, a.Body)
		}
	}
	forms := func(id string) []string {
		return []string{id, strings.ToUpper(id), "{" + id + "}", "urn:uuid:" + id, "URN:UUID:" + strings.ToUpper(id), strings.ReplaceAll(id, "-", "")}
	}
	for _, form := range forms(id) {
		for _, call := range []string{
			`query($id: ID!) { found: chat(id: $id) { id } }`, `query($id: ID!) { found: node(id: $id) { id } }`,
			`query($id: ID!) { found: nodes(ids: [$id]) { id } }`, `mutation($id: ID!) { found: editChat(chat: $id, text: "y") { id } }`,
		} {
			if a := s.Ask(ann, call, map[string]any{"id": form}); !strings.Contains(a.Body, `"id":"`+id+`"`) {
				t.Errorf("%s of %s: %s", call, form, a.Body)
			}
		}
	}
	for _, form := range forms(made.CreateRoom.ID) {
		for _, call := range []string{
			`query($id: ID!) { found: room(id: $id) { id } }`, `query($id: ID!) { chats(room: $id) { nodes { room { id } } } }`,
			`query($id: ID!) { found: node(id: $id) { id } }`,
		} {
			if a := s.Ask(ann, call, map[string]any{"id": form}); !strings.Contains(a.Body, `"id":"`+made.CreateRoom.ID+`"`) {
				t.Errorf("%s of %s: %s", call, form, a.Body)
			}
		}
	}
	for _, none := range []string{"x" + id + "y", "(" + id + ")", id + "0", " " + id, id[1:], "uri:uuid:" + id} {
		harness.WantNothingUnder(t, s, ann, none)
	}
}
