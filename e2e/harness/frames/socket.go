// Package frames is a WebSocket client down to the bytes, for clients that misbehave. It checks what the server sends.
package frames

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

	"parley/e2e/harness"
)

// Socket is a client's side of a WebSocket down to its frames, for clients that misbehave. Whatever it reads
// it checks: the server's own frames must be without fault too.
type Socket struct {
	T    testing.TB
	Conn *net.TCPConn
	R    *bufio.Reader
}

// The first byte of a frame (RFC 6455 §5.2).
const (
	FinBit   = 0x80
	OpMore   = 0
	OpText   = 1
	OpBinary = 2
	OpClose  = 8
	OpPing   = 9
	OpPong   = 10
)

// ForTest is the server for a subtest.
func ForTest(s *harness.Server, t testing.TB) *harness.Server {
	return &harness.Server{T: t, Addr: s.Addr, Dir: s.Dir, Log: s.Log, Stop: s.Stop}
}

// Connect opens a connection; nothing on it takes longer than harness.Timeout.
func Connect(s *harness.Server) *net.TCPConn {
	s.T.Helper()
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(harness.Timeout))
	return conn.(*net.TCPConn)
}

// HandshakeLines ask for a WebSocket, without its protocol.
const HandshakeLines = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// Dial upgrades a connection; early is sent together with the handshake.
func Dial(s *harness.Server, early string) *Socket {
	s.T.Helper()
	return DialOver(s, Connect(s), early)
}

// DialOver upgrades a connection that is open.
func DialOver(s *harness.Server, conn *net.TCPConn, early string) *Socket {
	s.T.Helper()
	_, err := fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: %s\r\n%sSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n%s", s.Addr, HandshakeLines, early)
	if err != nil {
		s.T.Fatal(err)
	}
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols || response.Header.Get("Sec-WebSocket-Protocol") != "graphql-transport-ws" {
		s.T.Fatalf("upgrade: %v, %v", response, err)
	}
	return &Socket{s.T, conn, r}
}

// Frame builds a frame as a client sends it: masked, here with 1, 2, 3, 4.
func Frame(first byte, payload string) string {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return string(append(b, 1, 2, 3, 4)) + Masked(payload)
}

// Masked is a payload as it is on its way, under the mask 1, 2, 3, 4.
func Masked(payload string) string {
	b := []byte(payload)
	for i := range b {
		b[i] ^= byte(i%4 + 1)
	}
	return string(b)
}

// ClosePayload is the payload of a close frame.
func ClosePayload(code uint16, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, code)) + reason
}

// Send sends bytes as they are.
func (w *Socket) Send(raw string) {
	w.T.Helper()
	if _, err := io.WriteString(w.Conn, raw); err != nil {
		w.T.Fatal(err)
	}
}

