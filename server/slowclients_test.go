package server

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A slow client follows the room general from a place on and reads when it is told to, out of a small
// buffer: what it does not read waits in the server.
type slowClient struct {
	t    testing.TB
	conn *net.TCPConn
	next func() (payload string, err error) // of the next event
}

const smallBuffer = 16 << 10

// narrow is a connection whose client keeps little; its time is long.
func (s *testServer) narrow() *net.TCPConn {
	s.t.Helper()
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { // before the connection: later the window is open already
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, smallBuffer)
		})
	}}
	conn, err := dialer.DialContext(s.t.Context(), "tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(3 * patience)) // so that a test ends
	return conn.(*net.TCPConn)
}

const slowDocument = `subscription($a: Cursor) { chatSent(room: "general", after: $a) { number text } }`

// slowly are the two ways to follow.
var slowly = map[string]func(s *testServer, token string, start map[string]any, wrap func(io.Reader) io.Reader) *slowClient{
	"WebSocket": func(s *testServer, token string, start map[string]any, wrap func(io.Reader) io.Reader) *slowClient {
		w := s.bareOver(s.narrow(), "").init(token)
		w.send(frame(finBit|opText, `{"type":"subscribe","id":"1","payload":`+s.request(slowDocument, map[string]any{"a": start["after"]})+`}`))
		if wrap != nil {
			w.r = bufio.NewReaderSize(wrap(w.conn), 16)
		}
		return &slowClient{s.t, w.conn, w.payload}
	},
	"SSE": func(s *testServer, token string, start map[string]any, wrap func(io.Reader) io.Reader) *slowClient {
		conn := s.narrow()
		body := s.request(slowDocument, map[string]any{"a": start["after"]})
		fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", token, len(body), body)
		var from io.Reader = conn
		if wrap != nil {
			from = wrap(conn)
		}
		r := bufio.NewReaderSize(from, 16)
		response, err := http.ReadResponse(r, nil)
		if err != nil || response.StatusCode != http.StatusOK {
			s.t.Fatal(response, err)
		}
		f := &feed{t: s.t, r: bufio.NewReader(httputil.NewChunkedReader(r))}
		return &slowClient{s.t, conn, func() (string, error) { e, err := f.next(); return e.data, err }}
	},
}

// payload reads the next event; a close frame is an error that names its code, and a cut may be anywhere.
func (w *bareSocket) payload() (string, error) {
	for {
		whole, err := readWhole(w.r)
		if err != nil {
			return "", err
		}
		opcode, payload := (&bareSocket{w.t, w.conn, bufio.NewReader(bytes.NewReader(whole))}).frame()
		switch opcode {
		case opPing:
			continue
		case opClose:
			return "", fmt.Errorf("closed with %d", w.codeOf(payload))
		}
		m := w.message(payload)
		if m.Type != "next" {
			return "", fmt.Errorf("%s %s", m.Type, m.Payload)
		}
		return string(m.Payload), nil
	}
}

// readWhole reads the bytes of one frame.
func readWhole(r io.Reader) ([]byte, error) {
	b := make([]byte, 10)
	if _, err := io.ReadFull(r, b[:2]); err != nil {
		return nil, err
	}
	head, n := 2, uint64(b[1])
	switch b[1] {
	case 126:
		head = 4
	case 127:
		head = 10
	}
	if _, err := io.ReadFull(r, b[2:head]); err != nil {
		return nil, err
	}
	switch head {
	case 4:
		n = uint64(binary.BigEndian.Uint16(b[2:]))
	case 10:
		n = binary.BigEndian.Uint64(b[2:])
	}
	whole := append(b[:head], make([]byte, n)...)
	_, err := io.ReadFull(r, whole[head:])
	return whole, err
}

// read wants the chats from one to another, each once and whole.
func (c *slowClient) read(from, to int) {
	c.t.Helper()
	for n := from; n <= to; n++ {
		payload, err := c.next()
		if err != nil {
			c.t.Fatalf("chat %d: %v", n, err)
		}
		if !isChat(payload, n) {
			c.t.Fatalf("%.200s instead of chat %d", payload, n)
		}
	}
}

// rest reads what is left, from a number on, and answers how it ended.
func (c *slowClient) rest(from int) (read int, err error) {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	for n := from; ; n++ {
		payload, err := c.next()
		if err != nil {
			return n - from, err
		}
		if !isChat(payload, n) {
			c.t.Fatalf("%.200s instead of chat %d", payload, n)
		}
	}
}

func isChat(payload string, n int) bool {
	var p struct {
		Data struct {
			ChatSent struct {
				Number int
				Text   string
			}
		}
	}
	err := json.Unmarshal([]byte(payload), &p)
	return err == nil && p.Data.ChatSent.Number == n && strings.HasSuffix(p.Data.ChatSent.Text, " end")
}

// held is the server's end of a connection as the kernel shows it (proc(5), /proc/net/tcp): whether it is
// open, and the bytes that the client has not taken. The table may lack a line while it changes, so one
// look is not enough.
func (s *testServer) held(conn *net.TCPConn) (open bool, unread string) {
	s.t.Helper()
	for range 5 {
		if state, unread := s.inKernel(conn); state != "" {
			return state == "01", unread // established
		}
	}
	return false, ""
}

// inKernel answers the state and the unread bytes of one connection, nothing if it is not in the table.
func (s *testServer) inKernel(conn *net.TCPConn) (state, unread string) {
	s.t.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		s.t.Fatal(err)
	}
	port := func(a net.Addr) string { return fmt.Sprintf(":%04X", a.(*net.TCPAddr).Port) }
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if strings.HasSuffix(fields[1], port(conn.RemoteAddr())) && strings.HasSuffix(fields[2], port(conn.LocalAddr())) {
			unread, _, _ = strings.Cut(fields[4], ":")
			return fields[3], unread
		}
	}
	return "", ""
}

func (s *testServer) isOpen(conn *net.TCPConn) bool {
	open, _ := s.held(conn)
	return open
}

// blocked waits until the kernel has not taken a byte more for a while, and answers since when.
func (s *testServer) blocked(conn *net.TCPConn, while time.Duration) (since time.Time) {
	s.t.Helper()
	was := ""
	eventually(s.t.(*testing.T), "a full connection", func() bool {
		_, unread := s.held(conn)
		if unread != was || unread == "00000000" {
			was, since = unread, time.Now()
		}
		return time.Since(since) > while
	})
	return since
}

// flood sends n chats of some bytes into the room, several at once.
func (s *testServer) flood(token string, n, bytes int) {
	s.t.Helper()
	body := s.request(`mutation($t: String!) { sendChat(room: "general", text: $t) { id } }`, map[string]any{"t": strings.Repeat("😀", (bytes-20)/4) + " end"})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for range n/16 + min(1, max(0, n%16-i)) {
				if a := s.post(body, "Authorization", "Bearer "+token); len(a.Errors) > 0 {
					s.t.Error(a.Body)
					return
				}
			}
		})
	}
	wg.Wait()
}
