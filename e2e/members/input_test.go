package members

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/e2e/harness"
)

// What is not acceptable is refused with what is wrong, and changes nothing.
func TestBadInput(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Register("cid")
	var data struct{ CreateRoom struct{ ID string } }
	s.Must(&data, ann, `mutation { createRoom(name: "general", members: ["bob"]) { id } }`)
	room := data.CreateRoom.ID
	s.Must(nil, ann, `mutation { createRoom(name: "news", sendRole: ADMIN, members: ["bob"]) { id } }`)
	many := `["` + strings.Repeat(`no.such.person", "`, 100) + `x"]`
	before := stateOf(s, ann)
	for _, c := range []struct{ who, call, code, field, reason string }{
		{ann, `createRoom(name: "talk", kind: DIRECT) { id }`, "BAD_USER_INPUT", "kind", "OUT_OF_RANGE"},
		{ann, `createRoom(name: "a", kind: PRIVATE) { id }`, "BAD_USER_INPUT", "name", "TOO_SHORT"},
		{ann, `createRoom(name: "a\u0000b") { id }`, "BAD_USER_INPUT", "name", "BAD_CHARACTER"},
		{ann, `createRoom(name: "a\ud800b", kind: PRIVATE) { id }`, "GRAPHQL_PARSE_FAILED", "", ""},
		{ann, `banMember(room: "general", user: "bob", reason: "\ud800") { reason }`, "GRAPHQL_PARSE_FAILED", "", ""},
		{ann, `createRoom(name: "talk", id: "` + harness.NilID + `") { id }`, "BAD_USER_INPUT", "id", "ID_INVALID"},
		{ann, `createRoom(name: "talk", id: "(` + uuid.NewString() + `)") { id }`, "BAD_USER_INPUT", "id", "ID_INVALID"},
		{ann, `createRoom(name: "talk", members: ` + many + `) { id }`, "BAD_USER_INPUT", "members", "OUT_OF_RANGE"},
		{ann, `createRoom(name: "talk", members: ["bob", "nobody"]) { id }`, "NOT_FOUND", "", ""},
		{ann, `createRoom(name: "GENERAL", id: "` + uuid.NewString() + `") { id }`, "ROOM_NAME_TAKEN", "", ""},
		{bob, `createRoom(name: "talk", id: "` + room + `") { id }`, "ID_TAKEN", "", ""},
		{bob, `sendChat(room: "news", text: "x") { id }`, "FORBIDDEN", "", "READ_ONLY"},
		{ann, `updateRoom(room: "general", name: "") { id }`, "BAD_USER_INPUT", "name", "TOO_SHORT"},
		{ann, `updateRoom(room: "general", topic: "` + strings.Repeat("é", 251) + `") { id }`, "BAD_USER_INPUT", "topic", "TOO_LONG"},
		{ann, `openDirectRoom(users: []) { id }`, "BAD_USER_INPUT", "users", "OUT_OF_RANGE"},
		{ann, `openDirectRoom(users: ["ann", "ANN"]) { id }`, "BAD_USER_INPUT", "users", "OUT_OF_RANGE"},
		{ann, `openDirectRoom(users: ` + many + `) { id }`, "BAD_USER_INPUT", "users", "OUT_OF_RANGE"},
		{ann, `openDirectRoom(users: ["bob", "nobody"]) { id }`, "NOT_FOUND", "", ""},
		{ann, `hideRoom(room: "general")`, "FORBIDDEN", "", ""},
		{ann, `leaveRoom(room: "general")`, "FORBIDDEN", "", "LAST_OWNER"},
		{ann, `setRole(room: "general", user: "ann", role: MEMBER) { id }`, "FORBIDDEN", "", "LAST_OWNER"},
		{ann, `removeMember(room: "general", user: "ann")`, "FORBIDDEN", "", "LAST_OWNER"},
		{ann, `banMember(room: "general", user: "ann") { reason }`, "FORBIDDEN", "", "LAST_OWNER"},
		{ann, `setRole(room: "general", user: "cid", role: ADMIN) { id }`, "NOT_FOUND", "", ""},
		{ann, `banMember(room: "general", user: "bob", until: "2001-01-01T00:00:00Z") { reason }`, "BAD_USER_INPUT", "until", "OUT_OF_RANGE"},
		{ann, `banMember(room: "general", user: "bob", until: "tomorrow") { reason }`, "BAD_USER_INPUT", "until", "VARIABLE_INVALID"},
		{ann, `banMember(room: "general", user: "bob", reason: "` + strings.Repeat("x", 251) + `") { reason }`, "BAD_USER_INPUT", "reason", "TOO_LONG"},
		{ann, `banMember(room: "general", user: "bob", reason: "a\u0000b") { reason }`, "BAD_USER_INPUT", "reason", "BAD_CHARACTER"},
		{ann, `createInvite(room: "general", uses: -1) { id }`, "BAD_USER_INPUT", "uses", "OUT_OF_RANGE"},
		{ann, `createInvite(room: "general", uses: 1001) { id }`, "BAD_USER_INPUT", "uses", "OUT_OF_RANGE"},
		{ann, `createInvite(room: "general", until: "2001-01-01T00:00:00Z") { id }`, "BAD_USER_INPUT", "until", "OUT_OF_RANGE"},
		{ann, `createInvite(room: "general", id: "1") { id }`, "BAD_USER_INPUT", "id", "ID_INVALID"},
		{ann, `deleteInvite(invite: "1")`, "NOT_FOUND", "", ""},
		{bob, `markRead(chat: "` + harness.NilID + `") { id }`, "NOT_FOUND", "", ""},
		{bob, `markRead(chat: "` + room + `") { id }`, "NOT_FOUND", "", ""},
		{bob, `markRead(chat: "general") { id }`, "NOT_FOUND", "", ""},
		{bob, `setNotify(room: "general", level: null) { id }`, "GRAPHQL_VALIDATION_FAILED", "", ""},
		{bob, `setNotify(room: "general", level: LOUD) { id }`, "GRAPHQL_VALIDATION_FAILED", "", ""},
		{bob, `setNotify(room: "` + harness.NilID + `", level: ALL) { id }`, "NOT_FOUND", "", ""},
		{bob, `acceptInvite(code: "` + strings.Repeat("é", 5000) + `") { id }`, "NOT_FOUND", "", ""},
	} {
		a := s.AskThrough(c.who, "mutation { "+c.call+" }")
		if a.Code() != c.code || harness.WordOf(a, "field") != c.field || harness.WordOf(a, "reason") != c.reason {
			t.Errorf("%.80s: %.300s, want %s %s %s", c.call, a.Body, c.code, c.field, c.reason)
		}
	}
	for _, of := range []string{"members", "bans"} {
		for _, wrong := range []struct{ arguments, field, reason string }{
			{"first: 201", "first", "OUT_OF_RANGE"}, {"first: -1", "first", "OUT_OF_RANGE"}, {`after: "x"`, "after", "CURSOR_INVALID"},
		} {
			a := s.AskThrough(ann, `{ room(id: "general") { `+of+`(`+wrong.arguments+`) { nodes { user { id } } } } }`)
			if a.Code() != "BAD_USER_INPUT" || harness.WordOf(a, "field") != wrong.field || harness.WordOf(a, "reason") != wrong.reason {
				t.Errorf("%s(%s): %s", of, wrong.arguments, a.Body)
			}
		}
	}
	if after := stateOf(s, ann); after != before {
		t.Errorf("refused calls have changed\n%s to\n%s", before, after)
	}
}

