package data

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"parley/e2e/harness"
)

type unusualPage struct {
	Chats struct {
		Nodes []struct {
			ID, Text string
			Number   int
			Room     struct{ ID string }
		}
		PageInfo struct {
			EndCursor   string
			HasNextPage bool
		}
	}
}

// readBack finds everything that was taken.
func (w *unusualValues) readBack() {
	w.T.Helper()
	paged := map[string]string{} // id → text
	var order []string
	for after, more := any(nil), true; more; {
		var page unusualPage
		w.Must(&page, w.bob, `query($a: Cursor) { chats(room: "general", first: 200, after: $a) { nodes { id text number room { id } } pageInfo { endCursor hasNextPage } } }`, map[string]any{"a": after})
		for _, c := range page.Chats.Nodes {
			paged[c.ID], order = c.Text, append(order, c.ID)
			if c.Number != len(order) {
				w.T.Errorf("chat %s has number %d, want %d", c.ID, c.Number, len(order))
			}
		}
		after, more = page.Chats.PageInfo.EndCursor, page.Chats.PageInfo.HasNextPage
	}
	for id, text := range w.sent {
		if got, there := paged[id]; !there || got != text {
			w.T.Errorf("chat %s is %.100q on its page (%v), want %.100q", id, got, there, text)
		}
	}
	if len(paged) != len(w.sent) {
		w.T.Errorf("%d chats on the pages, and %d were taken", len(paged), len(w.sent))
	}
	w.stream(order, paged)
	w.nodes(order, paged)
	for _, name := range w.names {
		if a := w.Ask(w.bob, `query($n: ID!) { room(id: $n) { id name topic } }`, map[string]any{"n": name}); len(a.Errors) > 0 {
			w.T.Errorf("the room %.100q is not found: %s", name, a.Body)
		}
	}
	for name, password := range w.passwords {
		if a := w.Ask(w.bob, `query($n: ID!) { user(id: $n) { id username } }`, map[string]any{"n": name}); len(a.Errors) > 0 {
			w.T.Errorf("the user %q is not found: %s", name, a.Body)
		}
		if password != "correct horse battery" {
			w.SignIn(name, password)
		}
	}
	if a := w.Ask(w.bob, `{ rooms(first: 200) { nodes { id name topic lastChat { id text } } } }`); len(a.Errors) > 0 {
		w.T.Errorf("the list of rooms: %s", a.Body)
	}
}

// stream reads the room from its beginning.
func (w *unusualValues) stream(order []string, paged map[string]string) {
	w.T.Helper()
	k := w.Dial(w.bob)
	k.Expect("connection_ack")
	k.Conn.SetReadLimit(-1)
	k.Subscribe("1", `subscription($a: Cursor) { chatSent(room: "general", after: $a) { id text } }`, map[string]any{"a": w.start})
	for _, id := range order {
		var payload struct {
			Data struct{ ChatSent struct{ ID, Text string } }
		}
		if err := json.Unmarshal(k.Expect("next").Payload, &payload); err != nil || payload.Data.ChatSent.ID != id || payload.Data.ChatSent.Text != paged[id] {
			w.T.Fatalf("the stream says %.200q, %v; want chat %s", payload, err, id)
		}
	}
}

func (w *unusualValues) nodes(ids []string, paged map[string]string) {
	w.T.Helper()
	for len(ids) > 0 {
		some := ids[:min(100, len(ids))]
		ids = ids[len(some):]
		var data struct {
			Nodes []struct{ ID, Text string }
		}
		w.Must(&data, w.bob, `query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Chat { text } } }`, map[string]any{"ids": some})
		for i, id := range some {
			if n := data.Nodes[i]; n.ID != id || n.Text != paged[id] {
				w.T.Errorf("node %s is %.200q", id, n)
			}
		}
	}
}

// move goes on with the server's data in another database, by export and import.
func (w *unusualValues) move(dir string) {
	w.T.Helper()
	if err := w.Stop(); err != nil {
		w.test.Fatal(err)
	}
	to := harness.DataDir(w.T)
	text := exportOf(w.test, dir)
	if strings.Contains(string(text), `id":"`+harness.NilID) {
		w.T.Error("the export holds the nil UUID")
	}
	if status, stderr := importInto(w.test, to, text); status != 0 {
		w.T.Fatalf("the import of what was taken: %s", stderr)
	}
	keys, err := os.ReadFile(filepath.Join(dir, "keys.json"))
	if err == nil {
		err = os.WriteFile(filepath.Join(to, "keys.json"), keys, 0o600)
	}
	if err != nil {
		w.T.Fatal(err)
	}
	w.Server = harness.Start(w.test, harness.Config(w.T, to, append(harness.NoLimits(), "--address-request-rate", "0", "--login-attempts", "0")...))
}