// Frame reads a frame: whole, not masked, no reserved bits, its length written as short as it can be.
func (w *Socket) Frame() (opcode byte, payload string) {
	w.T.Helper()
	var head [2]byte
	if _, err := io.ReadFull(w.R, head[:]); err != nil {
		w.T.Fatalf("the connection ended: %v", err)
	}
	if head[0]&0xf0 != FinBit || head[1]&0x80 != 0 {
		w.T.Fatalf("a frame begins with %x", head)
	}
	n := int(head[1])
	switch head[1] {
	case 126:
		n = int(w.number(2))
	case 127:
		n = int(w.number(8))
	}
	if head[1] == 126 && n < 126 || head[1] == 127 && n < 1<<16 {
		w.T.Fatalf("the length %d is written too long", n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(w.R, body); err != nil {
		w.T.Fatalf("within a frame: %v", err)
	}
	return head[0] & 0x0f, string(body)
}

func (w *Socket) number(bytes int) uint64 {
	var b [8]byte
	_, _ = io.ReadFull(w.R, b[8-bytes:]) // what is missing shows at the payload
	return binary.BigEndian.Uint64(b[:])
}

// Next reads the next message; a close frame is its code instead. Pings of the server are answered.
func (w *Socket) Next() (m harness.Message, code int) {
	w.T.Helper()
	for {
		switch opcode, payload := w.Frame(); opcode {
		case OpPing:
			w.Send(Frame(FinBit|OpPong, payload))
		case OpClose:
			return harness.Message{}, w.CodeOf(payload)
		case OpText:
			return w.Message(payload), 0
		default:
			w.T.Fatalf("a frame of kind %x: %q", opcode, payload)
		}
	}
}

// CodeOf is the code in the payload of a close frame.
func (w *Socket) CodeOf(payload string) int {
	w.T.Helper()
	if len(payload) == 0 {
		return 1005 // none
	}
	if len(payload) < 2 || len(payload) > 125 || !utf8.ValidString(payload[2:]) {
		w.T.Fatalf("a close frame with %q", payload)
	}
	return int(binary.BigEndian.Uint16([]byte(payload)))
}

// Message reads a message, which has exactly the members that the protocol gives its type.
func (w *Socket) Message(payload string) (m harness.Message) {
	w.T.Helper()
	members := map[string]json.RawMessage{}
	if json.Unmarshal([]byte(payload), &members) != nil || json.Unmarshal([]byte(payload), &m) != nil || !utf8.ValidString(payload) {
		w.T.Fatalf("no message: %.200q", payload)
	}
	want := map[string]string{
		"connection_ack": "type", "ping": "type", "pong": "type", "complete": "id type",
		"next": "id type payload", "error": "id type payload",
	}[m.Type]
	if m.Type == "pong" && m.Payload != nil {
		want += " payload"
	}
	if len(members) != len(strings.Fields(want)) || strings.Contains(want, "id") && m.ID == "" {
		w.T.Fatalf("a message of another form: %.200s", payload)
	}
	return m
}

// Closed wants a close frame next, answers it, and wants nothing behind it but the end.
func (w *Socket) Closed(want int) {
	w.T.Helper()
	if m, code := w.Next(); code != want {
		w.T.Fatalf("got %s %s, close code %d, want close code %d", m.Type, m.Payload, code, want)
	}
	_, _ = io.WriteString(w.Conn, Frame(FinBit|OpClose, ClosePayload(1000, ""))) // it may be gone
	_ = w.Conn.CloseWrite()
	w.Ended()
}

// Ended wants the end of the connection, and not one more byte.
func (w *Socket) Ended() {
	w.T.Helper()
	rest, err := io.ReadAll(w.R)
	if len(rest) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		w.T.Fatalf("%q and %v instead of the end", rest, err)
	}
}

// Init sends connection_init with a token, none if it is empty, and waits for the answer.
func (w *Socket) Init(token string) *Socket {
	w.T.Helper()
	payload := "{}"
	if token != "" {
		payload = `{"authorization":"` + token + `"}`
	}
	w.Send(Frame(FinBit|OpText, `{"type":"connection_init","payload":`+payload+`}`))
	if m, code := w.Next(); m.Type != "connection_ack" {
		w.T.Fatalf("got %s, close code %d", m.Type, code)
	}
	return w
}

// Messages without a payload.
const (
	InitText = `{"type":"connection_init"}`
	AckText  = `{"type":"connection_ack"}`
	PingText = `{"type":"ping"}`
	PongText = `{"type":"pong"}`
)

// Headers of the upgrade.
const (
	UpgradeLine  = "Connection: Upgrade\r\n"
	WebSocket    = "Upgrade: websocket\r\n"
	VersionLine  = "Sec-WebSocket-Version: 13\r\n"
	KeyLine      = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" // RFC 6455 §1.3
	ProtocolLine = "Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
)

// Shake sends the lines with a query that is answered where no socket is wanted.
func Shake(s *harness.Server, lines string, want int) {
	s.T.Helper()
	conn := Connect(s)
	defer func() { _ = conn.Close() }()
	fmt.Fprintf(conn, "GET /graphql?query=%%7B__typename%%7D HTTP/1.1\r\nHost: %s\r\n%s\r\n", s.Addr, lines)
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, nil)
	if err != nil || response.StatusCode != want {
		s.T.Fatalf("%v %v, want %d", response, err, want)
	}
	defer func() { _ = response.Body.Close() }()
	header := response.Header
	if want != http.StatusSwitchingProtocols {
		body, err := io.ReadAll(response.Body)
		if err != nil || !strings.HasPrefix(header.Get("Content-Type"), "application/json") || !strings.HasPrefix(string(body), "{") {
			s.T.Errorf("%v %q %v", header, body, err)
		}
		if want == http.StatusUpgradeRequired && header.Get("Sec-WebSocket-Version") != "13" {
			s.T.Errorf("426 without the version: %v", header)
		}
		return
	}
	if header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" || header.Get("Sec-WebSocket-Extensions") != "" || header.Get("Sec-WebSocket-Protocol") != "graphql-transport-ws" {
		s.T.Errorf("101 with %v", header)
	}
	w := &Socket{s.T, conn, r}
	w.Send(Frame(FinBit|OpText, PingText))
	if _, got := w.Frame(); got != PongText {
		s.T.Errorf("got %q", got)
	}
}
