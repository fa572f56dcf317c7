package members

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// A bot is in 2,000 rooms and in no more, and follows them all by one stream, which it resumes with the cursors of all in one message.
// A person is in 1,000.
func TestBotsAreInTwoThousandRooms(t *testing.T) {
	const most, together = 2000, 10
	s := harness.New(t, harness.NoLimits()...)
	robot := s.Bot("robot")
	by := people(s, "ann", "bob", "cid")
	for i, who := range []string{"ann", "bob"} { // each of whom is in as many as a person may be
		for n := 0; n < most/2; n += together {
			calls := ""
			for j := range together {
				calls += fmt.Sprintf(`c%d: createRoom(name: "room %d", members: ["robot"]) { id } `, j, i*most/2+n+j)
			}
			s.Must(nil, by[who], "mutation { "+calls+"}")
		}
		wantReason(s, by[who], `createRoom(name: "one more", kind: PRIVATE) { id }`, "LIMIT_REACHED", "ROOMS")
	}
	s.Must(nil, by["cid"], `mutation { createRoom(name: "full") { id } }`)
	code := invitation(s, by["cid"], "full")
	for call, token := range map[string]string{
		`createRoom(name: "one more") { id }`: robot, `joinRoom(room: "full") { id }`: robot, `acceptInvite(code: "` + code + `") { id }`: robot,
		`openDirectRoom(users: ["cid"]) { id }`: robot, `addMember(room: "full", user: "robot") { id }`: by["cid"],
		`createRoom(name: "one more", members: ["robot"]) { id }`: by["cid"], `openDirectRoom(users: ["robot"]) { id }`: by["cid"],
	} {
		wantReason(s, token, call, "LIMIT_REACHED", "ROOMS")
	}
	wantRoom(s, robot, `mutation { at: sendChat(room: "full", text: "x") { room { me { role } } } }`, `{"room":{"me":null}}`)
	cursors := followsAll(s, robot, nil)
	if len(cursors) != most+1 {
		t.Fatalf("%d cursors", len(cursors))
	}
	s.Must(nil, by["bob"], `mutation { sendChat(room: "room 1999", text: "meanwhile") { id } }`)
	if again := followsAll(s, robot, cursors, "meanwhile"); len(again) != most+1 {
		t.Errorf("%d cursors", len(again))
	}
	names := make([]string, most+1)
	for i := range names {
		names[i] = fmt.Sprint("room ", i)
	}
	for token, n := range map[string]int{robot: most, by["cid"]: most / 2} { // by their names, too
		k := s.Dial(token)
		k.Expect("connection_ack")
		k.Subscribe("1", `subscription($rooms: [ID!]) { events(rooms: $rooms) { kind } }`, map[string]any{"rooms": names[:n]})
		k.Expect("next")
		k.Subscribe("2", `subscription($rooms: [ID!]) { events(rooms: $rooms) { kind } }`, map[string]any{"rooms": names[:n+1]})
		if m := k.Expect("error"); !strings.Contains(string(m.Payload), `"ROOMS"`) {
			t.Errorf("%d rooms: %s", n+1, m.Payload)
		}
	}
}

// followsAll opens a stream of all rooms, wants chats and then to be current, and returns the cursors of that.
func followsAll(s *harness.Server, token string, after []string, chats ...string) (cursors []string) {
	s.T.Helper()
	k := s.Dial(token)
	k.Expect("connection_ack")
	k.Subscribe("1", `subscription($after: [Cursor!]) { events(after: $after) { kind chat { text } cursors } }`, map[string]any{"after": after})
	for {
		var said struct {
			Data struct {
				Events struct {
					Kind    string
					Chat    struct{ Text string }
					Cursors []string
				}
			}
		}
		if err := json.Unmarshal(k.Expect("next").Payload, &said); err != nil {
			s.T.Fatal(err)
		}
		switch e := said.Data.Events; {
		case e.Kind == "CAUGHT_UP" && len(chats) == 0:
			return e.Cursors
		case e.Kind != "CHAT_SENT" || len(chats) == 0 || e.Chat.Text != chats[0]:
			s.T.Fatalf("got %.300v, want %v", e, chats)
		}
		chats = chats[1:]
	}
}
