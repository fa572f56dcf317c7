package cluster

import (
	"strings"
	"testing"

	"parley/e2e/harness"
)

// Who types at one node is told to the streams of the others at all nodes, over NATS as over Postgres, and to none of their own.
func TestTypingBetweenNodes(t *testing.T) {
	for _, bus := range []string{"NATS", "NOTIFY"} {
		t.Run(bus, func(t *testing.T) {
			l := newLoopback(t)
			var b *natsServer
			if bus == "NATS" {
				b = startNATS(t, l)
			}
			c := newCluster(t, l, b)
			var nodes []*harness.Server
			for n := range c.nodes {
				nodes = append(nodes, &harness.Server{T: t, Addr: c.at[n]})
			}
			ann, _ := nodes[0].Register("ann")
			bob, _ := nodes[0].Register("bob")
			var made struct{ CreateRoom struct{ ID string } }
			nodes[0].Must(&made, ann, `mutation { createRoom(name: "general", kind: PRIVATE, members: ["bob"]) { id } }`)
			var begin struct{ Chats struct{ SyncCursor string } }
			nodes[0].Must(&begin, ann, `query($room: ID!) { chats(room: $room) { syncCursor } }`, map[string]any{"room": made.CreateRoom.ID})
			variables := map[string]any{"room": made.CreateRoom.ID, "rooms": []string{made.CreateRoom.ID}, "at": begin.Chats.SyncCursor} // chats do not say when they are live
			var others, own records
			for _, s := range nodes {
				others = append(others, recordSocket(s, "bob", bob, variables)...)
				own = append(own, recordSocket(s, "ann", ann, variables)...)
			}
			others.await(t, "CAUGHT_UP", allTheirs, twoRooms)
			own.await(t, "CAUGHT_UP", allTheirs, twoRooms)
			harness.Eventually(t, "that all see who types", func() bool {
				nodes[0].Must(nil, ann, `mutation($room: ID!) { setTyping(room: $room) { name } }`, map[string]any{"room": made.CreateRoom.ID})
				for _, r := range others {
					if r.what != roomsChats && !r.has(`"kind":"TYPING"`) {
						return false
					}
				}
				return true
			})
			nodes[2].Must(nil, ann, `mutation($room: ID!) { sendChat(room: $room, text: "behind all") { id } }`, map[string]any{"room": made.CreateRoom.ID})
			own.await(t, "behind all", followed3...)
			for _, r := range append(own, others...) {
				texts, _ := r.all()
				if told := strings.Contains(strings.Join(texts, "\n"), "TYPING"); told && (r.what == roomsChats || strings.HasPrefix(r.name, "ann")) {
					t.Errorf("%s was told who types", r.name)
				}
			}
		})
	}
}
