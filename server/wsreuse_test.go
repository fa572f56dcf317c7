package server

import (
	"strings"
	"testing"
)

// While there is talk, one id is used for one stream after the other, each of another shape. What the server
// sends behind a pong it sends after it has read what stands before the ping: nothing of a stream that was
// completed there, and from the next stream on nothing but that.
func TestReusedIDNeverBringsTheOldStream(t *testing.T) {
	s := newServer(t, roomy()...)
	ann, _ := s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	stop := (&chatter{testServer: s, token: ann}).talk()
	defer stop()
	w := s.bare("").init(ann)
	for round := range 200 {
		field := []string{"number", "text", "username"}[round%3]
		w.operate("1", `subscription { chatSent(room: "general") { `+field+` } }`)
		if m, code := w.next(); m.Type != "next" || !strings.HasPrefix(string(m.Payload), `{"data":{"chatSent":{"`+field+`":`) {
			t.Fatalf("round %d: got %s %s, close code %d, want %s", round, m.Type, m.Payload, code, field)
		}
		w.send(frame(finBit|opText, `{"type":"complete","id":"1"}`) + frame(finBit|opText, pingText))
		for {
			m, code := w.next()
			if m.Type == "pong" {
				break
			}
			if m.Type != "next" || !strings.Contains(string(m.Payload), field) {
				t.Fatalf("round %d: got %s %s, close code %d", round, m.Type, m.Payload, code)
			}
		}
	}
}
