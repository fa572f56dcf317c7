package streams

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/e2e/harness"
	"parley/rounds"
)

const wholeChat = `{ __typename id number username text createdAt editedAt deletedAt cursor room { __typename id name topic createdAt } user { __typename id username createdAt } }`

// A recordedRoom room is one in which somebody talks. states are what became of each chat, in the order of their
// numbers: as it was sent, and as it was changed.
type recordedRoom struct {
	name, id, start string
	mu              sync.Mutex
	states          [][]json.RawMessage
	log             []entry
}

// An entry is what happened to a chat.
type entry struct {
	kind   string
	number int
}

func createRecordedRoom(s *harness.Server, token, name string) *recordedRoom {
	s.T.Helper()
	var made struct{ CreateRoom struct{ ID string } }
	s.Must(&made, token, `mutation($n: String!) { createRoom(name: $n, topic: "<&> \"é\"") { id } }`, map[string]any{"n": name})
	var page struct{ Chats struct{ SyncCursor string } }
	s.Must(&page, token, `query($n: ID!) { chats(room: $n) { syncCursor } }`, map[string]any{"n": name})
	return &recordedRoom{name: name, id: made.CreateRoom.ID, start: page.Chats.SyncCursor}
}

// say sends a chat, or changes one, and keeps what it is now.
func (r *recordedRoom) say(s *harness.Server, token, document string, variables map[string]any) (number int, id string) {
	var data map[string]json.RawMessage
	s.Must(&data, token, document+wholeChat+" }", variables)
	var chat struct {
		Number int
		ID     string
	}
	for _, one := range data {
		_ = json.Unmarshal(one, &chat) // of our own making
		r.mu.Lock()
		for len(r.states) < chat.Number {
			r.states = append(r.states, nil)
		}
		r.states[chat.Number-1] = append(r.states[chat.Number-1], one)
		r.log = append(r.log, entry{kindOf(document), chat.Number})
		r.mu.Unlock()
	}
	return chat.Number, chat.ID
}

func kindOf(document string) string {
	switch {
	case strings.Contains(document, "editChat"):
		return "CHAT_EDITED"
	case strings.Contains(document, "deleteChat"):
		return "CHAT_DELETED"
	}
	return "CHAT_SENT"
}

// talk sends n chats, of which some are changed and some deleted soon after.
func (r *recordedRoom) talk(s *harness.Server, token string, n int) {
	ids := make([]string, n)
	for i := range n {
		_, ids[i] = r.say(s, token, `mutation($r: ID!, $t: String!) { sendChat(room: $r, text: $t) `, map[string]any{"r": r.name, "t": fmt.Sprintf("chat %d of %s: <ü> 😀 \"\\\n", i+1, r.name)})
		if i%5 == 4 {
			r.say(s, token, `mutation($c: ID!, $t: String!) { editChat(chat: $c, text: $t) `, map[string]any{"c": ids[i-i%3], "t": fmt.Sprint("changed ", i)})
		}
		if i%7 == 6 {
			r.say(s, token, `mutation($c: ID!) { deleteChat(chat: $c) `, map[string]any{"c": ids[i-5]})
		}
	}
}

// judge compares what somebody heard of the room with what they asked for: each chat once, in order, in the
// shape of the subscription, as it was at some time. Of a deleted room nobody need hear all.
func (r *recordedRoom) judge(t *testing.T, h *streamReader, deleted bool) {
	t.Helper()
	s, got := shapeOf(t, h.text, h.operation, h.variables), h.heard()
	if len(got) > len(r.states) || !deleted && len(got) < len(r.states) {
		t.Errorf("%s: %d chats of %d", h.text, len(got), len(r.states))
	}
	for i, payload := range got[:min(len(got), len(r.states))] {
		var possible []string
		for _, state := range r.states[i] {
			possible = append(possible, s.event(state))
		}
		if !slices.Contains(possible, payload) {
			t.Fatalf("%s %v\nchat %d: got %s\nwant one of %s", h.text, h.variables, i+1, payload, strings.Join(possible, "\n"))
		}
	}
	how, over := h.howItEnded()
	if over != deleted || deleted && !strings.Contains(how, `"NOT_FOUND"`) {
		t.Errorf("%s: ended: %v, %s", h.text, over, how)
	}
}

