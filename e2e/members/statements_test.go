package members

import (
	"fmt"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// What a page of rooms or of members costs the database does not depend on how long it is.
func TestStatementsOfAPage(t *testing.T) {
	s, _, asked := harness.Counted(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	var people []string
	for i := range 10 {
		people = append(people, fmt.Sprint("person", i))
		s.Register(people[i])
	}
	for i := range 60 {
		kind := []string{"PUBLIC", "PRIVATE"}[i%2]
		s.Must(nil, ann, `mutation($n: String!, $k: RoomKind, $m: [ID!]) { createRoom(name: $n, kind: $k, members: $m) { id } }`, map[string]any{"n": fmt.Sprint("room ", i), "k": kind, "m": people[:i%10]})
		if kind == "PUBLIC" {
			s.Must(nil, ann, `mutation($r: ID!) { sendChat(room: $r, text: "x") { id } }`, map[string]any{"r": fmt.Sprint("room ", i)})
		}
	}
	var full struct{ CreateRoom struct{ ID string } }
	s.Must(&full, ann, `mutation($m: [ID!]) { createRoom(name: "full", kind: PRIVATE, members: $m) { id } }`, map[string]any{"m": people})
	for _, one := range people[5:] {
		s.Must(nil, ann, `mutation($r: ID!, $u: ID!) { createInvite(room: $r) { id } banMember(room: $r, user: $u) { createdAt } }`, map[string]any{"r": full.CreateRoom.ID, "u": one})
	}
	for _, c := range []struct {
		call        string
		most, items int
	}{
		{`{ rooms(scope: JOINED) { nodes { id name kind sendRole memberCount syncCursor lastChat { text } me { id role } allowedActions } pageInfo { endCursor } } }`, 6, 50},
		{`{ rooms { nodes { id memberCount lastChat { text } me { role } allowedActions } } }`, 6, 50},
		{`{ room(id: "FULL") { members { nodes { id role joinedAt user { id username } room { id me { role } } } pageInfo { endCursor } } } }`, 8, 6},
		{`{ room(id: "FULL") { bans { nodes { createdAt user { id username } by { username } } } } }`, 8, 5},
		{`{ room(id: "FULL") { invites { id code createdBy { username } room { id } } } }`, 8, 5},
	} {
		asked.TakeOwn()
		a := s.AskThrough(ann, strings.ReplaceAll(c.call, "FULL", full.CreateRoom.ID))
		texts := asked.TakeOwn()
		if n := strings.Count(a.Body, `"memberCount"`) + strings.Count(a.Body, `"joinedAt"`) + strings.Count(a.Body, `"createdAt"`) + strings.Count(a.Body, `"code"`); len(a.Errors) > 0 || n != c.items {
			t.Errorf("%s: %d items, want %d: %s", c.call, n, c.items, a.Body)
		}
		if len(texts) > c.most || len(texts) == 0 {
			t.Errorf("%s: %d statements:\n%s", c.call, len(texts), strings.Join(texts, "\n"))
		}
	}
}

// What is unread in 50 rooms, and how much of it is for oneself, costs two statements more than the rooms alone.
func TestStatementsOfUnreadCounts(t *testing.T) {
	s, _, asked := harness.Counted(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	for i := range 50 {
		var made struct{ CreateRoom struct{ ID string } }
		s.Must(&made, ann, `mutation($n: String!) { createRoom(name: $n, kind: PRIVATE, members: ["bob"]) { id } }`, map[string]any{"n": fmt.Sprint("room ", i)})
		for range i % 4 {
			s.Must(nil, ann, `mutation($r: ID!) { sendChat(room: $r, text: "@bob") { id } }`, map[string]any{"r": made.CreateRoom.ID})
		}
	}
	asked.TakeOwn()
	s.Must(nil, bob, `{ rooms(scope: JOINED) { nodes { id } } }`, nil)
	plain := len(asked.TakeOwn())
	body := s.AskThrough(bob, `{ rooms(scope: JOINED) { nodes { unreadCount mentionCount lastNumber me { lastRead notify } } } }`).Body
	if texts := asked.TakeOwn(); len(texts) > plain+2 {
		t.Errorf("unread counts take %d statements more:\n%s", len(texts)-plain, strings.Join(texts, "\n"))
	}
	for n, rooms := range []int{13, 13, 12, 12} {
		if got := strings.Count(body, fmt.Sprintf(`{"unreadCount":%d,"mentionCount":%d,`, n, n)); got != rooms {
			t.Errorf("%d rooms with %d, want %d: %s", got, n, rooms, body)
		}
	}
}
