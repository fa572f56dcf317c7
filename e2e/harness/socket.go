package harness

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// Socket is a client's side of a WebSocket.
type Socket struct {
	T    testing.TB
	Conn *websocket.Conn
}

// Message is a message of graphql-transport-ws.
type Message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// Dial opens a socket and sends connection_init with a token, none if it is empty.
func (s *Server) Dial(token string) *Socket {
	s.T.Helper()
	conn, response, err := websocket.Dial(s.T.Context(), "ws://"+s.Addr+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		s.T.Fatal(err)
	}
	if response.Body != nil {
		_ = response.Body.Close()
	}
	conn.SetReadLimit(1 << 20)
	s.T.Cleanup(func() { _ = conn.CloseNow() })
	k := &Socket{s.T, conn}
	init := Message{Type: "connection_init"}
	if token != "" {
		init.Payload = json.RawMessage(`{"authorization":"Bearer ` + token + `"}`)
	}
	k.Write(init)
	return k
}

// Live opens a socket with a subscription to events of rooms, and waits until it is current. No rooms: all of the person's.
func (s *Server) Live(token, document string, rooms ...string) *Socket {
	s.T.Helper()
	k := s.Dial(token)
	k.Expect("connection_ack")
	variables := map[string]any{}
	if rooms != nil {
		variables["rooms"] = rooms
	}
	k.Subscribe("1", document, variables)
	if m := k.Expect("next"); !strings.Contains(string(m.Payload), `"CAUGHT_UP"`) {
		s.T.Fatalf("got %s", m.Payload)
	}
	return k
}

func (k *Socket) Write(m Message) {
	k.T.Helper()
	text, err := json.Marshal(m)
	if err != nil {
		k.T.Fatal(err)
	}
	if err := k.Conn.Write(k.T.Context(), websocket.MessageText, text); err != nil {
		k.T.Fatal(err)
	}
}

// Read reads the next message; when the socket is closed it returns the close code instead.
func (k *Socket) Read() (Message, websocket.StatusCode) {
	k.T.Helper()
	ctx, cancel := context.WithTimeout(k.T.Context(), Timeout)
	defer cancel()
	_, text, err := k.Conn.Read(ctx)
	if err != nil {
		code := websocket.CloseStatus(err)
		if code == -1 {
			k.T.Fatalf("the socket broke: %v", err)
		}
		return Message{}, code
	}
	var m Message
	if err := json.Unmarshal(text, &m); err != nil {
		k.T.Fatalf("not JSON: %s", text)
	}
	return m, 0
}

// Expect reads the next message and wants it to be of a type.
func (k *Socket) Expect(kind string) Message {
	k.T.Helper()
	m, code := k.Read()
	if m.Type != kind {
		k.T.Fatalf("got %s %s (close code %d), want %s", m.Type, m.Payload, code, kind)
	}
	return m
}

// WantClose wants the socket to be closed with a code next.
func (k *Socket) WantClose(want websocket.StatusCode) {
	k.T.Helper()
	for {
		m, code := k.Read()
		if code == want {
			return
		}
		if code != 0 || m.Type == "complete" {
			k.T.Fatalf("got %s, close code %d, want close code %d", m.Type, code, want)
		}
	}
}

// Subscribe starts an operation under an id.
func (k *Socket) Subscribe(id, document string, variables any) {
	k.T.Helper()
	payload, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		k.T.Fatal(err)
	}
	k.Write(Message{ID: id, Type: "subscribe", Payload: payload})
}

// Renewal is what a refresh over a socket returns.
type Renewal struct {
	RefreshToken         string
	AccessTokenExpiresAt time.Time
}

// Refresh refreshes over the socket, on which no stream has anything to say meanwhile.
func (k *Socket) Refresh(token string) Renewal {
	k.T.Helper()
	k.Subscribe("refresh", `mutation($t: String!) { refreshToken(token: $t) { refreshToken accessTokenExpiresAt } }`, map[string]any{"t": token})
	m := k.Expect("next")
	var payload struct {
		Data struct{ RefreshToken Renewal }
	}
	if err := json.Unmarshal(m.Payload, &payload); err != nil || payload.Data.RefreshToken.RefreshToken == "" {
		k.T.Fatalf("%s, %v", m.Payload, err)
	}
	k.Expect("complete")
	return payload.Data.RefreshToken
}
