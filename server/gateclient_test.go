package server

import (
	"context"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

// tryDial opens a socket as if from an address (empty: from loopback), or answers what was said instead.
func (s *testServer) tryDial(address string) (*socket, answer) {
	s.t.Helper()
	header := http.Header{}
	if address != "" {
		header.Set("X-Forwarded-For", address)
	}
	conn, response, err := websocket.Dial(s.t.Context(), "ws://"+s.addr+"/graphql",
		&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header})
	if err == nil {
		s.t.Cleanup(func() { _ = conn.CloseNow() })
		return &socket{s.t, conn}, answer{Status: response.StatusCode}
	}
	if response == nil {
		s.t.Fatal(err)
	}
	return nil, s.read(response)
}

// openFrom is tryDial that must open one.
func (s *testServer) openFrom(address string) *socket {
	s.t.Helper()
	k, a := s.tryDial(address)
	if k == nil {
		s.t.Fatalf("from %q: %d %s", address, a.Status, a.Body)
	}
	return k
}

func (k *socket) leave() { _ = k.conn.CloseNow() }

// upgrade asks for a socket that it must not get, with these headers in the place of the right ones.
func (s *testServer) upgrade(address string, headers ...string) answer {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.addr+"/graphql", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for key, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "X-Forwarded-For": address,
	} {
		request.Header.Set(key, value)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.read(response)
}

// An openStream is an event stream that may be left.
type openStream struct{ leave context.CancelFunc }

// tryStream follows a room over an event stream, or answers what was said instead.
func (s *testServer) tryStream(address, token string) (*openStream, answer) {
	s.t.Helper()
	return s.sendFrom(address, token, `subscription { chatSent(room: "general") { text } }`, true)
}

// openStream is tryStream that must open one.
func (s *testServer) openStream(address, token string) *openStream {
	s.t.Helper()
	e, a := s.tryStream(address, token)
	if e == nil {
		s.t.Fatalf("from %q: %d %s", address, a.Status, a.Body)
	}
	return e
}

// askFrom sends an operation as if from an address.
func (s *testServer) askFrom(address, token, document string) answer {
	s.t.Helper()
	_, a := s.sendFrom(address, token, document, false)
	return a
}

// sendFrom sends an operation, and for an event stream answers it when it is open.
func (s *testServer) sendFrom(address, token, document string, stream bool) (*openStream, answer) {
	s.t.Helper()
	ctx, leave := context.WithCancel(s.t.Context())
	s.t.Cleanup(leave)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+"/graphql", strings.NewReader(s.request(document)))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("X-Forwarded-For", address)
	if stream {
		request.Header.Set("Accept", "text/event-stream")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	if stream && response.StatusCode == http.StatusOK {
		return &openStream{func() { leave(); _ = response.Body.Close() }}, answer{Status: response.StatusCode}
	}
	return nil, s.read(response)
}
