package limits

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
	"parley/e2e/harness/network"
)

// A farServer is a server in a network of its own, which is reached by a cable. Its metrics have another one.
type farServer struct {
	*harness.Process
	cable  *network.Partition
	client *http.Client
	behind string // the host of the metrics
}

func newFarServer(t *testing.T, flags ...string) *farServer {
	t.Helper()
	p := network.NewPartition(t)
	host, behind := fmt.Sprintf("10.%d.0.2", network.ToClients), fmt.Sprintf("10.%d.0.2", network.ToBus)
	network.StartPipes(t, network.Within(p.Hub()),
		"unix "+filepath.Join(p.Dir, host)+" tcp "+host+":8080", "unix "+filepath.Join(p.Dir, behind)+" tcp "+behind+":9090")
	flags = append([]string{"--addr", host + ":8080", "--metrics-addr", behind + ":9090"}, flags...)
	s := &farServer{
		Process: harness.StartProcessIn(t, harness.Environment{Before: network.Within(p.Node(0))}, harness.DataDir(t), flags...), cable: p,
		client: &http.Client{Transport: &http.Transport{DialContext: p.Dial, DisableKeepAlives: true}}, behind: behind,
	}
	return s
}

func (s *farServer) dial() net.Conn {
	s.T.Helper()
	conn, err := s.cable.Dial(s.T.Context(), "", s.Addr)
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(harness.Timeout))
	return conn
}

func (s *farServer) ask(token, accept, document string) *http.Response {
	s.T.Helper()
	request, err := http.NewRequestWithContext(s.T.Context(), http.MethodPost, "http://"+s.Addr+"/graphql", strings.NewReader(s.Body(document)))
	if err != nil {
		s.T.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", accept)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := s.client.Do(request)
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func (s *farServer) metrics() string {
	s.T.Helper()
	response, err := s.client.Get("http://" + s.behind + ":9090/metrics")
	if err != nil {
		s.T.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(response.Body) // what is missing shows
	return string(text)
}

// A client whose network goes away says nothing any more. Its event stream is freed like its socket, and does not stay
// until the kernel has given up after a quarter of an hour.
func TestHalfOpenStreamsAreFreed(t *testing.T) {
	s := newFarServer(t, "--ws-ping-interval", "1s", "--ws-pong-timeout", "1s", "--sse-keepalive", "1s", "--write-timeout", "5s")
	var data struct{ Register struct{ AccessToken string } }
	s.Decode(s.Read(s.ask("", "application/json", `mutation { register(username: "ann", password: "correct horse battery") { accessToken } }`)), &data)
	ann := data.Register.AccessToken
	s.Read(s.ask(ann, "application/json", `mutation { createRoom(name: "general") { id } }`))
	stream := bufio.NewReader(s.ask(ann, "text/event-stream", `subscription { chatSent(room: "general") { text } }`).Body)
	for range 2 { // it is open, and keep-alives come
		if line, err := stream.ReadString('\n'); err != nil || line[0] != ':' {
			t.Fatalf("got %q, %v", line, err)
		}
		_, _ = stream.ReadString('\n')
	}
	_, _ = fmt.Fprintf(s.dial(), "GET /graphql HTTP/1.1\r\nHost: x\r\n%s%s\r\n%s", frames.HandshakeLines, frames.ProtocolLine, frames.Frame(frames.FinBit|frames.OpText, frames.InitText))
	open := func(sockets, streams int) bool {
		text := s.metrics()
		return strings.Contains(text, fmt.Sprintf("\nparley_sockets %d\n", sockets)) &&
			strings.Contains(text, fmt.Sprintf("\nparley_event_streams %d\n", streams))
	}
	harness.Eventually(t, "a socket and an event stream", func() bool { return open(1, 1) })
	s.cable.Pull(0, network.ToClients)
	harness.Eventually(t, "their end", func() bool { return open(0, 0) })
}

// One network has so many TCP connections: one that waits is closed for a new one, and while requests run on all, the
// new one is.
func TestConnectionsOfOneNetwork(t *testing.T) {
	s := newFarServer(t, "--http-max-connections-per-address", "3")
	for range 10 {
		sendText(s.dial(), harness.OpenGet)
		s.Read(s.ask("", "application/json", `{ server { version } }`))
	}
	runs := 0
	more := func() bool {
		conn := s.dial()
		sendText(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n")
		line, _ := bufio.NewReader(conn).ReadString('\n')
		if line == "HTTP/1.1 100 Continue\r\n" {
			runs++
		}
		return line != ""
	}
	harness.Eventually(t, "as many as there may be", func() bool { more(); return runs == 3 })
	if more() {
		t.Error("a fourth one is answered")
	}
	if text := s.metrics(); !strings.Contains(text, "\nparley_http_connections 3\n") || strings.Contains(text, `parley_no_room_total{setting="http_max_connections_per_address"} 0`) {
		t.Errorf("got %s", text)
	}
	harness.Eventually(t, "a line", func() bool { return harness.RefusalsIn(t, s.Log.String(), "http_max_connections_per_address") > 0 })
}
