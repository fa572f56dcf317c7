package cluster

import (
	"slices"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// A signalling is two people, each with streams at all nodes, in a room of theirs and in a direct one.
type signalling struct {
	t               *testing.T
	nodes           []*harness.Server
	database        []string // flags of commands
	ann, bob        string   // their tokens
	general, direct string
	anns, bobs      records
}

func newSignalling(t *testing.T, bus string) *signalling {
	l := newLoopback(t)
	var b *natsServer
	if bus == "NATS" {
		b = startNATS(t, l)
	}
	c := newCluster(t, l, b)
	x := &signalling{t: t, database: []string{"--data", t.TempDir(), "--database-url", l.databaseURL()}}
	for n := range c.nodes {
		x.nodes = append(x.nodes, &harness.Server{T: t, Addr: c.at[n]})
	}
	x.ann, _ = x.nodes[0].Register("ann")
	x.bob, _ = x.nodes[0].Register("bob")
	var made struct{ CreateRoom, OpenDirectRoom struct{ ID string } }
	x.nodes[0].Must(&made, x.ann, `mutation { createRoom(name: "general", kind: PRIVATE, members: ["bob"]) { id } openDirectRoom(users: ["bob"]) { id } }`)
	x.general, x.direct = made.CreateRoom.ID, made.OpenDirectRoom.ID
	var begin struct{ Chats struct{ SyncCursor string } }
	x.nodes[0].Must(&begin, x.ann, `query($room: ID!) { chats(room: $room) { syncCursor } }`, map[string]any{"room": x.general})
	variables := map[string]any{"room": x.general, "rooms": []string{x.general, x.direct}, "at": begin.Chats.SyncCursor} // chats do not say when they are live
	for _, s := range x.nodes {
		x.bobs = append(x.bobs, recordSocket(s, "bob", x.bob, variables)...)
		x.anns = append(x.anns, recordSocket(s, "ann", x.ann, variables)...)
	}
	x.bobs.await(t, "CAUGHT_UP", allTheirs, twoRooms)
	x.anns.await(t, "CAUGHT_UP", allTheirs, twoRooms)
	return x
}

// say sends a chat of ann's at another node than all else is done at.
func (x *signalling) say(room, text string) (id string) {
	x.t.Helper()
	var sent struct{ SendChat struct{ ID string } }
	x.nodes[2].Must(&sent, x.ann, `mutation($room: ID!, $text: String!) { sendChat(room: $room, text: $text) { id } }`, map[string]any{"room": room, "text": text})
	return sent.SendChat.ID
}

// told wants somebody's streams of several rooms to be told something of a room, which is done again and again.
func (x *signalling) told(by records, kind, room string, do func()) {
	x.t.Helper()
	harness.Eventually(x.t, "that all are told "+kind, func() bool {
		do()
		return !slices.ContainsFunc(by, func(r *record) bool { return r.what != roomsChats && !r.tells(kind, room) })
	})
}

// tells says whether it has given a signal of a room.
func (r *record) tells(kind, room string) bool {
	texts, _ := r.all()
	return slices.ContainsFunc(texts, func(text string) bool {
		return strings.Contains(text, `"kind":"`+kind+`"`) && strings.Contains(text, `"room":{"id":"`+room+`"`)
	})
}

// Over NATS as over Postgres, who types at one node is told to the streams of the others at all nodes, and to none of their own; and
// who has read on to their own, and in a direct room to those of both.
func TestSignalsBetweenNodes(t *testing.T) {
	for _, bus := range []string{"NATS", "NOTIFY"} {
		t.Run(bus, func(t *testing.T) {
			x := newSignalling(t, bus)
			x.told(x.bobs, "TYPING", x.general, func() {
				x.nodes[0].Must(nil, x.ann, `mutation($room: ID!) { setTyping(room: $room) { name } }`, map[string]any{"room": x.general})
			})
			reads := func(room string) func() {
				return func() {
					x.nodes[0].Must(nil, x.bob, `mutation($chat: ID!) { markRead(chat: $chat) { lastRead } }`, map[string]any{"chat": x.say(room, "x")})
				}
			}
			x.told(x.bobs, "MEMBER_READ", x.general, reads(x.general))
			x.told(slices.Concat(x.anns, x.bobs), "MEMBER_READ", x.direct, reads(x.direct))
			x.say(x.direct, "behind all")
			x.say(x.general, "behind all")
			x.anns.await(t, "behind all", followed3...)
			for _, r := range slices.Concat(x.anns, x.bobs) {
				isAnns := slices.Contains(x.anns, r)
				if r.tells("TYPING", x.general) && (isAnns || r.what == roomsChats) {
					t.Errorf("%s was told who types", r.name)
				}
				if r.tells("MEMBER_READ", x.general) && (isAnns || r.what == roomsChats) {
					t.Errorf("%s was told who reads", r.name)
				}
			}
		})
	}
}
