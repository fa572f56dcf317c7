package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/graph"
	"parley/server"
)

func TestAddresses(t *testing.T) {
	s := harness.New(t)
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/healthz":               {200, "ok"},
		"/readyz":                {200, "ok"},
		"/schema.graphqls":       {200, graph.Schema},
		"/playground":            {200, "<html"},
		"/":                      {200, "<title>Parley</title>"},
		"/room/general":          {200, "<title>Parley</title>"},
		"/nothing":               {404, "<title>Parley</title>"},
		"/nothing.js":            {404, ""},
		"/playground/nothing.js": {404, ""},
		"/graphql?query=%7Bserver%7Bversion%7D%7D": {200, `"version":"` + server.Version + `"`},
	} {
		response, body := s.Get(path)
		if response.StatusCode != want.status || !strings.Contains(body, want.body) {
			t.Errorf("%s: %d %.200s", path, response.StatusCode, body)
		}
	}
	s = harness.New(t, "--web=false")
	for path, want := range map[string]int{"/": 302, "/room/general": 404, "/playground": 200} {
		if response, _ := s.Get(path); response.StatusCode != want {
			t.Errorf("%s without the chat: %d", path, response.StatusCode)
		}
	}
	s = harness.New(t, "--playground=false")
	for path, want := range map[string]int{"/": 200, "/playground": 404} {
		if response, _ := s.Get(path); response.StatusCode != want {
			t.Errorf("%s without the playground: %d", path, response.StatusCode)
		}
	}
	s = harness.New(t, "--web=false", "--playground=false", "--introspection=false")
	for _, path := range []string{"/", "/playground", "/room/general"} {
		if response, _ := s.Get(path); response.StatusCode != 404 {
			t.Errorf("%s without pages: %d", path, response.StatusCode)
		}
	}
	if a := s.Ask("", `{ __schema { queryType { name } } }`); len(a.Errors) == 0 {
		t.Errorf("introspection answers although it is off: %s", a.Body)
	}
}

func TestForeignPagesNeedToBeListed(t *testing.T) {
	s := harness.New(t, "--cors-allowed-origins", "https://chat.example.org")
	const query = "/graphql?query=%7Bserver%7Bversion%7D%7D"
	for origin, allowed := range map[string]string{
		"https://chat.example.org": "https://chat.example.org", "http://chat.example.org": "", "https://chat.example.org:444": "", "null": "",
	} {
		response, _ := s.Get(query, "Origin", origin)
		if got := response.Header.Get("Access-Control-Allow-Origin"); got != allowed {
			t.Errorf("HTTP from %s: allowed %q, want %q", origin, got, allowed)
		}
		upgrade, _ := s.Get("/graphql", "Origin", origin, "Connection", "Upgrade", "Upgrade", "websocket",
			"Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol", "graphql-transport-ws", "X-End", "1")
		if want := map[bool]int{true: 101, false: 403}[allowed != ""]; upgrade.StatusCode != want {
			t.Errorf("WebSocket from %s: %d, want %d", origin, upgrade.StatusCode, want)
		}
	}
}

// Everything that was answered is there after a restart: accounts, tokens, rooms, chats, places.
func TestRestartKeepsEverything(t *testing.T) {
	dir := harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir))
	ann, refresh := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	var sent struct{ SendChat struct{ Cursor string } }
	s.Must(&sent, ann, `mutation { sendChat(room: "general", text: "before") { cursor } }`)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "parley.db")); err != nil && !dbtest.OnPostgres() {
		t.Error(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "keys.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("keys: %v, %v", info.Mode(), err)
	}
	s = harness.Start(t, harness.Config(t, dir))
	k := s.Dial(ann)
	k.Expect("connection_ack")
	k.Subscribe("1", `subscription($after: Cursor) { chatSent(room: "general", after: $after) { number text } }`, map[string]any{"after": sent.SendChat.Cursor})
	s.Must(nil, ann, `mutation { sendChat(room: "general", text: "after") { number } }`)
	if m := k.Expect("next"); !strings.Contains(string(m.Payload), `{"number":2,"text":"after"}`) {
		t.Errorf("got %s", m.Payload)
	}
	s.Must(nil, "", `mutation($t: String) { refreshToken(token: $t) { accessToken } }`, map[string]any{"t": refresh})
}

// A drain tells sockets to come back, never that a stream is complete, and answers what was sent.
func TestDrainSendsClientsAway(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k := s.Dial(ann)
	k.Expect("connection_ack")
	k.Subscribe("1", `subscription { chatSent(room: "general") { number } }`, nil)
	k.Write(harness.Message{Type: "ping"})
	k.Expect("pong")
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Stop() })
	k.WantClose(1012)
	wg.Wait()
}

func TestBadTokenClosesTheSocket(t *testing.T) {
	s := harness.New(t)
	ann, refresh := s.Register("ann")
	for _, token := range []string{"junk", refresh, ann[:len(ann)-1]} {
		s.Dial(token).WantClose(4403)
	}
	s.Must(nil, ann, `mutation { logout }`)
	s.Dial(ann).WantClose(4401)
}

func TestLogoutEndsStreams(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	k := s.Dial(ann)
	k.Expect("connection_ack")
	k.Subscribe("1", `subscription { chatSent(room: "general") { number } }`, nil)
	s.Must(nil, ann, `mutation { logout }`)
	k.WantClose(4401)
}

func TestDeletedRoomEndsStreamsForGood(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	var page struct{ Chats struct{ SyncCursor string } }
	s.Must(&page, ann, `{ chats(room: "general") { syncCursor } }`)
	k := s.Dial(ann)
	k.Expect("connection_ack")
	k.Subscribe("1", `subscription($after: Cursor) { chatSent(room: "general", after: $after) { number } }`, map[string]any{"after": page.Chats.SyncCursor})
	s.Must(nil, ann, `mutation { sendChat(room: "general", text: "x") { id } }`)
	k.Expect("next") // so the stream runs
	s.Must(nil, ann, `mutation { deleteRoom(room: "general") }`)
	if m := k.Expect("error"); !strings.Contains(string(m.Payload), `"NOT_FOUND"`) {
		t.Errorf("got %s", m.Payload)
	}
	k.Write(harness.Message{Type: "ping"}) // the socket lives
	k.Expect("pong")
}

func TestFiftyAtOnceOneGetsTheUsername(t *testing.T) {
	s := harness.New(t, "--register-rate", "0")
	var wg sync.WaitGroup
	codes := make([]string, 50)
	for i := range codes {
		wg.Go(func() {
			a := s.Ask("", `mutation { register(username: "ann", password: "correct horse battery") { accessToken } }`)
			if codes[i] = a.Code(); len(a.Errors) == 0 {
				codes[i] = "won"
			}
		})
	}
	wg.Wait()
	if got := fmt.Sprint(codes); strings.Count(got, "won") != 1 || strings.Count(got, "USERNAME_TAKEN") != 49 {
		t.Errorf("got %v", codes)
	}
}
