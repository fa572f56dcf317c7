package members

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
	"parley/e2e/harness/talks"
)

// A private room as its people live it. What is not in these lines would be refused or seen by somebody.
var story = `
ann> mutation { createRoom(name: "Plans", topic: "x", kind: PRIVATE, members: ["bob"]) { id kind sendRole memberCount me { role user { username } } allowedActions } }
ann< {"createRoom":{"id":"$room","kind":"PRIVATE","sendRole":"MEMBER","memberCount":2,"me":{"role":"OWNER","user":{"username":"ann"}},"allowedActions":["SEND_CHAT","DELETE_ANY_CHAT","UPDATE_ROOM","MANAGE_MEMBERS","SET_ROLES","DELETE_ROOM"]}}
eve> { room(id: "$room") { id } }
eve! NOT_FOUND
eve> { rooms { nodes { id } } }
eve< {"rooms":{"nodes":[]}}
bob> { rooms(scope: JOINED) { nodes { name me { role } allowedActions } } }
bob< {"rooms":{"nodes":[{"name":"Plans","me":{"role":"MEMBER"},"allowedActions":["LEAVE","SEND_CHAT"]}]}}
bob~ subscription { events(rooms: ["$room"]) { kind username user { username } actor { username } member { role room { name } } room { memberCount name topic } } }
bob< {"events":{"kind":"CAUGHT_UP","username":null,"user":null,"actor":null,"member":null,"room":null}}

ann> mutation { addMember(room: "$room", user: "CID") { id role user { username } room { memberCount } } }
ann< {"addMember":{"id":"$cids","role":"MEMBER","user":{"username":"cid"},"room":{"memberCount":3}}}
bob< {"events":{"kind":"MEMBER_JOINED","username":"cid","user":{"username":"cid"},"actor":{"username":"ann"},"member":{"role":"MEMBER","room":{"name":"Plans"}},"room":{"memberCount":3,"name":"Plans","topic":"x"}}}
ann> mutation { addMember(room: "$room", user: "cid", role: OWNER) { id role } }
ann< {"addMember":{"id":"$cids","role":"MEMBER"}}
ann> mutation { setRole(room: "$room", user: "cid", role: ADMIN) { role } }
ann< {"setRole":{"role":"ADMIN"}}
bob< {"events":{"kind":"MEMBER_CHANGED","username":"cid","user":{"username":"cid"},"actor":{"username":"ann"},"member":{"role":"ADMIN","room":{"name":"Plans"}},"room":{"memberCount":3,"name":"Plans","topic":"x"}}}
cid> mutation { updateRoom(room: "$room", topic: null) { name topic } }
cid< {"updateRoom":{"name":"Plans","topic":null}}
bob< {"events":{"kind":"ROOM_UPDATED","username":null,"user":null,"actor":{"username":"cid"},"member":null,"room":{"memberCount":3,"name":"Plans","topic":null}}}
bob> { node(id: "$cids") { ... on Member { role user { username } room { id } } } }
bob< {"node":{"role":"ADMIN","user":{"username":"cid"},"room":{"id":"$room"}}}
bob> { room(id: "$room") { members { nodes { role user { username } } pageInfo { hasNextPage } } invites { id } bans { nodes { reason } } } }
bob< {"room":{"members":{"nodes":[{"role":"OWNER","user":{"username":"ann"}},{"role":"ADMIN","user":{"username":"cid"}},{"role":"MEMBER","user":{"username":"bob"}}],"pageInfo":{"hasNextPage":false}},"invites":null,"bans":null}}

cid> mutation { createInvite(room: "$room") { id code uses usesLeft createdBy { username } room { name } } }
cid< {"createInvite":{"id":"$invite","code":"$code","uses":1,"usesLeft":1,"createdBy":{"username":"cid"},"room":{"name":"Plans"}}}
eve> mutation { acceptInvite(code: "$code") { role room { id name } } }
eve< {"acceptInvite":{"role":"MEMBER","room":{"id":"$room","name":"Plans"}}}
bob< {"events":{"kind":"MEMBER_JOINED","username":"eve","user":{"username":"eve"},"actor":{"username":"cid"},"member":{"role":"MEMBER","room":{"name":"Plans"}},"room":{"memberCount":4,"name":"Plans","topic":null}}}
fay> mutation { acceptInvite(code: "$code") { role } }
fay! NOT_FOUND
ann> { room(id: "$room") { invites { id } } node(id: "$invite") { id } }
ann! NOT_FOUND
ann> { room(id: "$room") { invites { id } } }
ann< {"room":{"invites":[]}}

ann> mutation { removeMember(room: "$room", user: "bob") }
ann< {"removeMember":"$bobs"}
bob< {"events":{"kind":"MEMBER_REMOVED","username":"bob","user":{"username":"bob"},"actor":{"username":"ann"},"member":null,"room":{"memberCount":0,"name":"Plans","topic":null}}}
bob= FORBIDDEN
bob> { room(id: "$room") { id } }
bob! NOT_FOUND

cid> mutation { openDirectRoom(users: ["ann", "CID", "Ann"]) { id name kind memberCount me { role } allowedActions members { nodes { role } } } }
cid< {"openDirectRoom":{"id":"$direct","name":"ann, cid","kind":"DIRECT","memberCount":2,"me":{"role":"MEMBER"},"allowedActions":["SEND_CHAT"],"members":{"nodes":[{"role":"MEMBER"},{"role":"MEMBER"}]}}}
ann> mutation { openDirectRoom(users: ["cid"]) { id } }
ann< {"openDirectRoom":{"id":"$direct"}}
ann> mutation { hideRoom(room: "$direct") }
ann< {"hideRoom":"$direct"}
ann> { rooms { nodes { name } } }
ann< {"rooms":{"nodes":[{"name":"Plans"}]}}
cid> mutation { sendChat(room: "$direct", text: "x") { number room { kind me { role } } } }
cid< {"sendChat":{"number":1,"room":{"kind":"DIRECT","me":{"role":"MEMBER"}}}}
ann> { rooms { nodes { name } } }
ann< {"rooms":{"nodes":[{"name":"ann, cid"},{"name":"Plans"}]}}
`

