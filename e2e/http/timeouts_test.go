package http

import (
	"errors"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
)

// Each limit of slowness is set to this, one at a time; the others are far away.
const slowness = 500 * time.Millisecond

func newSlowServer(t *testing.T, limit string) *harness.Server {
	t.Helper()
	flags := []string{"--send-rate", "0", "--room-send-rate", "0"}
	for _, one := range []string{"--http-header-timeout", "--http-body-timeout", "--http-response-timeout", "--http-idle-timeout"} {
		value := "1h"
		if one == limit {
			value = slowness.String()
		}
		flags = append(flags, one, value)
	}
	return harness.New(t, flags...)
}

// closes sends a text and then, if drip is given, its bytes one by one, again and again, until the server
// closes the connection. That must not be before the limit; what came back is the answer.
func closes(s *harness.Server, text, drip string) string {
	s.T.Helper()
	conn := s.Connect()
	begun := time.Now()
	_, _ = io.WriteString(conn, text) // if it is closed already, that shows below
	var came strings.Builder
	for i := 0; ; i++ {
		wait := harness.Timeout
		if drip != "" {
			wait = slowness / 20
			_, _ = io.WriteString(conn, drip[i%len(drip):i%len(drip)+1])
		}
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		buffer := make([]byte, 4096)
		n, err := conn.Read(buffer)
		came.Write(buffer[:n])
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && time.Since(begun) > harness.Timeout:
			s.T.Errorf("%.80q: the connection is still open", text)
			return came.String()
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			if took := time.Since(begun); took < slowness*9/10 {
				s.T.Errorf("%.80q: closed after %v: %s", text, took, came.String())
			}
			return came.String()
		}
	}
}

