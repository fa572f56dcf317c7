package members

import (
	"testing"

	"github.com/google/uuid"

	"parley/e2e/harness"
)

// staff is a server with a member, a server admin and a bot.
func staff(t *testing.T, flags ...string) *cast {
	t.Helper()
	c := &cast{Server: harness.New(t, append(harness.NoLimits(), flags...)...), tokens: map[string]string{}}
	for _, who := range []string{"member", "other", "serveradmin"} {
		c.tokens[who], _ = c.Register(who)
	}
	c.promote(t, "serveradmin")
	var data struct{ CreateBot struct{ Token string } }
	c.Must(&data, c.tokens["serveradmin"], `mutation { createBot(username: "robot") { token } }`)
	c.tokens["robot"] = data.CreateBot.Token
	return c
}

// is says what comes of a call: the reason of its error, or nothing.
func (c *cast) is(who, call string, variables map[string]any) string {
	c.T.Helper()
	a := c.AskThrough(c.tokens[who], call, variables)
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Code() + " " + harness.WordOf(a, "reason")
}

const (
	listDocument   = `query($t: String!) { users(startingWith: $t) { nodes { username } } }`
	findDocument   = `{ user(id: "OTHER") { id username } }`
	openDocument   = `mutation($u: [ID!]!) { openDirectRoom(users: $u) { id kind } }`
	createDocument = `mutation($n: String!, $id: ID, $k: RoomKind) { createRoom(name: $n, id: $id, kind: $k, members: ["other"]) { id } }`
)

// What is taken out of PARLEY_MEMBERS_MAY is for bots and server admins. All know what is left, also before they have signed in.
func TestWhatMembersMay(t *testing.T) {
	const forbidden = "FORBIDDEN NOT_FOR_MEMBERS"
	for _, s := range []struct{ may, shown, list, open, create string }{
		{"", `["LIST_PEOPLE","OPEN_DIRECT","CREATE_ROOMS"]`, "", "", ""},
		{"create-rooms,list-people", `["LIST_PEOPLE","CREATE_ROOMS"]`, "", forbidden, ""},
		{"open-direct", `["OPEN_DIRECT"]`, forbidden, "", forbidden},
		{"none", `[]`, forbidden, forbidden, forbidden},
	} {
		t.Run(s.may, func(t *testing.T) {
			c := staff(t, "--members-may", s.may)
			if a := c.AskThrough("", `{ server { membersMay } }`, nil); string(a.Data) != `{"server":{"membersMay":`+s.shown+`}}` {
				t.Errorf("it is said that members may %s", a.Data)
			}
			for _, who := range []string{"member", "serveradmin", "robot"} {
				list, open, create := s.list, s.open, s.create
				if who != "member" {
					list, open, create = "", "", ""
				}
				for _, call := range []struct {
					document  string
					variables map[string]any
					want      string
				}{
					{listDocument, map[string]any{"t": ""}, list},
					{listDocument, map[string]any{"t": "oth"}, list},
					{findDocument, nil, ""},
					{openDocument, map[string]any{"u": []string{"other"}}, open},
					{createDocument, map[string]any{"n": "public of " + who}, create},
					{createDocument, map[string]any{"n": "private of " + who, "k": "PRIVATE", "id": uuid.NewString()}, create},
				} {
					if got := c.is(who, call.document, call.variables); got != call.want {
						t.Errorf("%s by %s: %q, want %q", call.document, who, got, call.want)
					}
				}
			}
		})
	}
}

// An app's backend opens rooms for people who may open none: they find and use them as any other.
func TestRoomsThatOthersHaveMade(t *testing.T) {
	c := staff(t, "--members-may", "none")
	people := map[string]any{"u": []string{"member", "other"}}
	var opened struct{ OpenDirectRoom struct{ ID string } }
	c.Must(&opened, c.tokens["robot"], openDocument, people)
	room := opened.OpenDirectRoom.ID
	c.Must(nil, c.tokens["member"], `mutation($r: ID!) { sendChat(room: $r, text: "hi") { id } hideRoom(room: $r) }`, map[string]any{"r": room})
	c.Must(&opened, c.tokens["member"], openDocument, map[string]any{"u": []string{"robot", "other"}})
	if opened.OpenDirectRoom.ID != room {
		t.Errorf("opened %s, want the room that is there, %s", opened.OpenDirectRoom.ID, room)
	}
	if got := c.is("member", openDocument, map[string]any{"u": []string{"robot"}}); got != "FORBIDDEN NOT_FOR_MEMBERS" {
		t.Errorf("another room: %q", got)
	}
	var shown struct {
		Rooms struct{ Nodes []struct{ ID string } }
	}
	c.Must(&shown, c.tokens["member"], `{ rooms(scope: JOINED) { nodes { id } } }`)
	if len(shown.Rooms.Nodes) != 1 || shown.Rooms.Nodes[0].ID != room {
		t.Errorf("their rooms are %+v", shown.Rooms.Nodes)
	}
}

// Whoever is a server admin no more is a member.
func TestServerAdminNoMoreMakesNoRooms(t *testing.T) {
	c := staff(t, "--members-may", "none")
	again := map[string]any{"n": "sent again", "id": uuid.NewString()}
	c.Must(nil, c.tokens["serveradmin"], createDocument, again)
	args := append([]string{"admin", "remove", "serveradmin", "--data", c.Dir}, harness.DatabaseFlags(t, c.Dir)...)
	if status, _, stderr := harness.Command(args...); status != harness.ExitOK {
		t.Fatal(stderr)
	}
	for _, call := range []struct {
		document  string
		variables map[string]any
		want      string
	}{
		{createDocument, again, ""},
		{createDocument, map[string]any{"n": "another"}, "FORBIDDEN NOT_FOR_MEMBERS"},
		{openDocument, map[string]any{"u": []string{"other"}}, "FORBIDDEN NOT_FOR_MEMBERS"},
		{listDocument, map[string]any{"t": ""}, "FORBIDDEN NOT_FOR_MEMBERS"},
	} {
		if got := c.is("serveradmin", call.document, call.variables); got != call.want {
			t.Errorf("%s: %q, want %q", call.document, got, call.want)
		}
	}
}
