package server

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// bareSocket is a client's side of a WebSocket down to its frames, for clients that misbehave. Whatever it reads
// it checks: the server's own frames must be without fault too.
type bareSocket struct {
	t    testing.TB
	conn *net.TCPConn
	r    *bufio.Reader
}

// The first byte of a frame.
const finBit, opMore, opText, opBinary, opClose, opPing, opPong = 0x80, 0, 1, 2, 8, 9, 10

// in is the server for a subtest.
func (s *testServer) in(t testing.TB) *testServer {
	return &testServer{t: t, addr: s.addr, dir: s.dir, log: s.log, stop: s.stop}
}

// tcp opens a connection; nothing on it takes longer than patience.
func (s *testServer) tcp() *net.TCPConn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn.(*net.TCPConn)
}

const handshakeLines = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// bare upgrades a connection; early is sent together with the handshake.
func (s *testServer) bare(early string) *bareSocket {
	s.t.Helper()
	return s.bareOver(s.tcp(), early)
}

func (s *testServer) bareOver(conn *net.TCPConn, early string) *bareSocket {
	s.t.Helper()
	_, err := fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: %s\r\n%sSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n%s", s.addr, handshakeLines, early)
	if err != nil {
		s.t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols || response.Header.Get("Sec-WebSocket-Protocol") != "graphql-transport-ws" {
		s.t.Fatalf("upgrade: %v, %v", response, err)
	}
	return &bareSocket{s.t, conn, r}
}

// frame builds a frame as a client sends it: masked, here with 1, 2, 3, 4.
func frame(first byte, payload string) string {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return string(append(b, 1, 2, 3, 4)) + masked(payload)
}

func masked(payload string) string {
	b := []byte(payload)
	for i := range b {
		b[i] ^= byte(i%4 + 1)
	}
	return string(b)
}

func closePayload(code uint16, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, code)) + reason
}

func (w *bareSocket) send(raw string) {
	w.t.Helper()
	if _, err := io.WriteString(w.conn, raw); err != nil {
		w.t.Fatal(err)
	}
}

// frame reads a frame: whole, not masked, no reserved bits, its length written as short as it can be.
func (w *bareSocket) frame() (opcode byte, payload string) {
	w.t.Helper()
	var head [2]byte
	if _, err := io.ReadFull(w.r, head[:]); err != nil {
		w.t.Fatalf("the connection ended: %v", err)
	}
	if head[0]&0xf0 != finBit || head[1]&0x80 != 0 {
		w.t.Fatalf("a frame begins with %x", head)
	}
	n := int(head[1])
	switch head[1] {
	case 126:
		n = int(w.number(2))
	case 127:
		n = int(w.number(8))
	}
	if head[1] == 126 && n < 126 || head[1] == 127 && n < 1<<16 {
		w.t.Fatalf("the length %d is written too long", n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(w.r, body); err != nil {
		w.t.Fatalf("within a frame: %v", err)
	}
	return head[0] & 0x0f, string(body)
}

func (w *bareSocket) number(bytes int) uint64 {
	var b [8]byte
	_, _ = io.ReadFull(w.r, b[8-bytes:]) // what is missing shows at the payload
	return binary.BigEndian.Uint64(b[:])
}

// next reads the next message; a close frame is its code instead. Pings of the server are answered.
func (w *bareSocket) next() (m message, code int) {
	w.t.Helper()
	for {
		switch opcode, payload := w.frame(); opcode {
		case opPing:
			w.send(frame(finBit|opPong, payload))
		case opClose:
			return message{}, w.codeOf(payload)
		case opText:
			return w.message(payload), 0
		default:
			w.t.Fatalf("a frame of kind %x: %q", opcode, payload)
		}
	}
}

func (w *bareSocket) codeOf(payload string) int {
	w.t.Helper()
	if len(payload) == 0 {
		return 1005 // none
	}
	if len(payload) < 2 || len(payload) > 125 || !utf8.ValidString(payload[2:]) {
		w.t.Fatalf("a close frame with %q", payload)
	}
	return int(binary.BigEndian.Uint16([]byte(payload)))
}

// message reads a message, which has exactly the members that the protocol gives its type.
func (w *bareSocket) message(payload string) (m message) {
	w.t.Helper()
	members := map[string]json.RawMessage{}
	if json.Unmarshal([]byte(payload), &members) != nil || json.Unmarshal([]byte(payload), &m) != nil || !utf8.ValidString(payload) {
		w.t.Fatalf("no message: %.200q", payload)
	}
	want := map[string]string{
		"connection_ack": "type", "ping": "type", "pong": "type", "complete": "id type",
		"next": "id type payload", "error": "id type payload",
	}[m.Type]
	if m.Type == "pong" && m.Payload != nil {
		want += " payload"
	}
	if len(members) != len(strings.Fields(want)) || strings.Contains(want, "id") && m.ID == "" {
		w.t.Fatalf("a message of another form: %.200s", payload)
	}
	return m
}

// closed wants a close frame next, answers it, and wants nothing behind it but the end.
func (w *bareSocket) closed(want int) {
	w.t.Helper()
	if m, code := w.next(); code != want {
		w.t.Fatalf("got %s %s, close code %d, want close code %d", m.Type, m.Payload, code, want)
	}
	_, _ = io.WriteString(w.conn, frame(finBit|opClose, closePayload(1000, ""))) // it may be gone
	_ = w.conn.CloseWrite()
	w.ended()
}

// ended wants the end of the connection, and not one more byte.
func (w *bareSocket) ended() {
	w.t.Helper()
	rest, err := io.ReadAll(w.r)
	if len(rest) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		w.t.Fatalf("%q and %v instead of the end", rest, err)
	}
}
