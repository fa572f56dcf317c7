package people

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"parley/e2e/harness"
)

// wantRead wants next that somebody has read so far. Their level is nobody's business, and is not in a stream.
func wantRead(k *harness.Socket, who string, lastRead int) {
	k.T.Helper()
	e := wantKind(k, "MEMBER_READ")
	if m := e.Member; e.Actor == nil || e.Actor.Username != who || e.Cursor != nil || m == nil || m.User.Username != who || m.Notify != nil {
		k.T.Errorf("got %+v, %+v, want it to be of %s", e, e.Member, who)
	}
	if m := e.Member; m == nil || m.LastRead == nil || *m.LastRead != lastRead {
		k.T.Errorf("got %+v, want %s to have read up to %d", m, who, lastRead)
	}
}

// What somebody has read on one device is told to their others, in streams of one room as in those of all, and of a public
// room to nobody else.
func TestReadingIsToldToOnesOwnDevices(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	second := s.SignIn("ann", "correct horse battery").AccessToken
	s.Must(nil, ann, `mutation { createRoom(name: "general", members: ["bob"]) { id } setNotify(room: "general", level: NONE) { id } }`)
	own := []*harness.Socket{live(s, ann, "general"), live(s, second), live(s, second, "general")}
	others := []*harness.Socket{live(s, bob, "general"), live(s, bob)}
	sse := s.Follow(second, eventsDocument, map[string]any{"rooms": []string{"general"}})
	if _, data := sse.Next(); !strings.Contains(data, "CAUGHT_UP") {
		t.Fatalf("got %s", data)
	}
	id := send(s, bob, "general", "hello")
	for _, k := range append(own, others...) {
		wantKind(k, "CHAT_SENT")
	}
	sse.Next()
	s.Must(nil, ann, readDocument, map[string]any{"chat": id})
	for _, k := range own {
		wantRead(k, "ann", 1)
	}
	if _, data := sse.Next(); !strings.Contains(data, `"kind":"MEMBER_READ"`) || !strings.Contains(data, `"lastRead":1,"notify":null`) {
		t.Errorf("got %s", data)
	}
	s.Must(nil, ann, readDocument, map[string]any{"chat": id}) // which does not move it
	send(s, bob, "general", "behind")
	for _, k := range append(own, others...) {
		wantKind(k, "CHAT_SENT")
	}
}

// In a direct room it is told to the other one too, who may ask how far it is; which chats ring is told to nobody.
func TestReadingIsToldInDirectRooms(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	var made struct{ OpenDirectRoom struct{ ID string } }
	s.Must(&made, ann, `mutation { openDirectRoom(users: ["bob"]) { id } }`)
	room := made.OpenDirectRoom.ID
	s.Must(nil, bob, `mutation($room: ID!) { setNotify(room: $room, level: NONE) { id } }`, map[string]any{"room": room})
	all := []*harness.Socket{live(s, ann, room), live(s, ann), live(s, bob, room), live(s, bob)}
	send(s, ann, room, "one")
	id := send(s, ann, room, "two")
	for _, k := range all {
		wantKind(k, "CHAT_SENT")
		wantKind(k, "CHAT_SENT")
	}
	s.Must(nil, bob, readDocument, map[string]any{"chat": id})
	for _, k := range all {
		wantRead(k, "bob", 2)
	}
	for token, want := range map[string]string{
		ann: `[{"lastRead":0,"notify":"ALL","user":{"username":"ann"}},{"lastRead":2,"notify":null,"user":{"username":"bob"}}]`,
		bob: `[{"lastRead":0,"notify":null,"user":{"username":"ann"}},{"lastRead":2,"notify":"NONE","user":{"username":"bob"}}]`,
	} {
		a := s.AskThrough(token, `query($room: ID!) { room(id: $room) { members { nodes { lastRead notify user { username } } } } }`, map[string]any{"room": room})
		if !strings.Contains(a.Body, want) {
			t.Errorf("got %s, want %s", a.Body, want)
		}
	}
}

// Three devices say in any order, and all at once, what they have read: it never goes back, each answer has at least what was
// sent, and the largest is told.
func TestReadingOutOfOrder(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general", members: ["bob"]) { id } }`)
	var chats []string
	for range 30 {
		chats = append(chats, send(s, bob, "general", "x"))
	}
	k := live(s, ann)
	var devices sync.WaitGroup
	for range 3 {
		token := s.SignIn("ann", "correct horse battery").AccessToken
		devices.Go(func() {
			before := 0
			for _, i := range rand.Perm(len(chats)) {
				var data struct{ MarkRead struct{ LastRead int } }
				s.Must(&data, token, readDocument, map[string]any{"chat": chats[i]})
				if now := data.MarkRead.LastRead; now < i+1 || now < before {
					t.Errorf("chat %d read behind %d: %d", i+1, before, now)
				}
				before = data.MarkRead.LastRead
			}
		})
	}
	devices.Wait()
	for last := 0; last < len(chats); {
		e := wantKind(k, "MEMBER_READ")
		if e.Member == nil || e.Member.LastRead == nil || *e.Member.LastRead > len(chats) {
			t.Fatalf("got %+v", e.Member)
		}
		last = *e.Member.LastRead // of two the larger one counts
	}
	if a := s.AskThrough(ann, `{ room(id: "general") { unreadCount lastNumber me { lastRead } } }`); a.Body != `{"data":{"room":{"unreadCount":0,"lastNumber":30,"me":{"lastRead":30}}}}` {
		t.Errorf("got %s", a.Body)
	}
}

// A chat of another room moves that room alone; whoever is not in it moves nothing, and does not learn that there is one.
func TestReadingOfOtherRooms(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	bob, _ := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general", members: ["bob"]) { id } open: createRoom(name: "open") { id } }`)
	var made struct{ Other, Secret struct{ ID string } }
	s.Must(&made, ann, `mutation { other: createRoom(name: "other", kind: PRIVATE, members: ["bob"]) { id } secret: createRoom(name: "secret", kind: PRIVATE) { id } }`)
	send(s, ann, "general", "x")
	send(s, ann, "open", "x")
	read, secret, open := send(s, ann, made.Other.ID, "x"), send(s, ann, made.Secret.ID, "x"), send(s, ann, "open", "x")
	s.Must(nil, bob, readDocument, map[string]any{"chat": strings.ToUpper(read)})
	wantRefused(t, "a public room", s.AskThrough(bob, readDocument, map[string]any{"chat": open}), "FORBIDDEN", "")
	hidden, nothing := s.AskThrough(bob, readDocument, map[string]any{"chat": secret}), s.Ask(bob, readDocument, map[string]any{"chat": made.Secret.ID})
	wantRefused(t, "a private room", hidden, "NOT_FOUND", "")
	if len(hidden.Errors) != 1 || len(nothing.Errors) != 1 || hidden.Errors[0].Message != nothing.Errors[0].Message {
		t.Errorf("a chat that may not be seen: %s; none: %s", hidden.Body, nothing.Body)
	}
	a := s.AskThrough(bob, `query($other: ID!) { general: room(id: "general") { unreadCount } other: room(id: $other) { unreadCount } open: room(id: "open") { unreadCount me { id } } }`, map[string]any{"other": made.Other.ID})
	if a.Body != `{"data":{"general":{"unreadCount":1},"other":{"unreadCount":0},"open":{"unreadCount":0,"me":null}}}` {
		t.Errorf("got %s", a.Body)
	}
}
