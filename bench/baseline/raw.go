package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// raw is a broadcast and nothing else: whoever posts a chat writes it to every socket of its room,
// with one write(2) each, and is answered then. The bytes are Parley's and are encoded once. Nothing
// is stored and nobody signs in. A socket costs the goroutine that waits for what the client says.
// A client that does not read holds up its room.
type raw struct {
	mu    sync.Mutex
	rooms map[string]*room
}

// A room is the sockets that get its chats.
type room struct {
	mu      sync.Mutex
	number  int
	sockets map[*socket]bool
	frame   []byte // used again for each write
}

// A socket is one connection. Writes go through the lock of its room once it has one.
type socket struct {
	conn net.Conn
	room *room
	head []byte // what stands before the payload: the id of the subscription is the client's own
}

func newRaw() *raw { return &raw{rooms: map[string]*room{}} }

func (b *raw) room(id string) *room {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.rooms[id]
	if h == nil {
		h = &room{sockets: map[*socket]bool{}}
		b.rooms[id] = h
	}
	return h
}

// ServeHTTP takes sockets, and chats in the form of Parley's sendChat.
func (b *raw) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "" {
		conn, _, _, err := ws.HTTPUpgrader{Protocol: func(string) bool { return true }}.Upgrade(r, w)
		if err == nil {
			go b.serve(&socket{conn: conn}) // net/http frees the request and its buffers
		}
		return
	}
	var request struct {
		Variables struct{ Room, Text, ID, Username string }
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	v := request.Variables
	sent := delivered{ID: v.ID, Username: v.Username, Text: v.Text, CreatedAt: time.Now().UTC().Truncate(time.Millisecond)}
	if err := b.room(v.Room).send(&sent); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, map[string]any{"data": map[string]any{"sendChat": map[string]any{"id": sent.ID, "number": sent.Number}}})
}

// A delivered chat, as Parley writes it for the subscription of the suite.
type delivered struct {
	ID        string    `json:"id"`
	Number    int       `json:"number"`
	Username  string    `json:"username"`
	Text      string    `json:"text"`
	CreatedAt time.Time `json:"createdAt"`
}

// send numbers a chat and writes it to everybody.
func (h *room) send(c *delivered) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.number++
	c.Number = h.number
	payload, err := json.Marshal(map[string]any{"data": map[string]any{"chatSent": c}})
	if err != nil {
		return fmt.Errorf("encode a chat: %w", err)
	}
	for s := range h.sockets {
		h.frame = appendHeader(h.frame[:0], len(s.head)+len(payload)+1)
		h.frame = append(append(append(h.frame, s.head...), payload...), '}')
		if _, err := s.conn.Write(h.frame); err != nil {
			delete(h.sockets, s) // its own goroutine sees the same
		}
	}
	return nil
}

// appendHeader begins a text frame of at most 64 KiB (RFC 6455 §5.2).
func appendHeader(to []byte, length int) []byte {
	if length < 126 {
		return append(to, 0x81, byte(length))
	}
	return append(to, 0x81, 126, byte(length>>8), byte(length))
}

// serve takes what a client says, one message after the other: whoever is answered a ping has
// subscribed.
func (b *raw) serve(s *socket) {
	defer s.close()
	for {
		kind, payload, err := s.read()
		switch {
		case err != nil:
			return
		case kind == ws.OpText:
			if err := b.take(s, payload); err != nil {
				return
			}
		case kind == ws.OpClose:
			_ = ws.WriteFrame(s.conn, ws.NewCloseFrame(payload))
			return
		}
	}
}

func (s *socket) read() (ws.OpCode, []byte, error) {
	h, err := ws.ReadHeader(s.conn)
	if err != nil {
		return 0, nil, err
	}
	if h.Length > 64<<10 {
		return 0, nil, fmt.Errorf("a frame of %d bytes", h.Length)
	}
	payload := make([]byte, h.Length)
	_, err = io.ReadFull(s.conn, payload)
	ws.Cipher(payload, h.Mask, 0)
	return h.OpCode, payload, err
}

func (s *socket) close() {
	if s.room != nil {
		s.room.mu.Lock()
		delete(s.room.sockets, s)
		s.room.mu.Unlock()
	}
	_ = s.conn.Close()
}

// take answers connection_init and ping, and adds who subscribes to its room.
func (b *raw) take(s *socket, text []byte) error {
	var m struct {
		Type, ID string
		Payload  struct {
			Variables struct{ Room string }
		}
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("read a message: %w", err)
	}
	switch m.Type {
	case "connection_init":
		return ws.WriteFrame(s.conn, ws.NewTextFrame([]byte(`{"type":"connection_ack"}`)))
	case "ping":
		return s.pong()
	case "subscribe":
		id, err := json.Marshal(m.ID)
		if err != nil || s.room != nil {
			return fmt.Errorf("subscribe: one subscription a socket: %w", err)
		}
		s.head = fmt.Appendf(nil, `{"id":%s,"type":"next","payload":`, id)
		s.room = b.room(m.Payload.Variables.Room)
		s.room.mu.Lock()
		s.room.sockets[s] = true
		s.room.mu.Unlock()
	}
	return nil
}

func (s *socket) pong() error {
	if s.room != nil {
		s.room.mu.Lock()
		defer s.room.mu.Unlock()
	}
	return ws.WriteFrame(s.conn, ws.NewTextFrame([]byte(`{"type":"pong"}`)))
}
