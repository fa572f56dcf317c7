package members

import (
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"parley/chat/roomlog"
	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/rounds"
)

// A storm is people who do all that they may to each other in a few rooms at once, over all nodes.
type storm struct {
	t      *testing.T
	nodes  []*harness.Server
	db     *sql.DB // behind their backs
	people []*person
	rooms  []*stormRoom

	mu       sync.Mutex
	answered map[string][]claim // by room
}

type person struct{ name, token string }

type stormRoom struct{ id, owner, code string }

// A claim is what an answer says of somebody in a room: that it was so at a place of its log, or at some place of several.
type claim struct {
	call, whom, by string
	role           string // "": not in it
	first, last    int64
	exact          bool // what has made it so may be the event at the last of them
}

func newStorm(t *testing.T) *storm {
	n := 1
	if dbtest.OnPostgres() {
		n = 2
	}
	s := &storm{t: t, nodes: harness.StartNodes(t, n, "--login-rate", "0")}
	s.db = dbtest.Pool(t, s.nodes[0].Dir)
	return s
}

// Whatever people do to each other at once, while accounts are deleted: at no moment a room has members and no owner, or another
// number of them than it says; each answer holds at a place of the log, and the log says who is in the room as what.
func TestStorm(t *testing.T) {
	s := newStorm(t)
	for round := range rounds.Of(t, 4, 200) {
		s.gather(round)
		var acting sync.WaitGroup
		for i, p := range s.people {
			acting.Go(func() {
				for range 8 {
					s.act(p)
					s.look()
				}
				if (i+3)%4 <= round%4 { // a quarter of them up to all
					s.deleteAccount(p)
				}
			})
		}
		acting.Wait()
		harness.Eventually(t, "all whose accounts are gone to have left", func() bool { return s.count(`SELECT count(*) FROM users WHERE leaving`) == 0 })
		s.look()
		for _, r := range s.rooms {
			s.replay(r)
		}
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
}

// gather makes people, and rooms with half of them.
func (s *storm) gather(round int) {
	s.t.Helper()
	s.people, s.rooms, s.answered = nil, nil, map[string][]claim{}
	var names []string
	for i := range 16 {
		p := &person{name: fmt.Sprintf("person%d-%d", round, i)}
		p.token, _ = s.nodes[i%len(s.nodes)].Register(p.name)
		s.people, names = append(s.people, p), append(names, p.name)
	}
	for i, kind := range []string{"PUBLIC", "PRIVATE", "PUBLIC"} {
		owner := s.people[i]
		var made struct {
			CreateRoom   struct{ ID string }
			CreateInvite struct{ Code string }
		}
		s.nodes[0].Must(&made, owner.token, `mutation($n: String!, $k: RoomKind, $m: [ID!]) { createRoom(name: $n, kind: $k, members: $m) { id } }`,
			map[string]any{"n": fmt.Sprintf("room %d of round %d", i, round), "k": kind, "m": names[:8]})
		r := &stormRoom{id: made.CreateRoom.ID, owner: owner.name}
		s.nodes[0].Must(&made, owner.token, `mutation($r: ID!) { createInvite(room: $r, uses: 0) { code } }`, map[string]any{"r": r.id})
		r.code = made.CreateInvite.Code
		s.rooms = append(s.rooms, r)
		for _, p := range s.people[3:6] {
			s.setRole(owner, r, p, []string{"OWNER", "ADMIN"}[rand.IntN(2)])
		}
	}
}

// act does one thing.
func (s *storm) act(p *person) {
	r, whom := s.rooms[rand.IntN(len(s.rooms))], s.people[rand.IntN(len(s.people))]
	role := []string{"OWNER", "ADMIN", "MEMBER"}[rand.IntN(3)]
	switch rand.IntN(10) {
	case 0:
		s.member(p, r, p, `mutation($room: ID!) { joinRoom(room: $room) `+answeredMember+` }`, nil)
	case 1:
		s.member(p, r, p, `mutation($code: String!) { acceptInvite(code: $code) `+answeredMember+` }`, map[string]any{"code": r.code})
	case 2:
		s.ask(p, `mutation($room: ID!) { sendChat(room: $room, text: "x") { id } }`, map[string]any{"room": r.id}, nil)
	case 3, 4:
		s.out(p, r, p, `mutation($room: ID!) { leaveRoom(room: $room) }`)
	case 5:
		s.member(p, r, whom, `mutation($room: ID!, $user: ID!, $role: Role) { addMember(room: $room, user: $user, role: $role) `+answeredMember+` }`, map[string]any{"role": role})
	case 6:
		s.out(p, r, whom, `mutation($room: ID!, $user: ID!) { removeMember(room: $room, user: $user) }`)
	case 7, 8:
		s.setRole(p, r, whom, role)
	case 9:
		s.out(p, r, whom, `mutation($room: ID!, $user: ID!) { banMember(room: $room, user: $user) { createdAt } }`)
		s.ask(p, `mutation($room: ID!, $user: ID!) { unbanMember(room: $room, user: $user) }`, map[string]any{"room": r.id, "user": whom.name}, nil)
	}
}

// deleteAccount ends somebody's account. Behind the answer no node takes a chat of theirs, though it may take them for signed in.
func (s *storm) deleteAccount(p *person) {
	s.ask(p, `mutation { deleteAccount(password: "correct horse battery") }`, nil, nil)
	for _, node := range s.nodes {
		for _, r := range s.rooms {
			if a := node.AskThrough(p.token, `mutation($room: ID!) { sendChat(room: $room, text: "too late") { id } }`, map[string]any{"room": r.id}); len(a.Errors) == 0 {
				s.t.Errorf("behind the end of their account %s sends %s", p.name, a.Body)
			}
		}
	}
}

// ask calls something on any node. It says whether that was done; else it was refused for a reason that there may be.
func (s *storm) ask(p *person, document string, variables map[string]any, into any) bool {
	s.t.Helper()
	node := s.nodes[rand.IntN(len(s.nodes))]
	a := node.AskThrough(p.token, document, variables)
	if len(a.Errors) == 0 {
		if into != nil {
			node.Decode(a, into)
		}
		return true
	}
	if !slices.Contains([]string{"FORBIDDEN", "NOT_FOUND"}, a.Code()) {
		s.t.Errorf("%s: %s", document, a.Body)
	}
	return false
}

const answeredMember = `{ role room { id syncCursor } }`

// member calls what answers with a membership, which holds at the place of its room.
func (s *storm) member(p *person, r *stormRoom, whom *person, document string, variables map[string]any) {
	all := map[string]any{"room": r.id, "user": whom.name}
	maps.Copy(all, variables)
	var data map[string]struct {
		Role string
		Room struct{ ID, SyncCursor string }
	}
	if !s.ask(p, document, all, &data) {
		return
	}
	for call, m := range data {
		_, at, ok := roomlog.ParseCursor(m.Room.SyncCursor)
		if !ok || m.Room.ID != r.id {
			s.t.Errorf("%s is answered with a place of %+v", call, m)
		}
		s.claim(r, claim{call: call, whom: whom.name, by: p.name, role: m.Role, first: at.Place, last: at.Place, exact: true})
	}
}

func (s *storm) setRole(p *person, r *stormRoom, whom *person, role string) {
	s.member(p, r, whom, `mutation($room: ID!, $user: ID!, $role: Role!) { setRole(room: $room, user: $user, role: $role) `+answeredMember+` }`, map[string]any{"role": role})
}

// out calls what takes somebody out of a room: at some place between its start and its answer they were out.
func (s *storm) out(p *person, r *stormRoom, whom *person, document string) {
	variables := map[string]any{"room": r.id, "user": whom.name}
	first := s.place(r)
	if s.ask(p, document, variables, nil) {
		s.claim(r, claim{call: document, whom: whom.name, by: p.name, first: first, last: s.place(r)})
	}
}

func (s *storm) claim(r *stormRoom, c claim) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered[r.id] = append(s.answered[r.id], c)
}
