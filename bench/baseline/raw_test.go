package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// TestRaw has two clients subscribe to one room and a third to another. Each is given the chats of its own
// room, in order and behind its own id.
func TestRaw(t *testing.T) {
	b := newRaw()
	server := httptest.NewServer(b)
	defer server.Close()
	clients := map[string]*websocket.Conn{}
	for id, room := range map[string]string{"one": "a", "two": "a", "three": "b"} {
		c := connect(t, server.URL, fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":{"query":"…","variables":{"room":%q}}}`, id, room))
		defer func() { _ = c.CloseNow() }()
		clients[id] = c
	}
	for n := range 3 {
		for _, room := range []string{"a", "b"} {
			body := fmt.Sprintf(`{"query":"…","variables":{"room":%q,"text":"%d in %s","id":"x","username":"ann"}}`, room, n+1, room)
			want := fmt.Sprintf(`{"data":{"sendChat":{"id":"x","number":%d}}}`, n+1)
			if status, answer := post(b, body); status != 200 || strings.TrimSpace(answer) != want {
				t.Errorf("status %d: %s, want %s", status, answer, want)
			}
		}
	}
	for id, room := range map[string]string{"one": "a", "two": "a", "three": "b"} {
		for n := range 3 {
			want := fmt.Sprintf(`{"id":%q,"type":"next","payload":{"data":{"chatSent":{"id":"x","number":%d,"username":"ann","text":"%d in %s","createdAt":"20`, id, n+1, n+1, room)
			if got := next(t, clients[id]); !strings.HasPrefix(got, want) {
				t.Errorf("got %s, want %s…", got, want)
			}
		}
	}
}

// TestRawForgetsWhoLeaves closes a socket, which is forgotten as soon as the server has said goodbye.
func TestRawForgetsWhoLeaves(t *testing.T) {
	b := newRaw()
	server := httptest.NewServer(b)
	defer server.Close()
	c := connect(t, server.URL, `{"id":"1","type":"subscribe","payload":{"variables":{"room":"a"}}}`)
	if n := len(b.room("a").sockets); n != 1 {
		t.Fatalf("%d sockets, want 1", n)
	}
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	b.waitEmpty(t)
}

// waitEmpty sends until nobody is there to be written to.
func (b *raw) waitEmpty(t *testing.T) {
	t.Helper()
	h := b.room("a")
	for t.Context().Err() == nil {
		if err := h.send(&delivered{}); err != nil {
			t.Fatal(err)
		}
		h.mu.Lock()
		n := len(h.sockets)
		h.mu.Unlock()
		if n == 0 {
			return
		}
	}
}

// connect opens a socket, writes what it is given, and returns when the server has taken it.
func connect(t *testing.T, url, subscribe string) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, c, `{"type":"connection_init"}`)
	if got := next(t, c); got != `{"type":"connection_ack"}` {
		t.Fatalf("got %s", got)
	}
	write(t, c, subscribe)
	write(t, c, `{"type":"ping"}`)
	if got := next(t, c); got != `{"type":"pong"}` {
		t.Fatalf("got %s", got)
	}
	return c
}

func write(t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	if err := c.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func next(t *testing.T, c *websocket.Conn) string {
	t.Helper()
	_, text, err := c.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
