package graph_test

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
)

// A reaction costs one execution and one encoding, however many follow the room, and also when the next comes at once: it makes
// nothing old that has been encoded, as an edit does.
func TestAReactionIsExecutedOnce(t *testing.T) {
	const people, streams, reactions = 25, 20, 5
	a := newTestAPI(t)
	id := a.send(t, "x")
	var conns []net.Conn
	for i := range people {
		conn := a.connect(t, string(a.register(t, fmt.Sprint("reader", i)).AccessToken))
		for k := range streams {
			writeMessage(t, conn, map[string]any{"type": "subscribe", "id": fmt.Sprint(k), "payload": map[string]any{
				"query":     "subscription($room:ID!){events(rooms:[$room]){kind emoji actor{username} chat{reactions{emoji count users{username}}}}}",
				"variables": map[string]any{"room": a.room.ID.String()},
			}})
		}
		for range streams {
			if got, _ := json.Marshal(readMessage(t, conn)); !strings.Contains(string(got), "CAUGHT_UP") {
				t.Fatalf("got %s", got)
			}
		}
		conns = append(conns, conn)
	}
	before := a.executed.Load()
	for n := range reactions {
		if _, err := a.chat.React(t.Context(), a.owner, id, fmt.Sprint("kind", n), true); err != nil {
			t.Fatal(err)
		}
	}
	for _, conn := range conns {
		for range reactions * streams {
			if got, _ := json.Marshal(readMessage(t, conn)); !strings.Contains(string(got), `"CHAT_REACTED"`) || !strings.Contains(string(got), `"users":[{"username":"owner"}]`) {
				t.Fatalf("got %s", got)
			}
		}
	}
	if got := a.executed.Load() - before; got != reactions {
		t.Errorf("%d reactions for %d subscribers: %d executions", reactions, people*streams, got)
	}
}
