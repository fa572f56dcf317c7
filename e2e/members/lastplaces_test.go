package members

import (
	"fmt"
	"sync"
	"testing"

	"parley/e2e/harness"
)

// A crowd is calls that are made at once, and how they were answered.
type crowd struct {
	*harness.Server
	calls    sync.WaitGroup
	mu       sync.Mutex
	answered map[string]int // by the way and what came: "joinRoom ok"
}

// ask calls something in a way of which the answers are counted.
func (c *crowd) ask(way, token, document string, variables map[string]any) {
	c.calls.Go(func() {
		a := c.AskThrough(token, document, variables)
		came := "ok"
		if len(a.Errors) > 0 {
			came = fmt.Sprint(a.Code(), " ", a.Extension("reason"))
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.answered[way+" "+came]++
	})
}

// done waits for all answers, and returns how many of the ways let somebody in. No other answer came than that and the limit.
func (c *crowd) done(limit string, ways ...string) (in int) {
	c.T.Helper()
	c.calls.Wait()
	left := map[string]int{}
	for what, n := range c.answered {
		left[what] = n
	}
	for _, way := range ways {
		in += left[way+" ok"]
		delete(left, way+" ok")
		delete(left, way+" LIMIT_REACHED "+limit)
	}
	if len(left) > 0 {
		c.T.Errorf("unexpected: %v", left)
	}
	c.answered = map[string]int{}
	return in
}

// Fifty at once want into a room with few places, in all ways: as many come in as there are places, the others are told that it
// is full, and whoever sends has sent. An invite has as many uses left as it has let nobody in.
func TestLastPlacesOfARoom(t *testing.T) {
	const places, uses = 12, 100
	s := harness.New(t, append(harness.NoLimits(), "--room-max-members", fmt.Sprint(places))...)
	c := &crowd{Server: s, answered: map[string]int{}}
	ann, _ := s.Register("ann")
	var made struct {
		CreateRoom   struct{ ID string }
		CreateInvite struct{ Code string }
	}
	s.Must(&made, ann, `mutation { createRoom(name: "general") { id } }`)
	s.Must(&made, ann, `mutation { createInvite(room: "general", uses: 100) { code } }`)
	tokens := map[string]string{}
	for i := range 50 {
		name := fmt.Sprint("person", i)
		tokens[name], _ = s.Register(name)
	}
	n := 0
	for name, token := range tokens {
		switch n++; n % 4 {
		case 0:
			c.ask("joinRoom", token, `mutation { joinRoom(room: "general") { id } }`, nil)
		case 1:
			c.ask("acceptInvite", token, `mutation($c: String!) { acceptInvite(code: $c) { id } }`, map[string]any{"c": made.CreateInvite.Code})
		case 2:
			c.ask("addMember", ann, `mutation($u: ID!) { addMember(room: "general", user: $u) { id } }`, map[string]any{"u": name})
		case 3:
			c.ask("sendChat", token, `mutation { sendChat(room: "general", text: "x") { id } }`, nil)
		}
	}
	c.calls.Wait()
	invited, sent := c.answered["acceptInvite ok"], c.answered["sendChat ok"]
	delete(c.answered, "sendChat ok")
	in := c.done("MEMBERS", "joinRoom", "acceptInvite", "addMember")
	var read struct {
		Room struct {
			MemberCount int
			Members     struct{ Nodes []struct{ ID string } }
			Invites     []struct{ UsesLeft int }
			Chats       struct{ Nodes []struct{ ID string } }
		}
	}
	s.Must(&read, ann, `{ room(id: "general") { memberCount members { nodes { id } } invites { usesLeft } chats(first: 200) { nodes { id } } } }`)
	if r := read.Room; r.MemberCount != places || len(r.Members.Nodes) != places || in > places-1 || r.Invites[0].UsesLeft != uses-invited || sent != 12 || len(r.Chats.Nodes) != sent {
		t.Errorf("%d came in, %d by invite, %d sent: %+v", in, invited, sent, r)
	}
	for _, token := range tokens { // whoever has a place keeps it, and whoever has none sends all the same
		s.Must(nil, token, `mutation { sendChat(room: "general", text: "x") { id } }`)
	}
	s.Must(&read, ann, `{ room(id: "general") { memberCount } }`)
	if read.Room.MemberCount != places {
		t.Errorf("%d are in it", read.Room.MemberCount)
	}
}

// One person wants into many rooms at once, in all ways, and is in as many as they may be.
func TestLastRoomsOfAPerson(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--user-max-rooms", "7")...)
	bob, _ := s.Register("bob")
	wantRooms(t, s, bob, 7)
}

// A bot is in twice as many.
func TestLastRoomsOfABot(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--user-max-rooms", "5")...)
	wantRooms(t, s, s.Bot("bob"), 10)
}

// wantRooms has bob want into 48 rooms at once.
func wantRooms(t *testing.T, s *harness.Server, bob string, most int) {
	t.Helper()
	c := &crowd{Server: s, answered: map[string]int{}}
	for i := range 48 {
		name := fmt.Sprint("person", i)
		token, _ := s.Register(name)
		var made struct {
			CreateRoom   struct{ ID string }
			CreateInvite struct{ Code string }
		}
		s.Must(&made, token, `mutation($n: String!) { createRoom(name: $n) { id } }`, map[string]any{"n": "of " + name})
		v := map[string]any{"r": made.CreateRoom.ID}
		switch i % 6 {
		case 0:
			c.ask("joinRoom", bob, `mutation($r: ID!) { joinRoom(room: $r) { id } }`, v)
		case 1:
			s.Must(&made, token, `mutation($r: ID!) { createInvite(room: $r) { code } }`, v)
			c.ask("acceptInvite", bob, `mutation($c: String!) { acceptInvite(code: $c) { id } }`, map[string]any{"c": made.CreateInvite.Code})
		case 2:
			c.ask("addMember", token, `mutation($r: ID!) { addMember(room: $r, user: "bob") { id } }`, v)
		case 3:
			c.ask("sendChat", bob, `mutation($r: ID!) { sendChat(room: $r, text: "x") { id } }`, v)
		case 4:
			c.ask("createRoom", bob, `mutation($n: String!) { createRoom(name: $n) { id } }`, map[string]any{"n": "bob's " + name})
		case 5:
			c.ask("openDirectRoom", token, `mutation { openDirectRoom(users: ["bob"]) { id } }`, nil)
		}
	}
	c.calls.Wait()
	delete(c.answered, "sendChat ok")
	in := c.done("ROOMS", "joinRoom", "acceptInvite", "addMember", "createRoom", "openDirectRoom")
	var read struct {
		Rooms struct {
			Nodes []struct{ Me *struct{ ID string } }
		}
	}
	s.Must(&read, bob, `{ rooms(scope: JOINED, first: 200) { nodes { me { id } } } }`)
	if len(read.Rooms.Nodes) != most || in > most {
		t.Errorf("bob came into %d rooms, and is in %d", in, len(read.Rooms.Nodes))
	}
}
