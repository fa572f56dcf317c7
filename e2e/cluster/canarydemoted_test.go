package cluster

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"parley/e2e/harness"
)

// A demoted is one round: a server admin looks after a public room in which they are not, over all nodes at once, while the shell takes that
// away. No call that they begin behind that comes to anything, and what they read goes on.
type demoted struct {
	*testing.T
	*site
	n             int // the round
	nodes         []*harness.Server
	name          string
	owner, theirs string // tokens
	room          string
	chat          string
	canary        string // what their calls say that begin behind the end
	given         records
}

func newDemoted(t *testing.T, x *site) *demoted {
	n := int(x.begun.Add(1))
	k := &demoted{T: t, site: x, n: n, nodes: x.nodes(t), name: fmt.Sprint("admin.", n), canary: fmt.Sprintf("canary%dx", n)}
	home := k.nodes[n%len(k.nodes)]
	k.owner, _ = home.Register(fmt.Sprint("keeper.", n))
	home.Register(fmt.Sprint("other.", n))
	home.Register(k.name)
	x.shell(t, "admin", "add", k.name)
	k.theirs = home.SignIn(k.name, "correct horse battery").AccessToken
	var made struct {
		CreateRoom struct{ ID, SyncCursor string }
		UpdateRoom struct{ ID string }
	}
	home.Must(&made, k.owner, `mutation($name: String!) { createRoom(name: $name) { id syncCursor } }`, map[string]any{"name": fmt.Sprint("public ", n)})
	k.room = made.CreateRoom.ID
	var sent struct{ SendChat struct{ ID string } }
	home.Must(&sent, k.owner, `mutation($room: ID!) { sendChat(room: $room, text: "stays") { id } updateRoom(room: $room, sendRole: ADMIN) { id } }`, map[string]any{"room": k.room})
	k.chat = sent.SendChat.ID
	variables := map[string]any{"room": k.room, "at": made.CreateRoom.SyncCursor, "rooms": []string{k.room}}
	for _, s := range k.nodes {
		k.given = append(k.given, recordSocket(s, k.name, k.theirs, variables)...)
	}
	return k
}

// theirCalls are what server admins alone may do there, the first two again and again.
var theirCalls = []string{
	`updateRoom(room: $room, topic: $text) { id }`,
	`sendChat(room: $room, text: $text) { id }`, // for which a node remembers whom it has let send
	`deleteChat(chat: $chat) { id }`,
	`banMember(room: $room, user: $other) { createdAt }`,
	`setRole(room: $room, user: $owner, role: MEMBER) { id }`,
	`removeMember(room: $room, user: $owner)`,
	`createInvite(room: $room) { id }`,
	`deleteRoom(room: $room)`,
	`createInvite { id }`,
	`disableUser(user: $other) { id }`,
	`createBot(username: $bot) { token }`,
}

func (k *demoted) run() {
	k.given.await(k.T, "CAUGHT_UP", twoRooms)
	var over atomic.Bool
	var all sync.WaitGroup
	busy := make(chan struct{}, len(k.nodes))
	for _, s := range k.nodes {
		all.Go(func() { k.manage(s, &over, busy) })
	}
	for range k.nodes {
		<-busy
	}
	k.shell(k.T, "admin", "remove", k.name)
	over.Store(true)
	all.Wait()
	k.judge()
}

// busyRounds are how often each node does all of it before the end.
const busyRounds = 2

// manage calls at a node until all was refused that began behind the end.
func (k *demoted) manage(s *harness.Server, over *atomic.Bool, busy chan<- struct{}) {
	for i := 0; ; i++ {
		ended, calls := over.Load(), theirCalls[:2]
		if ended {
			calls = theirCalls
		}
		for _, call := range calls {
			text := "while they may"
			if ended {
				text = k.canary
			}
			if a := k.call(s, k.theirs, call, text); ended && a.Code() != "FORBIDDEN" || i < busyRounds && len(a.Errors) > 0 {
				k.Errorf("%s at %s, ended %v: %s", call, s.Addr, ended, a.Body)
			}
		}
		if i+1 == busyRounds {
			busy <- struct{}{}
		}
		if ended || k.Failed() {
			return
		}
	}
}

func (k *demoted) call(s *harness.Server, token, call, text string) harness.Answer {
	all := map[string]any{
		"room": k.room, "text": text, "chat": k.chat, "other": fmt.Sprint("other.", k.n), "owner": fmt.Sprint("keeper.", k.n), "bot": fmt.Sprint("bot.of.admin.", k.n),
	}
	var declared []string
	variables := map[string]any{}
	for name, value := range all {
		if strings.Contains(call, "$"+name) {
			declared = append(declared, "$"+name+": "+map[bool]string{true: "String!", false: "ID!"}[name == "text" || name == "bot"])
			variables[name] = value
		}
	}
	head := "mutation"
	if len(declared) > 0 {
		head += "(" + strings.Join(declared, ", ") + ")"
	}
	return s.AskThrough(token, head+" { "+call+" }", variables)
}

// judge wants the room as it was, nothing of the calls behind the end in what anybody is given, and the streams to go on.
func (k *demoted) judge() {
	for i, s := range k.nodes {
		s.Must(nil, k.owner, `mutation($room: ID!, $text: String!) { sendChat(room: $room, text: $text) { id } }`, map[string]any{"room": k.room, "text": fmt.Sprint("behind all ", i)})
	}
	for i := range k.nodes {
		k.given.await(k.T, fmt.Sprint("behind all ", i), roomsChats, twoRooms)
	}
	for _, r := range k.given {
		if _, gone := r.all(); gone || r.has(k.canary) {
			k.Errorf("%s: closed %v, given what they said behind the end %v", r.name, gone, r.has(k.canary))
		}
	}
	const document = `query($room: ID!, $chat: ID!, $other: ID!) { room(id: $room) { topic me { role } invites { id } } chat(id: $chat) { text } user(id: $other) { isDisabled } }`
	want := `{"room":{"topic":"while they may","me":{"role":"OWNER"},"invites":[]},"chat":{"text":"stays"},"user":{"isDisabled":false}}`
	if a := k.nodes[0].AskThrough(k.owner, document, map[string]any{"room": k.room, "chat": k.chat, "other": fmt.Sprint("other.", k.n)}); string(a.Data) != want {
		k.Errorf("the room is %s, want %s", a.Body, want)
	}
}
