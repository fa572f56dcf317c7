package cluster

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/network"
	"parley/rounds"
)

// A way is how somebody's reading of a room ends.
type way struct {
	name  string
	kind  string   // of the room
	call  string   // what ends it
	self  bool     // they call it themselves
	event string   // the last of the room that they are given; empty: their connections are closed
	code  string   // with which the stream of the room's chats ends
	over  []string // streams that are given nothing of the room any more
	guest bool     // they are not in the room
}

// ways are all there are. Nobody leaves a direct room but with their account.
var ways = []way{
	{name: "removed", kind: "PRIVATE", call: `removeMember(room: $room, user: $person)`, event: "MEMBER_REMOVED", code: "FORBIDDEN", over: followed3},
	{name: "leaves", kind: "PRIVATE", call: `leaveRoom(room: $room)`, self: true, event: "MEMBER_LEFT", code: "FORBIDDEN", over: followed3},
	{name: "banned", kind: "PRIVATE", call: `banMember(room: $room, user: $person) { createdAt }`, event: "MEMBER_REMOVED", code: "FORBIDDEN", over: followed3},
	{name: "banned from a public room", kind: "PUBLIC", call: `banMember(room: $room, user: $person) { createdAt }`, event: "MEMBER_REMOVED", code: "FORBIDDEN", over: followed3},
	{name: "banned as a guest", kind: "PUBLIC", call: `banMember(room: $room, user: $person) { createdAt }`, event: "MEMBER_REMOVED", code: "FORBIDDEN", over: []string{roomsChats, twoRooms}, guest: true},
	{name: "room deleted", kind: "PRIVATE", call: `deleteRoom(room: $room)`, event: "ROOM_DELETED", code: "NOT_FOUND", over: followed3},
	{name: "public room deleted", kind: "PUBLIC", call: `deleteRoom(room: $room)`, event: "ROOM_DELETED", code: "NOT_FOUND", over: followed3},
	{name: "account deleted", kind: "PRIVATE", call: `deleteAccount(password: "correct horse battery")`, self: true, over: followed3},
	{name: "leaves a public room", kind: "PUBLIC", call: `leaveRoom(room: $room)`, self: true, event: "MEMBER_LEFT", over: []string{allTheirs}},
}

// Whoever loses a room on three nodes is given nothing of it that was said, edited or renamed after that was answered:
// over no transport, by no node, in no answer.
func TestNothingAfterTheEndOfAccess(t *testing.T) {
	c := newCluster(t, newLoopback(t), nil)
	sideBySide(t, rounds.Of(t, 50, 2000), wayOf, func(t *testing.T, i int) {
		newCanaries(t, c, i, i%network.ClusterNodes).run(0)
	})
}

// behind are how many chats lie between a reader and the end of their reading: more than a window holds, so many that the
// end is about where a page of the log ends, hardly any.
var behind = []int{400, 195, 0}

// The same where no node hears of what another one does: each finds it when it compares heads.
func TestNothingAfterTheEndWithoutNotifications(t *testing.T) {
	l := newLoopback(t)
	b := startNATS(t, l)
	c := newCluster(t, l, b)
	b.proxy.drops.Store(true)
	var skipped atomic.Int64
	sideBySide(t, rounds.Of(t, len(behind)*len(ways), 400), wayOf, func(t *testing.T, i int) {
		k := newCanaries(t, c, i, 0)
		k.alone = true
		k.run(behind[i/len(ways)%len(behind)])
		if k.skipped() {
			skipped.Add(1)
		}
	})
	if skipped.Load() == 0 || b.proxy.dropped.Load() == 0 {
		t.Errorf("%d readers were behind when their reading ended, %d notifications were dropped", skipped.Load(), b.proxy.dropped.Load())
	}
}

// wayOf is the name of the way of a round.
func wayOf(i int) string { return ways[i%len(ways)].name }

// sideBySide runs rounds, a few at a time.
func sideBySide(t *testing.T, n int, name func(i int) string, round func(t *testing.T, i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && !t.Failed(); i = int(next.Add(1)) - 1 {
				t.Run(fmt.Sprint(name(i), " ", i), func(t *testing.T) { round(t, i) })
			}
		})
	}
	all.Wait()
}

// Canaries are one round: an owner and another person read a room, the other one's reading ends, and what is said after
// that has a word that they may never be given.
type canaries struct {
	*testing.T
	way
	nodes  [network.ClusterNodes]*harness.Server
	home   int  // the node at which reading is ended
	alone  bool // all that happens happens there
	person string
	owners string // tokens
	theirs string
	room   string // ids
	haven  string // where they stay
	begin  string // the cursor before the room's first chat
	chats  []string
	others []string // memberships
	given  records  // to the person
	kept   records  // by the owner

	place, before, canary string // the room's name, and what is in all that is said before the end and after it
}

