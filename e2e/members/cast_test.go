package members

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/e2e/harness"
)

// standings are what people are in a room, in the order of the columns of tables. A server admin is in none, and the bot is a
// member as any other.
var standings = []string{"stranger", "banned", "left", "removed", "member", "admin", "owner", "serveradmin", "bot"}

// kinds are the rooms in which they are that.
var kinds = []string{"public", "private", "direct", "deleted"}

// A cast is people and rooms in which each is what they are called. Direct rooms are of member, bot, admin and owner alone.
type cast struct {
	*harness.Server
	tokens map[string]string // by standing; and of a plain member of all rooms, called target
	ids    map[string]string // of people
	rooms  map[string]*place // by kind
	made   int
}

// A place is a room with what calls can name there.
type place struct {
	id, name             string
	begin                string // the cursor before its first chat
	chat, member, invite string // ids: of the owner's chat, of the owner's membership
	code                 string
}

func newCast(t *testing.T) *cast {
	t.Helper()
	c := &cast{Server: harness.New(t, harness.NoLimits()...), tokens: map[string]string{}, ids: map[string]string{}, rooms: map[string]*place{}}
	for _, who := range append([]string{"target", "newcomer"}, standings...) {
		if who == "bot" {
			c.tokens[who] = c.Bot(who)
		} else {
			c.tokens[who], _ = c.Register(who)
		}
		var data struct{ Me struct{ ID string } }
		c.Must(&data, c.tokens[who], `{ me { id } }`)
		c.ids[who] = data.Me.ID
		c.Must(nil, c.tokens[who], `mutation($n: String!) { createRoom(name: $n, kind: PRIVATE) { id } }`, map[string]any{"n": "mine"})
	}
	c.promote(t, "serveradmin")
	for _, kind := range kinds {
		c.make(kind)
	}
	return c
}

// promote makes somebody a server admin, by the shell while the server runs.
func (c *cast) promote(t *testing.T, who string) {
	t.Helper()
	args := append([]string{"admin", "add", who, "--data", c.Dir}, harness.DatabaseFlags(t, c.Dir)...)
	if status, _, stderr := harness.Command(args...); status != harness.ExitOK {
		t.Fatal(stderr)
	}
	harness.Eventually(t, who+" is a server admin", func() bool {
		var data struct{ Me struct{ ServerRole string } }
		c.Must(&data, c.tokens[who], `{ me { serverRole } }`)
		return data.Me.ServerRole == "ADMIN"
	})
}

// make makes a room anew.
func (c *cast) make(kind string) {
	c.T.Helper()
	switch kind {
	case "direct":
		c.open()
	case "deleted":
		c.rooms[kind] = c.create("PUBLIC")
		c.Must(nil, c.tokens["owner"], `mutation($r: ID!) { deleteRoom(room: $r) }`, map[string]any{"r": c.rooms[kind].id})
	default:
		c.rooms[kind] = c.create(map[string]string{"public": "PUBLIC", "private": "PRIVATE"}[kind])
	}
}

const roomFields = ` { id name syncCursor me { id } } `

type roomData struct {
	ID, Name, SyncCursor string
	Me                   struct{ ID string }
}

func (c *cast) open() {
	c.T.Helper()
	var data struct{ OpenDirectRoom roomData }
	c.Must(&data, c.tokens["owner"], `mutation { openDirectRoom(users: ["admin", "member", "bot", "target"])`+roomFields+`}`)
	c.rooms["direct"] = c.furnish(data.OpenDirectRoom)
}

// create makes a room that is no direct one, and everybody what they are there.
func (c *cast) create(kind string) *place {
	c.T.Helper()
	c.made++
	var data struct{ CreateRoom roomData }
	c.Must(&data, c.tokens["owner"], `mutation($n: String!, $k: RoomKind) { createRoom(name: $n, kind: $k, members: ["left", "removed", "banned", "member", "bot", "admin", "target"])`+
		roomFields+`}`, map[string]any{"n": fmt.Sprintf("room %d", c.made), "k": kind})
	p := c.furnish(data.CreateRoom)
	c.Must(nil, c.tokens["left"], `mutation($r: ID!) { leaveRoom(room: $r) }`, map[string]any{"r": p.id})
	var invited struct{ CreateInvite struct{ ID, Code string } }
	c.Must(&invited, c.tokens["owner"], `mutation($r: ID!) {
		removeMember(room: $r, user: "removed")
		banMember(room: $r, user: "banned") { createdAt }
		setRole(room: $r, user: "admin", role: ADMIN) { role }
		createInvite(room: $r, uses: 0) { id code }
	}`, map[string]any{"r": p.id})
	p.invite, p.code = invited.CreateInvite.ID, invited.CreateInvite.Code
	return p
}

func (c *cast) furnish(made roomData) *place {
	c.T.Helper()
	p := &place{id: made.ID, name: made.Name, begin: made.SyncCursor, member: made.Me.ID, chat: uuid.NewString(), invite: uuid.NewString(), code: noCode}
	c.Must(nil, c.tokens["owner"], `mutation($r: ID!, $c: ID!) { sendChat(room: $r, id: $c, text: "x") { id } }`, map[string]any{"r": p.id, "c": p.chat})
	return p
}

// noCode is well formed and nobody's.
const noCode = "00000000000000000000000000"

// nothing is a place that does not exist. What it begins with is a cursor of the room that is asked about.
func nothing(begin string) *place {
	return &place{
		id: uuid.NewString(), name: "no such room", begin: begin, chat: uuid.NewString(), member: uuid.NewString(),
		invite: uuid.NewString(), code: noCode,
	}
}

// variables are those that a call declares; own is the id of a room of whoever makes it.
func (p *place) variables(call, own string) map[string]any {
	variables := map[string]any{
		"room": p.id, "name": p.name, "chat": p.chat, "member": p.member, "invite": p.invite, "code": p.code, "begin": p.begin,
		"own": own,
	}
	for name := range variables {
		if !strings.Contains(call, "$"+name+":") {
			delete(variables, name)
		}
	}
	return variables
}
