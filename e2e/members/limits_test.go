package members

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/e2e/harness"
)

// people registers some, and returns their tokens by name.
func people(s *harness.Server, names ...string) map[string]string {
	s.T.Helper()
	tokens := map[string]string{}
	for _, name := range names {
		tokens[name], _ = s.Register(name)
	}
	return tokens
}

// wantReason makes a mutation that is refused.
func wantReason(s *harness.Server, token, call, code, reason string) {
	s.T.Helper()
	a := s.AskThrough(token, `mutation { `+call+` }`)
	if a.Code() != code || harness.WordOf(a, "reason") != reason {
		s.T.Errorf("%.100s: %.300s, want %s %s", call, a.Body, code, reason)
	}
}

// invitation makes an invite to a room, for any number.
func invitation(s *harness.Server, token, room string) (code string) {
	s.T.Helper()
	var data struct{ CreateInvite struct{ Code string } }
	s.Must(&data, token, `mutation($r: ID!) { createInvite(room: $r, uses: 0) { code } }`, map[string]any{"r": room})
	return data.CreateInvite.Code
}

// Nobody comes into a full room, in any way, and a room is not made fuller than that. Whoever sends to one does so without
// joining it.
func TestFullRooms(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--room-max-members", "2")...)
	by := people(s, "ann", "bob", "cid")
	s.Must(nil, by["ann"], `mutation { createRoom(name: "general", members: ["bob"]) { id } }`)
	code := invitation(s, by["ann"], "general")
	for who, call := range map[string]string{
		"cid": `joinRoom(room: "general") { id }`, "ann": `addMember(room: "general", user: "cid") { id }`, "bob": `createRoom(name: "talk", members: ["ann", "cid"]) { id }`,
	} {
		wantReason(s, by[who], call, "LIMIT_REACHED", "MEMBERS")
	}
	wantReason(s, by["cid"], `acceptInvite(code: "`+code+`") { id }`, "LIMIT_REACHED", "MEMBERS")
	wantRoom(s, by["cid"], `mutation { at: sendChat(room: "general", text: "x") { room { me { role } memberCount } } }`, `{"room":{"me":null,"memberCount":2}}`)
	s.Must(nil, by["bob"], `mutation { leaveRoom(room: "general") }`)
	wantRoom(s, by["cid"], `mutation { at: acceptInvite(code: "`+code+`") { room { me { role } memberCount } } }`, `{"room":{"me":{"role":"MEMBER"},"memberCount":2}}`)
}

// Nobody is in more rooms than they may be, in whatever way they would come into one; whoever sends does so without joining. Bots may
// be in twice as many.
func TestFullLists(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--user-max-rooms", "2")...)
	by := people(s, "ann", "bob")
	s.Must(nil, by["ann"], `mutation { a: createRoom(name: "general") { id } b: createRoom(name: "talk") { id } }`)
	s.Must(nil, by["bob"], `mutation { a: createRoom(name: "mine") { id } b: createRoom(name: "also mine") { id } }`)
	wantFullList(s, by)
	s.Must(nil, by["ann"], `mutation { deleteRoom(room: "general") }`)
	s.Must(nil, by["ann"], `mutation { createRoom(name: "general") { id } }`)
	by["bob"] = s.Bot("robot")
	s.Must(nil, by["bob"], `mutation { a: createRoom(name: "mine") { id } b: createRoom(name: "robot's") { id } }`)
	s.Must(nil, by["bob"], `mutation { c: createRoom(name: "third") { id } d: createRoom(name: "fourth") { id } }`)
	wantFullList(s, by)
}

// wantFullList wants bob, who has the room mine, to be in as many rooms as they may be, and ann in general and one more.
func wantFullList(s *harness.Server, by map[string]string) {
	s.T.Helper()
	code := invitation(s, by["ann"], "general")
	for _, call := range []string{
		`createRoom(name: "one more") { id }`, `createRoom(name: "one more", kind: PRIVATE) { id }`, `joinRoom(room: "general") { id }`,
		`acceptInvite(code: "` + code + `") { id }`, `openDirectRoom(users: ["ann"]) { id }`,
	} {
		wantReason(s, by["bob"], call, "LIMIT_REACHED", "ROOMS")
	}
	var bob struct{ Me struct{ ID string } }
	s.Must(&bob, by["bob"], `{ me { id } }`)
	wantReason(s, by["ann"], `addMember(room: "general", user: "`+bob.Me.ID+`") { id }`, "LIMIT_REACHED", "ROOMS")
	wantReason(s, by["ann"], `createRoom(name: "with them", members: ["`+bob.Me.ID+`"]) { id }`, "LIMIT_REACHED", "ROOMS")
	wantRoom(s, by["bob"], `mutation { at: sendChat(room: "general", text: "x") { room { me { role } } } }`, `{"room":{"me":null}}`)
	s.Must(nil, by["bob"], `mutation { deleteRoom(room: "mine") }`)
	wantRoom(s, by["bob"], `mutation { at: sendChat(room: "general", text: "x") { room { me { role } } } }`, `{"room":{"me":{"role":"MEMBER"}}}`)
}