func newCanaries(t *testing.T, c *cluster, i, home int) *canaries {
	k := &canaries{T: t, way: ways[i%len(ways)], home: home, person: fmt.Sprint("person.", i)}
	k.place, k.before, k.canary = fmt.Sprintf("place%dx", i), fmt.Sprintf("before%dx", i), fmt.Sprintf("canary%dx", i)
	for n := range k.nodes {
		k.nodes[n] = &harness.Server{T: t, Addr: c.at[n]}
	}
	k.owners, _ = k.nodes[home].Register(fmt.Sprint("owner.", i))
	k.theirs, _ = k.nodes[(home+1)%len(k.nodes)].Register(k.person)
	var made struct {
		Room, Haven struct{ ID, SyncCursor string }
	}
	members := []string{k.person}
	if k.guest {
		members = nil
	}
	k.nodes[home].Must(&made, k.owners, `mutation($room: String!, $kind: RoomKind, $members: [ID!], $haven: String!, $person: ID!) {
		room: createRoom(name: $room, kind: $kind, members: $members) { id syncCursor }
		haven: createRoom(name: $haven, kind: PRIVATE, members: [$person]) { id }
	}`, map[string]any{"room": k.place, "kind": k.kind, "members": members, "haven": fmt.Sprint("haven ", i), "person": k.person})
	k.room, k.begin, k.haven = made.Room.ID, made.Room.SyncCursor, made.Haven.ID
	return k
}

// at is a node: the one where all happens, or the one that is so many behind it.
func (k *canaries) at(n int) *harness.Server {
	if k.alone {
		n = 0
	}
	return k.nodes[(k.home+n)%len(k.nodes)]
}

// run ends the reading behind some chats.
func (k *canaries) run(behind int) {
	k.follow()
	k.talk(behind)
	k.end()
	k.settle(k.after())
	k.judge()
	if slices.Contains(k.over, roomsChats) { // else they may read it again
		k.ask()
		k.comeBack()
	}
}

// follow opens streams of both at all nodes.
func (k *canaries) follow() {
	variables := map[string]any{"room": k.room, "at": k.begin, "rooms": []string{k.room, k.haven}}
	for n, s := range k.nodes {
		k.kept = append(k.kept, recordSocket(s, "the owner", k.owners, variables)...)
		k.given = append(k.given, recordSocket(s, k.person, k.theirs, variables)...)
		k.given = append(k.given, recordEvents(s, k.person, k.theirs, followed3[(n+k.home)%len(followed3)], variables))
	}
	for _, all := range []records{k.kept, k.given} {
		all.await(k.T, "CAUGHT_UP", allTheirs, twoRooms)
	}
	k.send(k.at(1), k.before+" all")
	for _, all := range []records{k.kept, k.given} {
		all.await(k.T, k.before+" all", roomsChats, twoRooms)
	}
}

// send sends a chat of the owner.
func (k *canaries) send(s *harness.Server, text string) {
	var sent struct{ SendChat struct{ ID string } }
	s.Must(&sent, k.owners, `mutation($room: ID!, $text: String!) { sendChat(room: $room, text: $text) { id } }`, map[string]any{"room": k.room, "text": text})
	k.chats = append(k.chats, sent.SendChat.ID)
}

// talk sends so many chats, some of them in one document, and another one, which is the last of those before the end that
// the owner waits for.
func (k *canaries) talk(n int) {
	const together = 10
	var all sync.WaitGroup
	for worker := range 3 {
		all.Go(func() {
			for i := worker * together; i < n; i += 3 * together {
				var document strings.Builder
				for c := i; c < min(i+together, n); c++ {
					fmt.Fprintf(&document, " c%d: sendChat(room: %q, text: %q) { id }", c, k.room, fmt.Sprint(k.before, " ", c))
				}
				k.at(0).Must(nil, k.owners, "mutation {"+document.String()+" }", nil)
			}
		})
	}
	all.Wait()
	k.send(k.at(0), k.before+" the end")
	k.answer(k.before + " an answer")
}

// answer answers that chat, so events show it that are older than what becomes of it.
func (k *canaries) answer(text string) {
	k.at(0).Must(nil, k.owners, `mutation($room: ID!, $to: ID!, $text: String!) { sendChat(room: $room, text: $text, replyTo: $to) { id } }`,
		map[string]any{"room": k.room, "to": k.chats[1], "text": text})
}

// end ends the reading, while there is talk.
func (k *canaries) end() {
	var talk sync.WaitGroup
	talk.Go(func() {
		for i := range 5 { // refused, once the room is deleted
			k.at(1).AskThrough(k.owners, `mutation($room: ID!, $text: String!) { sendChat(room: $room, text: $text) { id } }`, map[string]any{"room": k.room, "text": fmt.Sprint(k.before, " or meanwhile ", i)})
		}
	})
	who, call := k.owners, strings.NewReplacer("$room", harness.Quoted(k.room), "$person", harness.Quoted(k.person)).Replace(k.call)
	if k.self {
		who = k.theirs
	}
	k.at(2).Must(nil, who, "mutation { "+call+" }")
	talk.Wait()
}
