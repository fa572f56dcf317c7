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
	halls map[string]*hall
}

// A hall is one room with its sockets.
type hall struct {
	mu     sync.Mutex
	number int
	seats  map[*seat]bool
	frame  []byte // used again for each write
}

// A seat is one socket. Writes go through the lock of its hall once it has one.
type seat struct {
	conn net.Conn
	in   *hall
	head []byte // what stands before the payload: the id of the subscription is the client's own
}

func newRaw() *raw { return &raw{halls: map[string]*hall{}} }

func (b *raw) hall(room string) *hall {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.halls[room]
	if h == nil {
		h = &hall{seats: map[*seat]bool{}}
		b.halls[room] = h
	}
	return h
}

// ServeHTTP takes sockets, and chats in the form of Parley's sendChat.
func (b *raw) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "" {
		conn, _, _, err := ws.HTTPUpgrader{Protocol: func(string) bool { return true }}.Upgrade(r, w)
		if err == nil {
			go b.serve(&seat{conn: conn}) // net/http frees the request and its buffers
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
	if err := b.hall(v.Room).send(&sent); err != nil {
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
func (h *hall) send(c *delivered) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.number++
	c.Number = h.number
	payload, err := json.Marshal(map[string]any{"data": map[string]any{"chatSent": c}})
	if err != nil {
		return fmt.Errorf("encode a chat: %w", err)
	}
	for s := range h.seats {
		h.frame = appendHeader(h.frame[:0], len(s.head)+len(payload)+1)
		h.frame = append(append(append(h.frame, s.head...), payload...), '}')
		if _, err := s.conn.Write(h.frame); err != nil {
			delete(h.seats, s) // its own goroutine sees the same
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
func (b *raw) serve(s *seat) {
	defer s.leave()
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

func (s *seat) read() (ws.OpCode, []byte, error) {
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

func (s *seat) leave() {
	if s.in != nil {
		s.in.mu.Lock()
		delete(s.in.seats, s)
		s.in.mu.Unlock()
	}
	_ = s.conn.Close()
}

// take answers connection_init and ping, and seats who subscribes.
func (b *raw) take(s *seat, text []byte) error {
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
		if err != nil || s.in != nil {
			return fmt.Errorf("subscribe: one subscription a socket: %w", err)
		}
		s.head = fmt.Appendf(nil, `{"id":%s,"type":"next","payload":`, id)
		s.in = b.hall(m.Payload.Variables.Room)
		s.in.mu.Lock()
		s.in.seats[s] = true
		s.in.mu.Unlock()
	}
	return nil
}

func (s *seat) pong() error {
	if s.in != nil {
		s.in.mu.Lock()
		defer s.in.mu.Unlock()
	}
	return ws.WriteFrame(s.conn, ws.NewTextFrame([]byte(`{"type":"pong"}`)))
}
