package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// A client whose network goes away says nothing any more. Its event stream is freed like its socket, and does not stay
// until the kernel has given up after a quarter of an hour.
func TestHalfOpenStreamsAreFreed(t *testing.T) {
	cut := newPartition(t)
	host, behind := fmt.Sprintf("10.%d.0.2", toClients), fmt.Sprintf("10.%d.0.2", toBus)
	startPipes(t, within(cut.hub()),
		"unix "+filepath.Join(cut.dir, host)+" tcp "+host+":8080", "unix "+filepath.Join(cut.dir, behind)+" tcp "+behind+":9090")
	p := startProcessAs(t, surroundings{before: within(cut.node(0))}, dataDir(t), "--addr", host+":8080", "--metrics-addr", behind+":9090",
		"--ws-ping-interval", "1s", "--ws-pong-timeout", "1s", "--sse-keepalive", "1s")
	client := &http.Client{Transport: &http.Transport{DialContext: cut.dial}}
	ask := func(token, accept, document string) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.addr+"/graphql", strings.NewReader(p.request(document)))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Accept", accept)
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	var data struct{ Register struct{ AccessToken string } }
	p.into(p.read(ask("", "application/json", `mutation { register(username: "ann", password: "correct horse battery") { accessToken } }`)), &data)
	ann := data.Register.AccessToken
	p.read(ask(ann, "application/json", `mutation { createRoom(name: "general") { id } }`))
	stream := bufio.NewReader(ask(ann, "text/event-stream", `subscription { chatSent(room: "general") { text } }`).Body)
	for range 2 { // it is open, and keep-alives come
		if line, err := stream.ReadString('\n'); err != nil || line[0] != ':' {
			t.Fatalf("got %q, %v", line, err)
		}
		_, _ = stream.ReadString('\n')
	}
	socket, err := cut.dial(t.Context(), "", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	_, _ = fmt.Fprintf(socket, "GET /graphql HTTP/1.1\r\nHost: x\r\n%s%s\r\n%s", handshakeLines, protocolLine, frame(finBit|opText, initText))
	open := func(sockets, streams int) bool {
		response, err := client.Get("http://" + behind + ":9090/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		text, _ := io.ReadAll(response.Body)
		return strings.Contains(string(text), fmt.Sprintf("\nparley_sockets %d\n", sockets)) &&
			strings.Contains(string(text), fmt.Sprintf("\nparley_event_streams %d\n", streams))
	}
	eventually(t, "a socket and an event stream", func() bool { return open(1, 1) })
	cut.pull(0, toClients)
	eventually(t, "their end", func() bool { return open(0, 0) })
}

// readResponse reads the answer to a request that was written by hand.
func readResponse(t *testing.T, conn net.Conn) *http.Response {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return response
}
