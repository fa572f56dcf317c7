package members

import (
	"slices"
	"testing"

	"parley/e2e/harness"
)

// Below the role that a room asks of senders nobody sends, at once, whoever was allowed before, and nobody joins by trying. All
// read on, and edit what they have sent.
func TestRoomsForReaders(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	by := people(s, "ann", "bob", "cid", "dan")
	s.Must(nil, by["ann"], `mutation { createRoom(name: "news", members: ["bob", "cid"]) { id } setRole(room: "news", user: "bob", role: ADMIN) { id } }`)
	const send = `sendChat(room: "news", text: "x") { id }`
	sends := func(allowed ...bool) {
		t.Helper()
		for i, who := range []string{"ann", "bob", "cid", "dan"} {
			if allowed[i] {
				s.Must(nil, by[who], `mutation { `+send+` }`)
			} else {
				wantReason(s, by[who], send, "FORBIDDEN", "READ_ONLY")
			}
			var data struct {
				Room struct{ AllowedActions []string }
			}
			s.Must(&data, by[who], `{ room(id: "news") { allowedActions } }`)
			if slices.Contains(data.Room.AllowedActions, "SEND_CHAT") != allowed[i] {
				t.Errorf("%s may %v", who, data.Room.AllowedActions)
			}
		}
	}
	var own struct{ SendChat struct{ ID string } }
	s.Must(&own, by["cid"], `mutation { `+send+` }`)
	s.Must(nil, by["bob"], `mutation { `+send+` }`)
	s.Must(nil, by["ann"], `mutation { updateRoom(room: "news", sendRole: ADMIN) { id } }`)
	sends(true, true, false, false)
	s.Must(nil, by["ann"], `mutation { updateRoom(room: "news", sendRole: OWNER) { id } }`)
	sends(true, false, false, false)
	wantRoom(s, by["dan"], `{ at: room(id: "news") { memberCount me { role } } }`, `{"memberCount":3,"me":null}`)
	wantRoom(s, by["cid"], `mutation { at: editChat(chat: "`+own.SendChat.ID+`", text: "y") { text } }`, `{"text":"y"}`)
	s.Must(nil, by["ann"], `mutation { updateRoom(room: "news", sendRole: MEMBER) { id } }`)
	sends(true, true, true, true)
	wantRoom(s, by["dan"], `{ at: room(id: "news") { memberCount me { role } } }`, `{"memberCount":4,"me":{"role":"MEMBER"}}`)
}