// A connection whose request does not come to the end of its headers is closed.
func TestSlowHeaders(t *testing.T) {
	s := newSlowServer(t, "--http-header-timeout")
	for name, c := range map[string]struct{ text, drip, want string }{
		"nothing":                      {"", "", ""},
		"a byte":                       {"G", "", ""},
		"no end of the headers":        {"GET /graphql HTTP/1.1\r\nHost: x\r\n", "", ""},
		"byte by byte":                 {"GET /graphql HTTP/1.1\r\nHost: x\r\nX: ", "xy", ""},
		"line by line":                 {"GET /graphql HTTP/1.1\r\nHost: x\r\n", "X:y\r\n", ""},
		"a second request":             {harness.OpenGet + "\r\nGET /", "x", "200"},
		"headers of a WebSocket":       {"GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n", "X:y\r\n", ""},
		"another page of this server":  {"GET /playground HTTP/1.1\r\nHost: x\r\n", "X:y\r\n", ""},
		"the second half of a preface": {"PRI * HTTP/2.0\r\n", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &harness.Server{T: t, Addr: s.Addr}
			came := strings.Fields(statuses(closes(s, c.text, c.drip)))
			if n := len(came); n > 0 && came[n-1] == "400" {
				came = came[:n-1] // net/http says so where a line was complete
			}
			if got := strings.Join(came, " "); got != c.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

// A body that does not come in time is 408 where somebody reads it; the connection is closed in any case.
func TestSlowBodies(t *testing.T) {
	s := newSlowServer(t, "--http-body-timeout")
	const length = "Content-Length: 1000\r\n\r\n"
	for name, c := range map[string]struct{ text, drip, want string }{
		"none of it":              {openPost + length, "", "408"},
		"a part of it":            {openPost + length + `{"query":"`, "", "408"},
		"byte by byte":            {openPost + length, " ", "408"},
		"in chunks, byte by byte": {openPost + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n", "408"},
		"a chunk without end":     {openPost + "Transfer-Encoding: chunked\r\n\r\nff\r\n", "", "408"},
		"for an event stream":     {openPost + "Accept: text/event-stream\r\n" + length, " ", "408"},
		"a second request":        {openPost + sized(harness.VersionBody) + openPost + length, " ", "200 408"},
		"of a wrong type":         {openPost + "Content-Type: text/plain\r\n" + length, " ", "415"},
		"too large":               {openPost + "Content-Length: 200000\r\n\r\n", " ", "413"},
		"nothing acceptable":      {openPost + "Accept: text/html\r\n" + length, " ", "406"},
		"of a GET":                {harness.OpenGet + length, " ", "200"},
		"of a PUT":                {"PUT /graphql HTTP/1.1\r\nHost: x\r\n" + length, " ", "405"},
		"of a preflight":          {"OPTIONS /graphql HTTP/1.1\r\nHost: x\r\nOrigin: http://localhost:5173\r\nAccess-Control-Request-Method: POST\r\n" + length, " ", "204"},
		"of another page":         {"POST /healthz HTTP/1.1\r\nHost: x\r\n" + length, " ", "405"},
		"of no page":              {"POST /nothing HTTP/1.1\r\nHost: x\r\n" + length, "", "405"},
		"of an uncleaned path":    {"POST //nothing HTTP/1.1\r\nHost: x\r\n" + length, "", "404"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &harness.Server{T: t, Addr: s.Addr}
			if came := closes(s, c.text, c.drip); statuses(came) != c.want {
				t.Errorf("got %q, want %s", came, c.want)
			}
		})
	}
}

// A kept connection that rests is closed, also one that sends empty lines.
func TestIdleConnections(t *testing.T) {
	s := newSlowServer(t, "--http-idle-timeout")
	for name, c := range map[string]struct{ text, want string }{
		"a query":                {harness.OpenGet + "\r\n", "200"},
		"a refusal":              {openPost + sized("{"), "400"},
		"a page":                 {"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "200"},
		"after some":             {strings.Repeat(harness.OpenGet+"\r\n", 3), "200 200 200"},
		"of HTTP/1.0":            {"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200"},
		"a request's first byte": {harness.OpenGet + "\r\nG", "200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &harness.Server{T: t, Addr: s.Addr}
			if came := closes(s, c.text, ""); statuses(came) != c.want {
				t.Errorf("got %q, want %s", came, c.want)
			}
		})
	}
}

// Whoever asks for much and takes none of it loses the connection, and nothing of it stays. The kernel takes
// some megabytes for him, so he asks for more.
func TestReadersThatTakeNothing(t *testing.T) {
	s := newSlowServer(t, "--http-response-timeout")
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	for range 60 {
		s.SendChat(ann, strings.Repeat("\U0001f600", 10000)) // 40 KB
	}
	asset := biggestAsset(s)
	for name, text := range map[string]string{
		"answers": strings.Repeat(openPost+"Authorization: Bearer "+ann+"\r\n"+sized(s.Body(`{ chats(room: "general") { nodes { text } } }`)), 8),
		"files":   strings.Repeat("GET "+asset+" HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n", 100),
	} {
		t.Run(name, func(t *testing.T) {
			s := &harness.Server{T: t, Addr: s.Addr}
			conn := s.Connect()
			if _, err := io.WriteString(conn, text); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			http.DefaultClient.CloseIdleConnections()
			harness.Eventually(t, "the end of its connection", func() bool { return !serves() })
			if rest, _ := io.Copy(io.Discard, conn); rest > 14<<20 { // an error is as good as an end
				t.Errorf("%d bytes came", rest)
			}
		})
	}
}

// serves tells whether a server in this process has a connection.
func serves() bool {
	stacks := make([]byte, 4<<20)
	return strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "http.(*conn).serve(")
}

// biggestAsset is a file of the playground that is at least 200 KB.
func biggestAsset(s *harness.Server) string {
	s.T.Helper()
	entries, err := os.ReadDir("../../web/static/playground/assets")
	if err != nil {
		s.T.Fatal(err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Size() > 200<<10 {
			return "/playground/assets/" + strings.TrimSuffix(entry.Name(), ".gz")
		}
	}
	s.T.Fatal("no file is large enough")
	return ""
}

// The limit of answers is none of streams.
func TestStreamsOutliveTheResponseTimeout(t *testing.T) {
	s := newSlowServer(t, "--http-response-timeout")
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	e, k := s.Follow(ann, harness.FollowDocument, s.End(ann)), s.Dial(ann)
	k.Expect("connection_ack")
	k.Subscribe("1", harness.FollowDocument, s.End(ann))
	<-time.After(2 * slowness) // twice the limit
	s.SendChat(ann, "after")
	e.Want("after")
	if m := k.Expect("next"); !strings.Contains(string(m.Payload), "after") {
		t.Errorf("got %s", m.Payload)
	}
}
