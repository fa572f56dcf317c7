package stock

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"

	"parley/auth"
	"parley/auth/accounts"
)

// TestStock does what the suite does: it makes a room, subscribes at its start, sends, and reads back. Each
// subscriber costs an execution of its own.
func TestStock(t *testing.T) {
	s := open(t)
	var executed atomic.Int64
	s.http.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		r := next(ctx)
		if r != nil && strings.HasPrefix(graphql.GetOperationContext(ctx).RawQuery, "subscription") {
			executed.Add(1)
		}
		return r
	})
	who, err := s.auth.Register(t.Context(), accounts.Registration{Username: "ann", Password: "correct horse battery"}, auth.Client{})
	if err != nil {
		t.Fatal(err)
	}
	token := string(who.AccessToken)
	server := httptest.NewServer(s)
	defer server.Close()

	room := ask(t, server.URL, token, `mutation{createRoom(name:"general"){id}}`)["createRoom"]["id"].(string)
	cursor := ask(t, server.URL, token, fmt.Sprintf(`{chats(room:%q){syncCursor}}`, room))["chats"]["syncCursor"].(string)
	var subscribers []*websocket.Conn
	for range 3 {
		c := subscribe(t, server.URL, token, fmt.Sprintf(`subscription{chatSent(room:%q,after:%q){number text username}}`, room, cursor))
		defer func() { _ = c.CloseNow() }()
		subscribers = append(subscribers, c)
	}
	for n := range 2 {
		sent := ask(t, server.URL, token, fmt.Sprintf(`mutation{sendChat(room:%q,text:"hi"){number}}`, room))["sendChat"]["number"]
		if sent != float64(n+1) {
			t.Errorf("number %v, want %d", sent, n+1)
		}
		want := fmt.Sprintf(`"payload":{"data":{"chatSent":{"number":%d,"text":"hi","username":"ann"}}}`, n+1)
		for _, c := range subscribers {
			if got := next(t, c); !strings.Contains(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
	if n := executed.Load(); n != 6 {
		t.Errorf("executed %d times, want 6", n)
	}
	if nodes := ask(t, server.URL, token, fmt.Sprintf(`{chats(room:%q){nodes{text}}}`, room))["chats"]["nodes"].([]any); len(nodes) != 2 {
		t.Errorf("%d chats are stored, want 2", len(nodes))
	}
}

// TestStockRefuses keeps who is not signed in outside.
func TestStockRefuses(t *testing.T) {
	s := open(t)
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"mutation{createRoom(name:\"a\"){id}}"}`))
	r.Header.Set("Content-Type", "application/json")
	s.ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), auth.ErrNoToken.Error()) || strings.Contains(w.Body.String(), `"id"`) {
		t.Errorf("got %s", w.Body)
	}
}

func open(t *testing.T) *Server {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil { // the keys ask for it
		t.Fatal(err)
	}
	s, err := Open(t.Context(), filepath.Join(dir, "parley.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func ask(t *testing.T, url, token, query string) map[string]map[string]any {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"query": query})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Data   map[string]map[string]any
		Errors []any
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Errors != nil {
		t.Fatalf("%s: %v %v", query, err, answer.Errors)
	}
	return answer.Data
}

func subscribe(t *testing.T, url, token, query string) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []any{
		map[string]any{"type": "connection_init", "payload": map[string]string{"authorization": token}},
		map[string]any{"id": "1", "type": "subscribe", "payload": map[string]string{"query": query}},
	} {
		text, _ := json.Marshal(message)
		if err := c.Write(t.Context(), websocket.MessageText, text); err != nil {
			t.Fatal(err)
		}
	}
	if got := next(t, c); got != `{"type":"connection_ack"}` {
		t.Fatalf("got %s", got)
	}
	return c
}

func next(t *testing.T, c *websocket.Conn) string {
	t.Helper()
	_, text, err := c.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}
