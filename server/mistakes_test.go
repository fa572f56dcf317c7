package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A token that lies within the headers of the payload made a nobody of its owner without a word. The reason of the
// close frame says where it belongs.
func TestMisplacedTokenIsExplained(t *testing.T) {
	s := newServer(t)
	ann, _ := s.register("ann")
	w := s.bare(frame(finBit|opText, `{"type":"connection_init","payload":{"headers":{"Authorization":"Bearer `+ann+`"}}}`))
	opcode, payload := w.frame()
	if opcode != opClose || w.codeOf(payload) != 4403 || !strings.Contains(payload, "payload of connection_init") || strings.Contains(payload, ann) {
		t.Errorf("got %x %q", opcode, payload)
	}
}

// An upgrade over HTTP/1.0, which proxies speak that were not told otherwise, is refused for that reason and not for its key.
func TestUpgradeOverOldHTTP(t *testing.T) {
	s := newServer(t)
	conn := s.tcp()
	_, _ = fmt.Fprintf(conn, "GET /graphql HTTP/1.0\r\nHost: %s\r\n%s%s\r\n", s.addr, handshakeLines, protocolLine)
	response := readResponse(t, conn)
	if a := s.read(response); a.Status != http.StatusBadRequest || a.code() != "BAD_USER_INPUT" || !strings.Contains(a.Body, "HTTP/1.1") {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

// Some readers of lines end them at U+2028, U+2029 and U+0085 too. Events bring the same text without such characters.
func TestEventsHaveOneLine(t *testing.T) {
	s := newServer(t)
	ann, _ := s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	const text = "a\u2028b\u2029c\u0085d“é\u2027…"
	stream := s.listen(ann, s.request(followDocument))
	s.must(nil, ann, `mutation($t: String!) { sendChat(room: "general", text: $t) { id } }`, map[string]any{"t": text})
	query := s.listen(ann, s.request(`{ chats(room: "general") { nodes { text } } }`))
	for name, f := range map[string]*feed{"stream": stream, "query": query} {
		e, err := f.next()
		if err != nil || strings.ContainsAny(e.data, "\u2028\u2029\u0085") || !strings.Contains(e.data, `"a\u2028b\u2029c\u0085d“é`+"\u2027…") {
			t.Errorf("%s: got %q, %v", name, e.data, err)
		}
	}
}
