package load

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/coder/websocket"

	"parley/e2e/harness"
)

// A subscriber has a stream, and goes on from where it was whenever that is cut.
type subscriber interface {
	operation() ([]byte, error)                         // the body of its subscription, from where it is
	Event(payload json.RawMessage) error                // an event of the stream
	cut(ctx context.Context, code websocket.StatusCode) // the end of the stream, unless ctx has ended
}

// follow reads a subscriber's stream until it is cut.
func (k *Torture) follow(ctx context.Context, at, token string, overSSE bool, s subscriber) error {
	if overSSE {
		return k.followEvents(ctx, at, token, s)
	}
	conn, err := k.connect(ctx, at, token)
	if conn != nil {
		defer func() { _ = conn.CloseNow() }()
	}
	if err != nil {
		return err
	}
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			s.cut(ctx, websocket.CloseStatus(err))
			return err
		}
		var m harness.Message
		if err := json.Unmarshal(text, &m); err != nil {
			return fmt.Errorf("%w: %s", errEnded, text)
		}
		switch m.Type {
		case "connection_ack":
			err = subscribe(ctx, conn, s)
		case "next":
			err = s.Event(m.Payload)
		case "ping", "pong":
		default:
			err = fmt.Errorf("%w: %s", errEnded, text)
		}
		if err != nil {
			return err
		}
	}
}

// connect opens a socket and signs in.
func (k *Torture) connect(ctx context.Context, at, token string) (*websocket.Conn, error) {
	conn, response, err := websocket.Dial(ctx, "ws://"+at+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: k.HTTP,
	})
	if err != nil {
		return nil, err
	}
	if response.Body != nil {
		_ = response.Body.Close()
	}
	conn.SetReadLimit(1 << 20)
	return conn, conn.Write(ctx, websocket.MessageText, []byte(`{"type":"connection_init","payload":{"authorization":"Bearer `+token+`"}}`))
}

func subscribe(ctx context.Context, conn *websocket.Conn, s subscriber) error {
	payload, err := s.operation()
	if err != nil {
		return err
	}
	text, err := json.Marshal(harness.Message{ID: "1", Type: "subscribe", Payload: payload})
	if err != nil {
		return err
	}
	return conn.Write(ctx, websocket.MessageText, text)
}

// Next reads a message from a socket.
func Next(ctx context.Context, conn *websocket.Conn) (m harness.Message, err error) {
	_, text, err := conn.Read(ctx)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(text, &m)
}