func wantRoom(s *harness.Server, token, document, want string) {
	s.T.Helper()
	var data struct{ At json.RawMessage }
	if s.Must(&data, token, document); string(data.At) != want {
		s.T.Errorf("%s: %s, want %s", document, data.At, want)
	}
}

// A room has at most 100 invites that let somebody in; one that is deleted makes room for another. A direct room has at most
// ten people.
func TestFixedNumbers(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	var names []string
	for i := range 11 {
		names = append(names, fmt.Sprint("person", i))
	}
	by := people(s, names...)
	ann := by["person0"]
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	id := uuid.NewString()
	s.Must(nil, ann, `mutation { createInvite(room: "general", id: "`+id+`", uses: 1000) { id } }`)
	for range 99 {
		s.Must(nil, ann, `mutation { createInvite(room: "general") { id } }`)
	}
	wantReason(s, ann, `createInvite(room: "general") { id }`, "LIMIT_REACHED", "INVITES")
	s.Must(nil, ann, `mutation { deleteInvite(invite: "`+id+`") }`)
	s.Must(nil, ann, `mutation { createInvite(room: "general") { id } }`)

	open := func(users ...string) string {
		return `openDirectRoom(users: ["` + strings.Join(users, `", "`) + `"]) { memberCount }`
	}
	wantReason(s, ann, open(names[1:]...), "BAD_USER_INPUT", "OUT_OF_RANGE")
	wantRoom(s, ann, `mutation { at: `+open(names[:10]...)+` }`, `{"memberCount":10}`)
	wantRoom(s, ann, `mutation { at: `+open(names[1])+` }`, `{"memberCount":2}`)
}

// Each change takes a token of whoever makes it, before anything is said of the room or the person, and rooms that are made or
// opened another one.
func TestRatesOfChanges(t *testing.T) {
	s := harness.New(t, "--register-rate", "0", "--mutation-rate", "1/1h", "--room-create-rate", "1/1h")
	by := people(s, "ann", "bob", "cid")
	s.Must(nil, by["ann"], `mutation { openDirectRoom(users: ["bob"]) { id } }`)
	s.Must(nil, by["ann"], `mutation { openDirectRoom(users: ["bob"]) { id } }`) // which is there
	wantReason(s, by["ann"], `openDirectRoom(users: ["cid"]) { id }`, "RATE_LIMITED", "")
	s.Must(nil, by["bob"], `mutation { createRoom(name: "general") { id } }`)
	wantReason(s, by["bob"], `createRoom(name: "talk") { id }`, "RATE_LIMITED", "")
	s.Must(nil, by["bob"], `mutation { joinRoom(room: "general") { id } }`)
	for _, call := range []string{
		`createRoom(name: "talk") { id }`, `updateRoom(room: "R", topic: "x") { id }`, `deleteRoom(room: "R")`, `openDirectRoom(users: ["U"]) { id }`,
		`hideRoom(room: "R")`, `joinRoom(room: "R") { id }`, `leaveRoom(room: "R")`, `addMember(room: "R", user: "U") { id }`,
		`removeMember(room: "R", user: "U")`, `setRole(room: "R", user: "U", role: ADMIN) { id }`, `banMember(room: "R", user: "U") { reason }`,
		`unbanMember(room: "R", user: "U")`, `createInvite(room: "R") { id }`, `deleteInvite(invite: "` + uuid.NewString() + `")`,
		`acceptInvite(code: "` + noCode + `") { id }`,
	} {
		for _, room := range []string{"general", "nowhere"} {
			for _, user := range []string{"cid", "nobody"} {
				wantReason(s, by["bob"], strings.NewReplacer(`"R"`, `"`+room+`"`, `"U"`, `"`+user+`"`).Replace(call), "RATE_LIMITED", "")
			}
		}
	}
}

// A stream of all rooms counts once for its person, however many rooms that are.
func TestStreamOfAllRoomsCountsOnce(t *testing.T) {
	s := harness.New(t, "--register-rate", "0", "--user-room-streams", "2")
	by := people(s, "ann")
	for i := range 3 {
		s.Must(nil, by["ann"], fmt.Sprintf(`mutation { createRoom(name: "room %d") { id } }`, i))
	}
	const mine = `subscription { events { kind } }`
	k := s.Dial(by["ann"])
	k.Expect("connection_ack")
	for _, id := range []string{"1", "2"} {
		k.Subscribe(id, mine, nil)
		k.Expect("next")
	}
	k.Subscribe("3", mine, nil)
	if m := k.Expect("error"); !strings.Contains(string(m.Payload), `"STREAMS"`) {
		t.Errorf("a third stream of all rooms: %s", m.Payload)
	}
	k.Subscribe("4", `subscription { events(rooms: ["room 0"]) { kind } }`, nil)
	k.Expect("next")
}
