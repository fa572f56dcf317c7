package limits

import (
	"context"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"parley/e2e/harness"
)

// tryDial opens a socket as if from an address (empty: from loopback), or returns what was said instead.
func tryDial(s *harness.Server, address string) (*harness.Socket, harness.Answer) {
	s.T.Helper()
	header := http.Header{}
	if address != "" {
		header.Set("X-Forwarded-For", address)
	}
	conn, response, err := websocket.Dial(s.T.Context(), "ws://"+s.Addr+"/graphql",
		&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header})
	if err == nil {
		s.T.Cleanup(func() { _ = conn.CloseNow() })
		return &harness.Socket{T: s.T, Conn: conn}, harness.Answer{Status: response.StatusCode}
	}
	if response == nil {
		s.T.Fatal(err)
	}
	return nil, s.Read(response)
}

// openFrom is tryDial that must open one.
func openFrom(s *harness.Server, address string) *harness.Socket {
	s.T.Helper()
	k, a := tryDial(s, address)
	if k == nil {
		s.T.Fatalf("from %q: %d %s", address, a.Status, a.Body)
	}
	return k
}

func leave(k *harness.Socket) { _ = k.Conn.CloseNow() }

// upgrade asks for a socket that it must not get, with these headers instead of the right ones.
func upgrade(s *harness.Server, address string, headers ...string) harness.Answer {
	s.T.Helper()
	request, err := http.NewRequestWithContext(s.T.Context(), http.MethodGet, "http://"+s.Addr+"/graphql", nil)
	if err != nil {
		s.T.Fatal(err)
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
		s.T.Fatal(err)
	}
	return s.Read(response)
}

// An streamFrom is an event stream that may be left.
type streamFrom struct{ leave context.CancelFunc }

// tryStream follows a room over an event stream, or returns what was said instead.
func tryStream(s *harness.Server, address, token string) (*streamFrom, harness.Answer) {
	s.T.Helper()
	return sendFrom(s, address, token, `subscription { chatSent(room: "general") { text } }`, true)
}

// followFrom is tryStream that must open one.
func followFrom(s *harness.Server, address, token string) *streamFrom {
	s.T.Helper()
	e, a := tryStream(s, address, token)
	if e == nil {
		s.T.Fatalf("from %q: %d %s", address, a.Status, a.Body)
	}
	return e
}

// askFrom sends an operation as if from an address.
func askFrom(s *harness.Server, address, token, document string) harness.Answer {
	s.T.Helper()
	_, a := sendFrom(s, address, token, document, false)
	return a
}

// sendFrom sends an operation, and for an event stream returns it when it is open.
func sendFrom(s *harness.Server, address, token, document string, stream bool) (*streamFrom, harness.Answer) {
	s.T.Helper()
	ctx, leave := context.WithCancel(s.T.Context())
	s.T.Cleanup(leave)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Addr+"/graphql", strings.NewReader(s.Body(document)))
	if err != nil {
		s.T.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("X-Forwarded-For", address)
	if stream {
		request.Header.Set("Accept", "text/event-stream")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.T.Fatal(err)
	}
	if stream && response.StatusCode == http.StatusOK {
		return &streamFrom{func() { leave(); _ = response.Body.Close() }}, harness.Answer{Status: response.StatusCode}
	}
	return nil, s.Read(response)
}
