package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
)

// A socket speaks graphql-transport-ws and carries one subscription.
type socket struct {
	conn *websocket.Conn
	buf  []byte
}

const chatSentDocument = `subscription($room:ID!,$after:Cursor){chatSent(room:$room,after:$after)` +
	`{id number username text createdAt}}`

// dial opens a socket for the holder of token. A server that takes no more sockets just now (503,
// 429) is asked again when it says.
func dial(ctx context.Context, url, token string) (*socket, error) {
	for {
		conn, response, err := websocket.Dial(ctx, url+"/graphql", &websocket.DialOptions{
			Subprotocols: []string{"graphql-transport-ws"},
		})
		if err == nil {
			conn.SetReadLimit(1 << 20)
			s := &socket{conn: conn}
			return s, s.begin(ctx, token)
		}
		if response == nil || response.StatusCode != http.StatusServiceUnavailable &&
			response.StatusCode != http.StatusTooManyRequests {
			return nil, fmt.Errorf("open a socket: %w", err)
		}
		after, err := strconv.Atoi(response.Header.Get("Retry-After"))
		if err != nil {
			after = 1
		}
		wait := time.Duration(after)*time.Second + rand.N(time.Second)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// begin signs in.
func (s *socket) begin(ctx context.Context, token string) error {
	err := s.say(ctx, map[string]any{"type": "connection_init", "payload": map[string]any{"authorization": token}})
	if err != nil {
		return fmt.Errorf("sign in on a socket: %w", err)
	}
	message, err := s.next(ctx)
	if err == nil && !bytes.Contains(message, []byte(`"connection_ack"`)) {
		err = fmt.Errorf("no connection_ack but %.200s", message)
	}
	if err != nil {
		s.close()
		return fmt.Errorf("sign in on a socket: %w", err)
	}
	return nil
}

// subscribe starts the stream of a room behind a cursor.
func (s *socket) subscribe(ctx context.Context, room, after string) error {
	err := s.say(ctx, map[string]any{"id": "1", "type": "subscribe", "payload": map[string]any{
		"query": chatSentDocument, "variables": map[string]any{"room": room, "after": after},
	}})
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return nil
}

func (s *socket) say(ctx context.Context, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return s.conn.Write(ctx, websocket.MessageText, text)
}

// next is the next message, good until the call after it.
func (s *socket) next(ctx context.Context) ([]byte, error) {
	_, in, err := s.conn.Reader(ctx)
	if err != nil {
		return nil, err
	}
	if s.buf == nil {
		s.buf = make([]byte, 1<<10)
	}
	n := 0
	for {
		m, err := in.Read(s.buf[n:])
		n += m
		if errors.Is(err, io.EOF) {
			return s.buf[:n], nil
		}
		if err != nil {
			return nil, err
		}
		if n == len(s.buf) {
			s.buf = append(s.buf, make([]byte, n)...)
		}
	}
}

// close cuts the connection; a goroutine that waits in next gets an error.
func (s *socket) close() { _ = s.conn.CloseNow() }
