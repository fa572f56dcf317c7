package members

import (
	"slices"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// disable disables somebody, or lets them in again.
func (c *cast) disable(who string, on bool) {
	c.T.Helper()
	var data struct{ DisableUser struct{ IsDisabled bool } }
	c.Must(&data, c.tokens["serveradmin"], `mutation($u: ID!, $on: Boolean) { disableUser(user: $u, on: $on) { isDisabled } }`, map[string]any{"u": who, "on": on})
	if data.DisableUser.IsDisabled != on {
		c.T.Fatalf("%s is disabled: %v", who, data.DisableUser.IsDisabled)
	}
}

// Whoever is disabled is let into nothing, not even what they are a member of: every call is answered by why their session has ended,
// whatever it names and whether that is there. They have no column in the matrix because its letters are what standings in rooms allow,
// and no room is looked at for them.
func TestDisabledAreLetInNowhere(t *testing.T) {
	c := newCast(t)
	k := c.Dial(c.tokens["member"])
	k.Expect("connection_ack")
	k.Subscribe("1", `subscription { events { kind } }`, nil)
	k.Expect("next") // it is current
	own := c.own("member")
	c.disable("member", true)
	k.WantClose(4401)
	for _, r := range rows {
		if strings.HasPrefix(r.call, "subscription") { // for which no socket is opened
			continue
		}
		none := c.refused(t, r, nothing(c.rooms["public"].begin), own)
		for _, kind := range kinds {
			if got := c.refused(t, r, c.rooms[kind], own); got != none {
				t.Errorf("%s: a %s room and none are told apart:\n%s\n%s", r.covers, kind, got, none)
			}
		}
	}
}

// refused is all that somebody disabled is told who makes a call, without what is of the request alone.
func (c *cast) refused(t *testing.T, r row, in *place, own string) string {
	t.Helper()
	a := c.AskThrough(c.tokens["member"], r.call, in.variables(r.call, own))
	if a.Code() != "SESSION_REVOKED" || harness.WordOf(a, "reason") != "DISABLED" {
		t.Errorf("%s of %s: %s", r.covers, in.name, a.Body)
	}
	return ownRequest.ReplaceAllString(a.Body, "")
}

// peopleIn are the members of a room as somebody sees them, owners first: with a star who is disabled.
func (c *cast) peopleIn(in *place, as string) (people []string) {
	c.T.Helper()
	var data struct {
		Room struct {
			Members struct {
				Nodes []struct {
					Role string
					User struct {
						Username   string
						IsDisabled bool
					}
				}
			}
		}
	}
	c.Must(&data, c.tokens[as], `query($room: ID!) { room(id: $room) { members { nodes { role user { username isDisabled } } } } }`, map[string]any{"room": in.id})
	for _, m := range data.Room.Members.Nodes {
		people = append(people, m.Role+" "+m.User.Username+map[bool]string{true: "*"}[m.User.IsDisabled])
	}
	return people
}

// What somebody is in rooms, and has said there, stays while they are disabled, and is theirs as before when they are let in again.
func TestDisabledStayWhatTheyAre(t *testing.T) {
	c := newCast(t)
	in := c.rooms["private"]
	before := c.peopleIn(in, "target")
	if want := []string{"OWNER owner", "ADMIN admin", "MEMBER bot", "MEMBER member", "MEMBER target"}; !slices.Equal(before, want) {
		t.Fatalf("there are %v", before)
	}
	for _, who := range []string{"owner", "member"} {
		c.disable(who, true)
	}
	if got, want := c.peopleIn(in, "target"), []string{"OWNER owner*", "ADMIN admin", "MEMBER bot", "MEMBER member*", "MEMBER target"}; !slices.Equal(got, want) {
		t.Errorf("with disabled ones there are %v", got)
	}
	var data struct {
		Chat struct{ User struct{ Username string } }
	}
	c.Must(&data, c.tokens["target"], `query($chat: ID!) { chat(id: $chat) { user { username } } }`, map[string]any{"chat": in.chat})
	if data.Chat.User.Username != "owner" {
		t.Errorf("their chat is of %q", data.Chat.User.Username)
	}
	for _, who := range []string{"owner", "member"} {
		c.disable(who, false)
		c.tokens[who] = c.SignIn(who, "correct horse battery").AccessToken
	}
	if got := c.peopleIn(in, "member"); !slices.Equal(got, before) {
		t.Errorf("then there are %v", got)
	}
	c.Must(nil, c.tokens["owner"], `mutation($room: ID!) { updateRoom(room: $room, topic: "back") { topic } }`, map[string]any{"room": in.id})
}
