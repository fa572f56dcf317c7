package http

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// statuses are those of all responses in what came back.
func statuses(came string) string {
	var all []string
	for r := bufio.NewReader(strings.NewReader(came)); ; {
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			return strings.Join(all, " ")
		}
		all = append(all, fmt.Sprint(response.StatusCode))
		_, _ = io.Copy(io.Discard, response.Body) // it may be cut
	}
}

// closedPost is a POST up to its own headers; the connection is closed behind its answer.
const closedPost = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"

// openPost is one that leaves the connection open.
const openPost = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

func sized(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body) }

// What no client of good manners sends has its status and does no harm. A status of net/http's own is one that
// it gives before we see the request.
func TestUnusualRequests(t *testing.T) {
	s := harness.New(t, "--http-body-timeout", "5s", "--http-idle-timeout", "5s", "--http-header-timeout", "5s")
	size := len(harness.VersionBody)
	cases := []struct{ name, sent, want string }{
		{"HTTP/1.0", "GET /graphql?query=%7Bserver%7Bversion%7D%7D HTTP/1.0\r\n\r\n", "200"},
		{"HTTP/1.0 with a body", "POST /graphql HTTP/1.0\r\nContent-Type: application/json\r\n" + sized(harness.VersionBody), "200"},
		{"HTTP/1.0, an event stream", "POST /graphql HTTP/1.0\r\nConnection: keep-alive\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n" + sized(harness.VersionBody), "200"},
		{"HTTP/1.0, kept open", "POST /graphql HTTP/1.0\r\nConnection: keep-alive\r\nContent-Type: application/json\r\n" + sized(harness.VersionBody) + harness.OpenGet + "Connection: close\r\n\r\n", "200 200"},
		{"HTTP/1.0 in chunks", "POST /graphql HTTP/1.0\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
		{"HTTP/1.1 without Host", "GET /graphql HTTP/1.1\r\n\r\n", "400"},
		{"HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"},
		{"HTTP/3", "GET /graphql HTTP/3.0\r\nHost: x\r\n\r\n", "505"},
		{"two Hosts", "GET /graphql HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400"},

		{"pipelined", harness.OpenGet + "\r\n" + openPost + sized(harness.VersionBody) + harness.OpenGet + "\r\n" + closedPost + sized(harness.VersionBody), "200 200 200 200"},
		{"pipelined behind refusals", openPost + sized("{") + "PUT /graphql HTTP/1.1\r\nHost: x\r\n" + sized("xyz") + harness.OpenGet + "Accept: text/html\r\n\r\n" + harness.OpenGet + "Connection: close\r\n\r\n", "400 405 406 200"},
		{"pipelined behind too large a body", openPost + sized(padded(harness.VersionBody, 128<<10+1)) + harness.OpenGet + "Connection: close\r\n\r\n", "413 200"},
		{"pipelined behind one that nobody reads", "POST /healthz HTTP/1.1\r\nHost: x\r\n" + sized("xyz") + harness.OpenGet + "Connection: close\r\n\r\n", "405 200"},

		{"Content-Length too small", closedPost + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", size-1, harness.VersionBody), "400"},
		{"the rest is no request", openPost + fmt.Sprintf("Content-Length: %d\r\n\r\n%sx", size, harness.VersionBody), "200"},
		{"Content-Length too large", closedPost + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", size+1, harness.VersionBody), "408"},
		{"Content-Length of a gigabyte", closedPost + "Content-Length: 1073741824\r\n\r\n" + harness.VersionBody, "413"},
		{"Content-Length beyond 64 bits", closedPost + "Content-Length: 99999999999999999999\r\n\r\n" + harness.VersionBody, "400"},
		{"Content-Length below 0", closedPost + "Content-Length: -1\r\n\r\n" + harness.VersionBody, "400"},
		{"Content-Length with a sign", closedPost + fmt.Sprintf("Content-Length: +%d\r\n\r\n%s", size, harness.VersionBody), "400"},
		{"Content-Length as hexadecimal", closedPost + fmt.Sprintf("Content-Length: 0x%x\r\n\r\n%s", size, harness.VersionBody), "400"},
		{"two that differ", closedPost + "Content-Length: 0\r\n" + sized(harness.VersionBody), "400"},
		{"two alike", closedPost + fmt.Sprintf("Content-Length: %d\r\n", size) + sized(harness.VersionBody), "200"},
		{"two in one", closedPost + fmt.Sprintf("Content-Length: %d, %d\r\n\r\n%s", size, size, harness.VersionBody), "400"},
		{"no length", closedPost + "\r\n", "400"},

		{"chunks", closedPost + "Transfer-Encoding: chunked\r\n\r\n" + chunked(harness.VersionBody, 7), "200"},
		{"chunks of a byte, extended", closedPost + "Transfer-Encoding: chunked\r\n\r\n" + strings.ReplaceAll(chunked(harness.VersionBody, 1), "1\r\n", "1;x=y\r\n"), "200"},
		{"chunks above the limit", closedPost + "Transfer-Encoding: chunked\r\n\r\n" + chunked(padded(harness.VersionBody, 128<<10+1), 8000), "413"},
		{"a chunk without size", closedPost + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "400"},
		{"a chunk that is cut off", closedPost + "Transfer-Encoding: chunked\r\n\r\nff\r\nxyz", "408"},
		{"a chunk beyond 64 bits", closedPost + "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\nx", "400"},
		{"chunks and a length", closedPost + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n" + chunked(harness.VersionBody, 7), "200"},
		{"chunks and a length, pipelined", openPost + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(harness.VersionBody, 7) + harness.OpenGet + "Connection: close\r\n\r\n", "200 200"},
		{"chunks twice", closedPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(harness.VersionBody, 7), "501"},
		{"another encoding", closedPost + "Transfer-Encoding: gzip, chunked\r\n\r\n" + chunked(harness.VersionBody, 7), "501"},
		{"no encoding", closedPost + "Transfer-Encoding: identity\r\n" + sized(harness.VersionBody), "501"},
		{"a Trailer", closedPost + "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n" + strings.TrimSuffix(chunked(harness.VersionBody, 7), "\r\n") + "X: y\r\n\r\n", "200"},

		{"two Content-Types", closedPost + "Content-Type: text/plain\r\n" + sized(harness.VersionBody), "415"},
		{"two Accepts", closedPost + "Accept: text/html\r\nAccept: application/graphql-response+json\r\n" + sized(harness.VersionBody), "200"},
		{"two queries", "GET /graphql?query=%7Bserver%7Bversion%7D%7D&query=x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "200"},
		{"a folded header", harness.OpenGet + "X: y\r\n z\r\nConnection: close\r\n\r\n", "200"},
		{"a header without a name", harness.OpenGet + ": y\r\n\r\n", "400"},
		{"a space behind a name", harness.OpenGet + "X : y\r\n\r\n", "400"},
		{"a zero byte", harness.OpenGet + "X: \x00\r\n\r\n", "400"},
		{"lines without CR", strings.ReplaceAll(harness.OpenGet+"Connection: close\r\n\r\n", "\r", ""), "200"},
		{"nothing but lines", "\r\n\r\n\r\n", "400"},
		{"TLS", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", "400"},

		{"15 KiB of headers", harness.OpenGet + "X: " + strings.Repeat("x", 15<<10) + "\r\nConnection: close\r\n\r\n", "200"},
		{"17 KiB of headers", harness.OpenGet + "X: " + strings.Repeat("x", 17<<10) + "\r\nConnection: close\r\n\r\n", "431"},
		{"17 KiB of small headers", harness.OpenGet + strings.Repeat("X: y\r\n", 17<<10/6) + "\r\n", "431"},
		{"17 KiB of URL", "GET /graphql?query=" + strings.Repeat("x", 17<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n", "431"},

		{"waits for 100 Continue", closedPost + "Expect: 100-continue\r\n" + sized(harness.VersionBody), "100 200"},
		{"waits in vain", closedPost + "Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n", "413"},
		{"waits for something else", closedPost + "Expect: 200-ok\r\n" + sized(harness.VersionBody), "417"},
		{"Upgrade to h2c", harness.OpenGet + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings, close\r\n\r\n", "200"},
		{"Upgrade to h2c with a body", openPost + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings, close\r\n" + sized(harness.VersionBody), "200"},
		{"Upgrade to what is no protocol", harness.OpenGet + "Upgrade: \"; DROP\r\nConnection: Upgrade, close\r\n\r\n", "200"},
		{"Upgrade of a POST to a WebSocket", openPost + "Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + sized(harness.VersionBody), "200"},
		{"OPTIONS of everything", "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "200"},
		{"TRACE", "TRACE /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "405"},
		{"CONNECT", "CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\nConnection: close\r\n\r\n", "404"},
		{"a whole URL", "GET http://other/graphql?query=%7Bserver%7Bversion%7D%7D HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "200"},
		{"a path to be cleaned", "GET /x/../graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "404"},
	}
	t.Run("all", func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				s := &harness.Server{T: t, Addr: s.Addr}
				if came := s.Wire(c.sent); statuses(came) != c.want {
					t.Errorf("%q, want %s", came, c.want)
				}
			})
		}
	})
	if a := s.Ask("", "{ server { version } }"); len(a.Errors) > 0 {
		t.Errorf("afterwards: %s", a.Body)
	}
}

// chunked writes a body in chunks of so many bytes.
func chunked(body string, size int) string {
	var b strings.Builder
	for len(body) > 0 {
		n := min(size, len(body))
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	return b.String() + "0\r\n\r\n"
}
