package client

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestConn reads answers with a length, in chunks, and after the server has hung up.
func TestConn(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/short":
			_, _ = w.Write([]byte("short"))
		case "/long":
			_, _ = w.Write([]byte(long[:50_000]))
			w.(http.Flusher).Flush()
			_, _ = w.Write([]byte(long[50_000:]))
		case "/none":
			w.WriteHeader(http.StatusNoContent)
		default:
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	c := NewConn(HostOf(server.URL))
	defer c.Close()
	for _, x := range []struct {
		path   string
		status int
		body   string
	}{{"/short", 200, "short"}, {"/long", 200, long}, {"/short", 200, "short"}, {"/cut", 0, ""}, {"/long", 200, long}} {
		status, body, err := c.Do([]byte("POST " + x.path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"))
		if (err != nil) != (x.status == 0) || status != x.status || x.status != 0 && string(body) != x.body {
			t.Errorf("%s: %d, %d bytes, %v", x.path, status, len(body), err)
		}
	}
}

// TestConnRefusesNonsense keeps a broken server from looking fast.
func TestConnRefusesNonsense(t *testing.T) {
	for _, answer := range []string{
		"hello\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200 OK\r\n\r\n2\r\nabcd\r\n0\r\n\r\n",
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if c, err := listener.Accept(); err == nil {
				_, _ = c.Read(make([]byte, 1000))
				_, _ = c.Write([]byte(answer))
				_ = c.Close()
			}
		}()
		if status, body, err := NewConn(listener.Addr().String()).Do([]byte("GET / HTTP/1.1\r\n\r\n")); err == nil {
			t.Errorf("%q: %d %q", answer, status, body)
		}
		_ = listener.Close()
	}
}

// TestCodes names failures.
func TestCodes(t *testing.T) {
	body := []byte(`{"errors":[{"extensions":{"code":"SERVER_BUSY"}}]}`)
	for want, got := range map[string]string{
		"SERVER_BUSY": CodeOf(200, body, nil), "HTTP_500": CodeOf(500, []byte("oops"), nil), "CONNECTION": CodeOf(0, nil, net.ErrClosed),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
