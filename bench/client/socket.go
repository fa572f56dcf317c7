package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

// A Socket speaks graphql-transport-ws and carries one subscription at a time. It is written by hand, because a
// library would cost the shared machine more than the server's own work. It belongs to one goroutine.
type Socket struct {
	Conn   net.Conn
	Unread []byte // what has been read and not been taken
	buffer []byte // where reads go, as long as nobody else reads
}

// ChatSentDocument is the usual subscription: the chats of a room behind a cursor.
const ChatSentDocument = `subscription($room:ID!,$after:Cursor){chatSent(room:$room,after:$after)` +
	`{id number username text createdAt}}`

// upgrade is the request for a socket. What the server answers to the key is not looked at.
const upgrade = "GET /graphql HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
	"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"

// Dial opens a socket for the holder of token. A server that takes no more sockets just now (503,
// 429) is asked again when it says.
func Dial(ctx context.Context, with net.Dialer, url, token string) (*Socket, error) {
	for {
		s, again, err := dialOnce(ctx, with, HostOf(url))
		if err != nil {
			return nil, fmt.Errorf("open a socket: %w", err)
		}
		if s != nil {
			return s, s.begin(token)
		}
		select {
		case <-time.After(again + rand.N(time.Second)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// dialOnce returns a socket, or how long the server asks to wait.
func dialOnce(ctx context.Context, with net.Dialer, addr string) (*Socket, time.Duration, error) {
	c := NewConn(addr)
	var err error
	with.Timeout = answerTimeout
	if c.net, err = with.DialContext(ctx, "tcp", addr); err != nil {
		return nil, 0, err
	}
	c.in.Reset(c.net)
	status, _, err := c.Do(fmt.Appendf(nil, upgrade, addr))
	switch {
	case err != nil:
		return nil, 0, err
	case status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests:
		c.Close()
		return nil, max(time.Second, c.retryAfter), nil
	case status != http.StatusSwitchingProtocols:
		c.Close()
		return nil, 0, fmt.Errorf("status %d", status)
	}
	early, _ := c.in.Peek(c.in.Buffered())
	return &Socket{Conn: c.net, Unread: bytes.Clone(early)}, 0, nil
}

// begin signs in.
func (s *Socket) begin(token string) error {
	err := s.say(map[string]any{"type": "connection_init", "payload": map[string]any{"authorization": token}})
	if err == nil {
		err = s.expect(`"connection_ack"`)
	}
	if err != nil {
		s.Close()
		return fmt.Errorf("sign in on a socket: %w", err)
	}
	return nil
}

// Subscribe starts the stream of a room behind a cursor, which may be empty.
func (s *Socket) Subscribe(document, room, after string) error {
	variables := map[string]any{"room": room}
	if after != "" {
		variables["after"] = after
	}
	return s.Start(document, variables)
}

// Start starts a stream.
func (s *Socket) Start(document string, variables map[string]any) error {
	err := s.say(map[string]any{"id": "1", "type": "subscribe", "payload": map[string]any{
		"query": document, "variables": variables,
	}})
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return nil
}

// Complete ends the stream; another one may follow.
func (s *Socket) Complete() error { return s.say(map[string]any{"id": "1", "type": "complete"}) }

// Sync waits until the server has seen what was said before.
func (s *Socket) Sync() error {
	err := s.say(map[string]any{"type": "ping"})
	if err == nil {
		err = s.expect(`"pong"`)
	}
	return err
}

func (s *Socket) say(message any) error {
	text, err := json.Marshal(message)
	if err == nil {
		err = s.send(TextFrame, text)
	}
	return err
}

func (s *Socket) send(kind byte, payload []byte) error {
	_, err := s.Conn.Write(EncodeFrame(kind, payload))
	return err
}

func (s *Socket) expect(what string) error {
	message, err := s.Next()
	if err == nil && !bytes.Contains(message, []byte(what)) {
		err = fmt.Errorf("no %s but %.200s", what, message)
	}
	return err
}

// Next is the next message, good until the call after it. It waits for answerTimeout at most.
func (s *Socket) Next() ([]byte, error) {
	for {
		f, rest, err := CutFrame(s.Unread)
		switch {
		case err != nil:
			return nil, err
		case len(rest) == len(s.Unread):
			if err := s.more(); err != nil {
				return nil, err
			}
			continue
		}
		s.Unread = rest
		switch f.Kind {
		case TextFrame:
			return f.Payload, nil
		case PingFrame:
			if err := s.send(PongFrame, f.Payload); err != nil {
				return nil, err
			}
		case CloseFrame:
			return nil, ClosedBy(f.Payload)
		}
	}
}

// more reads what has come behind what is left.
func (s *Socket) more() error {
	if cap(s.buffer) < len(s.Unread)+4<<10 {
		s.buffer = make([]byte, len(s.Unread)+8<<10)
	}
	n := copy(s.buffer[:cap(s.buffer)], s.Unread)
	if err := s.Conn.SetReadDeadline(time.Now().Add(answerTimeout)); err != nil {
		return err
	}
	m, err := s.Conn.Read(s.buffer[n:cap(s.buffer)])
	s.Unread = s.buffer[:n+m]
	if m > 0 {
		return nil
	}
	return errors.Join(err, io.ErrNoProgress)
}

// A closed socket is one that the server has closed with a code; 1005: without.
type closed struct {
	code   int
	reason string
}

func (c closed) Error() string {
	return fmt.Sprintf("closed by the server with %d %q", c.code, c.reason)
}

// IsBusy says that the server cannot serve somebody now, who is to ask again: it has closed the connection for that, or
// refused a stream.
func IsBusy(err error) bool {
	var end closed
	var no Refusal
	return errors.As(err, &end) && end.code == 1013 || errors.As(err, &no) && no.code == "SERVER_BUSY"
}

// RefusedBy is the error of a stream that ended with this message, or did not begin.
func RefusedBy(message []byte) error {
	var m struct {
		Type    string
		Payload []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if json.Unmarshal(message, &m) != nil || m.Type != "error" || len(m.Payload) == 0 {
		return nil
	}
	return Refusal{m.Payload[0].Extensions.Code, m.Payload[0].Message}
}

// ClosedBy is the error of a connection that ended with this close frame.
func ClosedBy(payload []byte) error {
	if len(payload) < 2 {
		return closed{code: 1005}
	}
	return closed{int(payload[0])<<8 | int(payload[1]), string(payload[2:])}
}

// Leave ends the subscription and the connection, and waits for the server's goodbye.
func (s *Socket) Leave() error {
	defer s.Close()
	const normal = 1000
	err := s.Complete()
	if err == nil {
		err = s.send(CloseFrame, []byte{normal >> 8, normal & 0xff})
	}
	for err == nil {
		_, err = s.Next()
	}
	var end closed
	if errors.As(err, &end) && end.code == normal {
		return nil
	}
	return fmt.Errorf("leave: %w", err)
}

// Close cuts the connection; a goroutine that waits in next gets an error.
func (s *Socket) Close() { _ = s.Conn.Close() }
