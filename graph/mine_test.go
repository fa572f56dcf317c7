package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/rounds"
)

const mine = "{ events " + eventFields + " }"

// Whoever is added and removed over and over is given nothing that was read after a removal, and everything after the last
// addition.
func TestAddedAndRemovedInALoop(t *testing.T) {
	for _, waits := range []bool{true, false} {
		t.Run(fmt.Sprint("waits ", waits), func(t *testing.T) {
			g := newGround(t)
			ann := g.person("ann", mine)
			ann.until("CAUGHT_UP")
			old := g.say("old")
			for i := range rounds.Of(t, 20, 300) {
				g.add(ann.Caller)
				if waits { // else she may be out again before her stream knows that she was in
					ann.until("MEMBER_JOINED")
				}
				g.say("open")
				if waits && i%2 == 0 {
					ann.until(`"open"`)
				}
				g.remove(ann.Caller)
				secret := fmt.Sprintf("secret %d.", i)
				g.hide(secret, old)
				if waits { // else she may be in again when she is judged, and may read all of it
					wantNone(t, ann.until("MEMBER_REMOVED"), secret)
				}
			}
			g.add(ann.Caller)
			for i := range 3 {
				g.say(fmt.Sprintf("last %d", i))
			}
			var rest []string
			for i := range 3 {
				rest = append(rest, ann.until(fmt.Sprintf(`"text":"last %d"`, i))...)
			}
			if waits && len(rest) != 4 { // her joining in front
				t.Errorf("after the last addition came %d events: %v", len(rest), rest)
			}
		})
	}
}

// A page of the log ends long before the removal that lies behind it. The person goes straight to the end, which shows the
// room as it was called then and nothing else; others are given everything.
func TestRemovalBeyondAPage(t *testing.T) {
	for name, c := range map[string]struct{ subscription, last, end string }{
		"all rooms": {mine, `"kind":"MEMBER_REMOVED"`, ""},
		"one room":  {`{ events(rooms: ["%s"]) ` + eventFields + ` }`, `"kind":"MEMBER_REMOVED"`, `"FORBIDDEN"`},
		"chats":     {`{ chatSent(room: "%s", after: "%s") { text room { name topic lastChat { text } } } }`, "", `"FORBIDDEN"`},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGround(t)
			subscription := strings.Replace(strings.Replace(c.subscription, "%s", g.in.String(), 1), "%s", g.cursor, 1)
			ann, bob := g.person("ann", ""), g.person("bob", "")
			g.add(ann.Caller)
			g.add(bob.Caller)
			old := g.say("old")
			for _, p := range []*person{ann, bob} {
				p.subscribe(subscription)
			}
			ready := "CAUGHT_UP"
			if name == "chats" {
				ready = `"old"`
			}
			ann.until(ready)
			bob.until(ready)
			g.gate.shut.Store(true)
			for i := range 400 {
				g.say(fmt.Sprint("between ", i))
			}
			g.remove(ann.Caller)
			g.hide("secret", old)
			g.say("the end")
			g.gate.shut.Store(false)
			g.gate.Notify(g.in, ann.ID)
			var last []string
			for _, part := range []string{c.last, c.end} {
				if part != "" {
					last = append(last, ann.until(part)...)
				}
			}
			wantNone(t, last, "secret")
			wantNone(t, last, "between")
			if all := bob.until(`"text":"the end"`); strings.Count(strings.Join(all, ""), `"between`) < 400 {
				t.Errorf("bob was given %d messages", len(all))
			}
			if room := `"room":{"id":"` + g.in.String() + `","name":"general","topic":null,`; c.last != "" && !strings.Contains(strings.Join(last, ""), room) {
				t.Errorf("the last event was %v", last)
			}
		})
	}
}

// Whoever comes later is shown a room as it is called now, also with what others have been given before.
func TestRenamedRoomIsNotShownAsItWas(t *testing.T) {
	g := newGround(t)
	ann, bob := g.person("ann", ""), g.person("bob", "")
	g.add(ann.Caller)
	g.add(bob.Caller)
	follow := func(p *person) {
		writeMessage(t, p.conn, map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{
			"query":     "subscription($rooms:[ID!],$after:[Cursor!]){events(rooms:$rooms,after:$after)" + eventFields + "}",
			"variables": map[string]any{"rooms": []string{g.in.String()}, "after": []string{g.cursor}},
		}})
	}
	follow(ann)
	ann.until("CAUGHT_UP")
	g.say("one")
	g.say("two")
	ann.until(`"text":"two"`)
	g.rename("renamed")
	ann.until("ROOM_UPDATED")
	follow(bob)
	shown := bob.until("ROOM_UPDATED")
	wantNone(t, shown, `"name":"general"`)
	if len(shown) != 5 { // two have joined, two chats, one name
		t.Errorf("got %v", shown)
	}
}