func TestStory(t *testing.T) {
	k := &talks.Talk{T: t, Server: harness.New(t, harness.NoLimits()...), Known: map[string]string{}, Streams: map[string]*harness.Socket{}}
	for _, who := range []string{"ann", "bob", "cid", "eve", "fay"} {
		k.Known[who], _ = k.Server.Register(who)
	}
	for _, line := range strings.Split(story, "\n") {
		if who, code, is := strings.Cut(line, "= "); is && len(who) == 3 {
			if m := k.Streams[who].Expect("error"); !strings.Contains(string(m.Payload), `"`+code+`"`) {
				t.Errorf("the stream of %s ended with %s, want %s", who, m.Payload, code)
			}
		} else if line != "" {
			k.Play(line[:min(40, len(line))], line)
		}
	}
}

// A ban says until when, and ends by itself.
func TestBanSaysUntilWhen(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k := s.Dial(bob)
	k.Expect("connection_ack")
	k.Subscribe("1", `subscription { events(rooms: ["general"]) { kind } }`, nil)
	k.Expect("next")

	until := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	said := until.Format("2006-01-02T15:04:05.000Z")
	s.Must(nil, ann, `mutation($u: DateTime) { banMember(room: "general", user: "bob", reason: "noise", until: $u) { until } }`, map[string]any{"u": until})
	k.Expect("next") // the removal
	if m := k.Expect("error"); !strings.Contains(string(m.Payload), `"FORBIDDEN"`) {
		t.Errorf("the stream ended with %s", m.Payload)
	}
	for _, call := range []string{`{ room(id: "general") { id } }`, `mutation { joinRoom(room: "general") { id } }`, `mutation { sendChat(room: "general", text: "x") { id } }`} {
		if a := s.AskThrough(bob, call); a.Code() != "FORBIDDEN" || a.Extension("reason") != "BANNED" || a.Extension("until") != said {
			t.Errorf("%s: %s, want BANNED until %s", call, a.Body, said)
		}
	}
	var data struct {
		Room struct{ Bans json.RawMessage }
	}
	s.Must(&data, ann, `{ room(id: "general") { bans { nodes { reason until user { username } by { username } } } } }`)
	if want := `{"nodes":[{"reason":"noise","until":"` + said + `","user":{"username":"bob"},"by":{"username":"ann"}}]}`; string(data.Room.Bans) != want {
		t.Errorf("bans: %s, want %s", data.Room.Bans, want)
	}
	s.Must(nil, ann, `mutation { unbanMember(room: "general", user: "bob") }`)
	s.Must(nil, bob, `mutation { joinRoom(room: "general") { id } }`)
}

// Whoever gets a room because its last owner's account is gone does by nobody.
func TestHandoverIsByNobody(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general", members: ["bob"]) { id } }`)
	k := s.Live(bob, `subscription($rooms: [ID!]) { events(rooms: $rooms) { kind username actor { username } member { role } } }`, "general")
	s.Must(nil, ann, `mutation { deleteAccount(password: "correct horse battery") }`)
	for _, want := range []string{
		`{"data":{"events":{"kind":"MEMBER_CHANGED","username":"bob","actor":null,"member":{"role":"OWNER"}}}}`,
		`{"data":{"events":{"kind":"MEMBER_LEFT","username":"ann","actor":null,"member":null}}}`,
	} {
		if got := string(k.Expect("next").Payload); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
