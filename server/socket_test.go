package server

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// socket is a client's side of a WebSocket.
type socket struct {
	t    testing.TB
	conn *websocket.Conn
}

type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// dial opens a socket and sends connection_init with a token, none if it is empty.
func (s *testServer) dial(token string) *socket {
	s.t.Helper()
	conn, response, err := websocket.Dial(s.t.Context(), "ws://"+s.addr+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		s.t.Fatal(err)
	}
	if response.Body != nil {
		_ = response.Body.Close()
	}
	conn.SetReadLimit(1 << 20)
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	k := &socket{s.t, conn}
	init := message{Type: "connection_init"}
	if token != "" {
		init.Payload = json.RawMessage(`{"authorization":"Bearer ` + token + `"}`)
	}
	k.write(init)
	return k
}

func (k *socket) write(m message) {
	k.t.Helper()
	text, err := json.Marshal(m)
	if err != nil {
		k.t.Fatal(err)
	}
	if err := k.conn.Write(k.t.Context(), websocket.MessageText, text); err != nil {
		k.t.Fatal(err)
	}
}

// read reads the next message; when the socket is closed it answers the close code instead.
func (k *socket) read() (message, websocket.StatusCode) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), patience)
	defer cancel()
	_, text, err := k.conn.Read(ctx)
	if err != nil {
		code := websocket.CloseStatus(err)
		if code == -1 {
			k.t.Fatalf("the socket broke: %v", err)
		}
		return message{}, code
	}
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		k.t.Fatalf("not JSON: %s", text)
	}
	return m, 0
}

// expect reads the next message and wants it to be of a type.
func (k *socket) expect(kind string) message {
	k.t.Helper()
	m, code := k.read()
	if m.Type != kind {
		k.t.Fatalf("got %s %s (close code %d), want %s", m.Type, m.Payload, code, kind)
	}
	return m
}

func (k *socket) wantClose(want websocket.StatusCode) {
	k.t.Helper()
	for {
		m, code := k.read()
		if code == want {
			return
		}
		if code != 0 || m.Type == "complete" {
			k.t.Fatalf("got %s, close code %d, want close code %d", m.Type, code, want)
		}
	}
}

// subscribe starts an operation under an id.
func (k *socket) subscribe(id, document string, variables any) {
	k.t.Helper()
	payload, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		k.t.Fatal(err)
	}
	k.write(message{ID: id, Type: "subscribe", Payload: payload})
}

// renewal is what a refresh over a socket answers.
type renewal struct {
	RefreshToken         string
	AccessTokenExpiresAt time.Time
}

// refresh refreshes over the socket, on which no stream has anything to say meanwhile.
func (k *socket) refresh(token string) renewal {
	k.t.Helper()
	k.subscribe("refresh", `mutation($t: String!) { refreshToken(token: $t) { refreshToken accessTokenExpiresAt } }`, map[string]any{"t": token})
	m := k.expect("next")
	var payload struct {
		Data struct{ RefreshToken renewal }
	}
	if err := json.Unmarshal(m.Payload, &payload); err != nil || payload.Data.RefreshToken.RefreshToken == "" {
		k.t.Fatalf("%s, %v", m.Payload, err)
	}
	k.expect("complete")
	return payload.Data.RefreshToken
}
