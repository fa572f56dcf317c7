package streams

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
	"strings"
	"sync"
	"testing"
	"time"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
)

// A slow client follows the room general from a place on and reads when it is told to, out of a small
// buffer: what it does not read waits in the server.
type slowClient struct {
	t    testing.TB
	conn *net.TCPConn
	next func() (payload string, err error) // of the next event
}

const slowDocument = `subscription($a: Cursor) { chatSent(room: "general", after: $a) { number text } }`

// slowTransports are the two ways to follow.
var slowTransports = map[string]func(s *harness.Server, token string, start map[string]any, wrap func(io.Reader) io.Reader) *slowClient{
	"WebSocket": func(s *harness.Server, token string, start map[string]any, wrap func(io.Reader) io.Reader) *slowClient {
		w := frames.DialOver(s, frames.Narrow(s), "").Init(token)
		w.Send(frames.Frame(frames.FinBit|frames.OpText, `{"type":"subscribe","id":"1","payload":`+s.Body(slowDocument, map[string]any{"a": start["after"]})+`}`))
		if wrap != nil {
			w.R = bufio.NewReaderSize(wrap(w.Conn), 16)
		}
		return &slowClient{s.T, w.Conn, func() (string, error) { return payload(w) }}
	},
	"SSE": func(s *harness.Server, token string, start map[string]any, wrap func(io.Reader) io.Reader) *slowClient {
		conn := frames.Narrow(s)
		body := s.Body(slowDocument, map[string]any{"a": start["after"]})
		fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", token, len(body), body)
		var from io.Reader = conn
		if wrap != nil {
			from = wrap(conn)
		}
		r := bufio.NewReaderSize(from, 16)
		response, err := http.ReadResponse(r, nil)
		if err != nil || response.StatusCode != http.StatusOK {
			s.T.Fatal(response, err)
		}
		f := &harness.EventReader{T: s.T, R: bufio.NewReader(httputil.NewChunkedReader(r))}
		return &slowClient{s.T, conn, func() (string, error) { e, err := f.Next(); return e.Data, err }}
	},
}

// payload reads the next event; a close frame is an error that names its code, and a cut may be anywhere.
func payload(w *frames.Socket) (string, error) {
	for {
		whole, err := readWhole(w.R)
		if err != nil {
			return "", err
		}
		opcode, payload := (&frames.Socket{T: w.T, Conn: w.Conn, R: bufio.NewReader(bytes.NewReader(whole))}).Frame()
		switch opcode {
		case frames.OpPing:
			continue
		case frames.OpClose:
			return "", fmt.Errorf("closed with %d", w.CodeOf(payload))
		}
		m := w.Message(payload)
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

// rest reads what is left, from a number on, and returns how it ended.
func (c *slowClient) rest(from int) (read int, err error) {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(harness.Timeout))
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

// blocked waits until the kernel has not taken a byte more for a while, and returns since when.
func blocked(s *harness.Server, conn *net.TCPConn, while time.Duration) (since time.Time) {
	s.T.Helper()
	was := ""
	harness.Eventually(s.T.(*testing.T), "a full connection", func() bool {
		_, unread := frames.Held(s, conn)
		if unread != was || unread == "00000000" {
			was, since = unread, time.Now()
		}
		return time.Since(since) > while
	})
	return since
}

// flood sends n chats of some bytes into the room, several at once.
func flood(s *harness.Server, token string, n, bytes int) {
	s.T.Helper()
	body := s.Body(`mutation($t: String!) { sendChat(room: "general", text: $t) { id } }`, map[string]any{"t": strings.Repeat("😀", (bytes-20)/4) + " end"})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for range n/16 + min(1, max(0, n%16-i)) {
				if a := s.Post(body, "Authorization", "Bearer "+token); len(a.Errors) > 0 {
					s.T.Error(a.Body)
					return
				}
			}
		})
	}
	wg.Wait()
}
