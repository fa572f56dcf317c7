package streams

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"parley/e2e/harness"
)

// differing are documents of which no two share an execution, each showing the text of a chat as often as an event may.
func differing(n int) []string {
	documents := make([]string, n)
	for i := range documents {
		var names strings.Builder
		for k := range 4 {
			fmt.Fprintf(&names, " t%d_%d: text", i, k)
		}
		documents[i] = fmt.Sprintf(`subscription($r: [ID!]!) { events(rooms: $r) { kind chat {%s} } }`, names.String())
	}
	return documents
}

// One person follows many rooms with 20 documents that differ, and a large chat is said in each: what is kept of that for
// slow readers stays within its bounds, and would else be 384 MB.
func TestWindowsUnderAttack(t *testing.T) {
	const sockets, rooms, chats = 20, 80, 1
	p := harness.StartProcess(t, harness.DataDir(t), append(harness.NoLimits(), "--write-timeout", "10m")...)
	ann, _ := p.Register("ann")
	var names []string
	for i := range rooms {
		names = append(names, fmt.Sprint("room", i))
		p.Must(nil, ann, fmt.Sprintf(`mutation { createRoom(name: "room%d") { id } }`, i))
	}
	var reading sync.WaitGroup
	for _, document := range differing(sockets) {
		k := p.Dial(ann)
		k.Expect("connection_ack")
		k.Conn.SetReadLimit(8 << 20)
		k.Subscribe("1", document, map[string]any{"r": names})
		k.Expect("next") // CAUGHT_UP
		reading.Go(func() { countEvents(t, k, rooms*chats) })
	}
	text := strings.Repeat("\u0001", 10_000) // six bytes each in JSON
	for _, room := range names {
		for range chats {
			p.Must(nil, ann, `mutation($r: ID!, $t: String!) { sendChat(room: $r, text: $t) { id } }`, map[string]any{"r": room, "t": text})
		}
	}
	reading.Wait()
	peak := p.Memory("VmHWM")
	t.Logf("%d MiB at most", peak>>20)
	if most := 300<<20 + sockets*64<<10; peak > most && !harness.RaceEnabled {
		t.Errorf("the server took %d MiB, more than %d", peak>>20, most>>20)
	}
}

// countEvents reads until so many events have come.
func countEvents(t *testing.T, k *harness.Socket, n int) {
	for range n {
		_, text, err := k.Conn.Read(t.Context())
		var m harness.Message
		if err == nil {
			err = json.Unmarshal(text, &m)
		}
		if err != nil || m.Type != "next" {
			t.Errorf("got %s, %v (%v)", m.Type, err, websocket.CloseStatus(err))
			return
		}
	}
}
