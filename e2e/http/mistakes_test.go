package http

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
)

// A token that lies within the headers of the payload made a nobody of its owner without a word. The reason of the
// close frame says where it belongs.
func TestMisplacedTokenIsExplained(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	w := frames.Dial(s, frames.Frame(frames.FinBit|frames.OpText, `{"type":"connection_init","payload":{"headers":{"Authorization":"Bearer `+ann+`"}}}`))
	opcode, payload := w.Frame()
	if opcode != frames.OpClose || w.CodeOf(payload) != 4403 || !strings.Contains(payload, "payload of connection_init") || strings.Contains(payload, ann) {
		t.Errorf("got %x %q", opcode, payload)
	}
}

// An upgrade over HTTP/1.0, which proxies speak that were not told otherwise, is refused for that reason and not for its key.
func TestUpgradeOverOldHTTP(t *testing.T) {
	s := harness.New(t)
	conn := frames.Connect(s)
	_, _ = fmt.Fprintf(conn, "GET /graphql HTTP/1.0\r\nHost: %s\r\n%s%s\r\n", s.Addr, frames.HandshakeLines, frames.ProtocolLine)
	response := frames.ReadResponse(t, conn)
	if a := s.Read(response); a.Status != http.StatusBadRequest || a.Code() != "BAD_USER_INPUT" || !strings.Contains(a.Body, "HTTP/1.1") {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

// Some readers of lines end them at U+2028, U+2029 and U+0085 too. Events bring the same text without such characters.
func TestEventsHaveOneLine(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	const text = "a\u2028b\u2029c\u0085d“é\u2027…"
	stream := s.OpenEvents(ann, s.Body(harness.FollowDocument))
	s.Must(nil, ann, `mutation($t: String!) { sendChat(room: "general", text: $t) { id } }`, map[string]any{"t": text})
	query := s.OpenEvents(ann, s.Body(`{ chats(room: "general") { nodes { text } } }`))
	for name, f := range map[string]*harness.EventReader{"stream": stream, "query": query} {
		e, err := f.Next()
		if err != nil || strings.ContainsAny(e.Data, "\u2028\u2029\u0085") || !strings.Contains(e.Data, `"a\u2028b\u2029c\u0085d“é`+"\u2027…") {
			t.Errorf("%s: got %q, %v", name, e.Data, err)
		}
	}
}
