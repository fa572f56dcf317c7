package members

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parley/e2e/harness"
)

// everythingShared are the fields of a room that streams have.
const everythingShared = `room { id name topic createdAt kind sendRole memberCount lastNumber lastChat { id } }`

// A lost is a private room that bob is about to lose, and his streams.
type lost struct {
	*harness.Server
	ann, bob, in, made string
	cursor             string // of its newest chat
	streams            map[string]*harness.Socket
}

func newLost(t *testing.T) *lost {
	t.Helper()
	x := &lost{Server: harness.New(t, harness.NoLimits()...), streams: map[string]*harness.Socket{}}
	x.ann, _ = x.Register("ann")
	x.bob, _ = x.Register("bob")
	var data struct {
		CreateRoom struct{ ID, CreatedAt string }
		SendChat   struct{ Cursor string }
	}
	x.Must(&data, x.ann, `mutation { createRoom(name: "Plans", topic: "x", kind: PRIVATE, sendRole: ADMIN, members: ["bob"]) { id createdAt } }`)
	x.in, x.made = data.CreateRoom.ID, data.CreateRoom.CreatedAt
	x.Must(&data, x.ann, `mutation($r: ID!) { sendChat(room: $r, text: "x") { cursor } }`, map[string]any{"r": x.in})
	x.cursor = data.SendChat.Cursor
	for name, variables := range map[string]map[string]any{"events of the room": {"rooms": []string{x.in}}, "events of all rooms": {}} {
		k := x.Dial(x.bob)
		k.Expect("connection_ack")
		k.Subscribe("1", `subscription($rooms: [ID!]) { events(rooms: $rooms) { kind cursors `+everythingShared+` } }`, variables)
		k.Expect("next") // it is current
		x.streams[name] = k
	}
	return x
}

// back is what somebody is told first who has seen the room up to a cursor.
func (x *lost) back(cursor string) string {
	x.T.Helper()
	k := x.Dial(x.bob)
	defer func() { _ = k.Conn.CloseNow() }()
	k.Expect("connection_ack")
	k.Subscribe("1", `subscription($after: [Cursor!]) { events(after: $after) { kind `+everythingShared+` } }`, map[string]any{"after": []string{cursor}})
	return string(k.Expect("next").Payload)
}

// end is the last event of the room: of what can change it shows the name, and defaults.
func (x *lost) end(kind string) string {
	return `{"data":{"events":{"kind":"` + kind + `",%s"room":{"id":"` + x.in + `","name":"Plans","topic":null,"createdAt":"` + x.made +
		`","kind":"PRIVATE","sendRole":"MEMBER","memberCount":0,"lastNumber":0,"lastChat":null}}}}`
}

// gone is what is told of a room that never was.
func gone(id string) string {
	return `{"data":{"events":{"kind":"ROOM_DELETED","room":{"id":"` + id + `","name":"","topic":null,"createdAt":"0001-01-01T00:00:00.000Z",` +
		`"kind":"PUBLIC","sendRole":"MEMBER","memberCount":0,"lastNumber":0,"lastChat":null}}}}`
}

// Whoever loses a private room is shown of it, at last, what never changes and the name at that place, live and when they come back;
// once the room is purged, as much as of one that never was.
func TestLastOfALostRoom(t *testing.T) {
	for kind, c := range map[string]struct{ by, call string }{
		"MEMBER_LEFT":    {"bob", `leaveRoom(room: $r)`},
		"MEMBER_REMOVED": {"ann", `removeMember(room: $r, user: "bob")`},
		"ROOM_DELETED":   {"ann", `deleteRoom(room: $r)`},
	} {
		t.Run(kind, func(t *testing.T) {
			x := newLost(t)
			room := map[string]any{"r": x.in}
			x.Must(nil, map[string]string{"ann": x.ann, "bob": x.bob}[c.by], `mutation($r: ID!) { `+c.call+` }`, room)
			for name, k := range x.streams {
				got, want := string(k.Expect("next").Payload), fmt.Sprintf(x.end(kind), `"cursors":null,`)
				if kind == "ROOM_DELETED" && strings.Contains(got, `"name":""`) { // it was purged before this was read
					want = strings.Replace(want, `"Plans"`, `""`, 1)
				}
				if got != want {
					t.Errorf("%s: %s, want %s", name, got, want)
				}
			}
			if kind != "ROOM_DELETED" {
				x.Must(nil, x.ann, `mutation($r: ID!) { updateRoom(room: $r, name: "Later", topic: "y") { id } sendChat(room: $r, text: "y") { id } }`, room)
				if got, want := x.back(x.cursor), fmt.Sprintf(x.end(kind), ""); got != want {
					t.Errorf("back: %s, want %s", got, want)
				}
				x.Must(nil, x.ann, `mutation($r: ID!) { deleteRoom(room: $r) }`, room)
			}
			harness.Eventually(t, "the purge", func() bool { return strings.Contains(x.back(x.cursor), `"ROOM_DELETED"`) })
			if got := x.back(x.cursor); got != gone(x.in) {
				t.Errorf("purged: %s, want %s", got, gone(x.in))
			}
		})
	}
}

// Whoever has lost a room gets the same bytes as for one that never was also while it is sent to as fast as may be, and they are
// remembered as one who may.
func TestLostRoomIsNoBusyRoom(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--room-send-rate", "1/1h")...) // two at once
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	var data struct{ CreateRoom struct{ ID string } }
	s.Must(&data, ann, `mutation { createRoom(name: "Plans", kind: PRIVATE, members: ["bob"]) { id } }`)
	room := map[string]any{"r": data.CreateRoom.ID}
	send := `mutation($r: ID!) { sendChat(room: $r, text: "x") { id } }`
	s.Must(nil, bob, send, room)
	s.Must(nil, ann, send, room)
	if a := s.AskThrough(ann, send, room); a.Code() != "RATE_LIMITED" {
		t.Errorf("ann is answered %s", a.Body)
	}
	s.Must(nil, ann, `mutation($r: ID!) { removeMember(room: $r, user: "bob") }`, room)
	for range 2 {
		a, none := s.AskThrough(bob, send, room), s.AskThrough(bob, send, map[string]any{"r": uuid.NewString()})
		if got, want := ownRequest.ReplaceAllString(a.Body, ""), ownRequest.ReplaceAllString(none.Body, ""); got != want || a.Code() != "NOT_FOUND" {
			t.Errorf("bob is answered %s, and of no room %s", got, want)
		}
	}
}