// Streams that share what they can give each subscriber exactly what they asked for: every subscription in three
// rooms, over sockets that carry a dozen streams and as server-sent events, by six people, while there is
// talk in all rooms and one of them is deleted. Whoever asks later, from the same place, gets what the first
// ones got but as it is now, and two people get the same bytes.
//
// Broken on purpose, the server was caught with
//
//	chat 50 of a room left out, or handed out twice
//	a key without the operation's name, without variables, without those in directives of spreads
func TestSharedStreamsGiveEachTheirOwn(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	var people []string
	for i := range 6 {
		token, _ := s.Register(fmt.Sprint("reader", i))
		people = append(people, token)
	}
	speaker, _ := s.Register("speaker")
	rooms := []*recordedRoom{createRecordedRoom(s, speaker, "alpha"), createRecordedRoom(s, speaker, "beta"), createRecordedRoom(s, speaker, "doomed")}
	heard := everySubscription(s, people, rooms)

	var talks sync.WaitGroup
	long := rounds.Of(t, 100, 220)
	for i, n := range []int{long, long, 60} {
		talks.Go(func() {
			rooms[i].talk(s, speaker, n)
			if rooms[i].name == "doomed" {
				s.Must(nil, speaker, `mutation { deleteRoom(room: "doomed") }`)
			}
		})
	}
	talks.Wait()
	for _, room := range rooms[:2] { // behind the last one nothing may come twice
		room.say(s, speaker, `mutation($r: ID!) { sendChat(room: $r, text: "the end") `, map[string]any{"r": room.name})
	}
	for i, room := range rooms {
		for _, h := range heard[i] {
			harness.Eventually(t, "all that was said in "+room.name, func() bool {
				_, over := h.howItEnded()
				return over || i < 2 && len(h.heard()) >= len(room.states)
			})
			room.judge(t, h, i == 2)
		}
	}
	sameForAll(s, people, rooms[:2])
}

// everySubscription follows the rooms in every way, each subscription twice.
func everySubscription(s *harness.Server, people []string, rooms []*recordedRoom) [][]*streamReader {
	lines := make([]*sharedSocket, len(people))
	for i, token := range people {
		lines[i] = openSocket(s, token)
	}
	heard := make([][]*streamReader, len(rooms))
	for i, room := range rooms {
		for j, one := range subscriptions {
			who := (i + j) % len(people)
			made := one.inRoom(room.name, room.id, room.start)
			heard[i] = append(heard[i], lines[who].follow(made), followBySSE(s, people[(who+1)%len(people)], made))
		}
	}
	for _, l := range lines {
		go l.readAll()
	}
	return heard
}

// sameForAll asks for everything once more, two people and two ways for each subscription.
func sameForAll(s *harness.Server, people []string, rooms []*recordedRoom) {
	t := s.T.(*testing.T)
	for _, room := range rooms {
		for j, one := range subscriptions {
			made := one.inRoom(room.name, room.id, room.start)
			l := openSocket(s, people[j%len(people)])
			one, other := l.follow(made), followBySSE(s, people[(j+1)%len(people)], made)
			go l.readAll()
			for _, h := range []*streamReader{one, other} {
				harness.Eventually(t, "all that was said", func() bool { return len(h.heard()) >= len(room.states) })
			}
			room.now().judge(t, one, false)
			if !slices.Equal(one.heard(), other.heard()) {
				t.Errorf("%s: two people got different bytes", made.text)
			}
			_ = l.Conn.CloseNow()
			<-l.gone
		}
	}
}

// now is the room with the last states only.
func (r *recordedRoom) now() *recordedRoom {
	last := &recordedRoom{name: r.name}
	for _, states := range r.states {
		last.states = append(last.states, states[len(states)-1:])
	}
	return last
}