// stateOf is all that somebody sees of rooms.
func stateOf(s *harness.Server, token string) string {
	s.T.Helper()
	a := s.AskThrough(token, `{ rooms(first: 9) { nodes { id name topic sendRole memberCount syncCursor invites { id } bans(first: 9) { nodes { reason } } members(first: 9) { nodes { id role } } } } }`)
	if len(a.Errors) > 0 {
		s.T.Fatal(a.Body)
	}
	return a.Body
}

// Names and ids of rooms and people are taken in any spelling, and what is sent again changes nothing.
func TestSpellingsAndRepeats(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("Bob")
	var me struct{ Me struct{ ID string } }
	s.Must(&me, bob, `{ me { id } }`)
	id := "01890A5D-AC96-774B-BCCE-B302099A8057"
	create := `mutation { createRoom(name: "General", id: "` + id + `", kind: null, sendRole: null, members: null, topic: null) { id } }`
	invite := `mutation { createInvite(room: "general", id: "` + strings.ReplaceAll(id, "8057", "8058") + `", uses: null, until: null) { id code usesLeft } }`
	for i, call := range []string{create, create} {
		if a := s.AskThrough(ann, call); a.Body != `{"data":{"createRoom":{"id":"`+strings.ToLower(id)+`"}}}` {
			t.Errorf("call %d: %s", i, a.Body)
		}
	}
	if first, again := s.AskThrough(ann, invite), s.Ask(ann, invite); first.Body != again.Body || len(first.Errors) > 0 {
		t.Errorf("an invite: %s, and again: %s", first.Body, again.Body)
	}
	var added []string
	for _, user := range []string{"bob", "BOB", "Ｂob", me.Me.ID, strings.ToUpper(me.Me.ID)} {
		for _, room := range []string{"GENERAL", "Ｇeneral", id, strings.ToLower(id)} {
			a := s.AskThrough(ann, `mutation($r: ID!, $u: ID!) { addMember(room: $r, user: $u, role: null) { id } }`, map[string]any{"r": room, "u": user})
			if added = append(added, a.Body); len(a.Errors) > 0 || a.Body != added[0] {
				t.Errorf("%s in %s: %s", user, room, a.Body)
			}
		}
	}
	for _, c := range []struct{ call, want string }{
		{`mutation { leaveRoom(room: "GENERAL") }`, `{"data":{"leaveRoom":"GENERAL"}}`},
		{`mutation { leaveRoom(room: "GENERAL") }`, `{"data":{"leaveRoom":"GENERAL"}}`},
		{`mutation { leaveRoom(room: "no such room") }`, `{"data":{"leaveRoom":"no such room"}}`},
	} {
		if a := s.AskThrough(bob, c.call); a.Body != c.want {
			t.Errorf("%s: %s", c.call, a.Body)
		}
	}
	for range 2 {
		if a := s.AskThrough(ann, `mutation { removeMember(room: "general", user: "BOB") unbanMember(room: "general", user: "BOB") }`); !strings.Contains(a.Body, `"unbanMember":"`+me.Me.ID) {
			t.Error(a.Body)
		}
	}
	given := map[string]string{`topic: "x"`: `"x"`, ``: `"x"`, `name: "General"`: `"x"`, `topic: null`: `null`, `topic: "x", name: null`: `"x"`, `topic: ""`: `null`}
	for _, arguments := range []string{`topic: "x"`, ``, `name: "General"`, `topic: null`, `topic: "x", name: null`, `topic: ""`} {
		if a := s.AskThrough(ann, `mutation { updateRoom(room: "general", `+arguments+`) { topic } }`); a.Body != `{"data":{"updateRoom":{"topic":`+given[arguments]+`}}}` {
			t.Errorf("%s: %s", arguments, a.Body)
		}
	}
	byVariable := `mutation($t: String) { updateRoom(room: "general", topic: $t) { topic } }`
	for _, c := range []struct {
		variables any
		want      string
	}{{map[string]any{"t": "y"}, `"y"`}, {map[string]any{}, `"y"`}, {map[string]any{"t": nil}, `null`}} {
		if a := s.AskThrough(ann, byVariable, c.variables); a.Body != `{"data":{"updateRoom":{"topic":`+c.want+`}}}` {
			t.Errorf("topic by %v: %s", c.variables, a.Body)
		}
	}
}
