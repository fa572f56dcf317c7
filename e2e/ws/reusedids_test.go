package ws

import (
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
	"parley/e2e/harness/writers"
)

// While there is talk, one id is used for one stream after the other, each of another shape. What the server
// sends behind a pong it sends after it has read what stands before the ping: nothing of a stream that was
// completed there, and from the next stream on nothing but that.
func TestReusedIDNeverBringsTheOldStream(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	stop := (&writers.Writer{Server: s, Token: ann}).Run()
	defer stop()
	w := frames.Dial(s, "").Init(ann)
	for round := range 200 {
		field := []string{"number", "text", "username"}[round%3]
		operate(w, "1", `subscription { chatSent(room: "general") { `+field+` } }`)
		if m, code := w.Next(); m.Type != "next" || !strings.HasPrefix(string(m.Payload), `{"data":{"chatSent":{"`+field+`":`) {
			t.Fatalf("round %d: got %s %s, close code %d, want %s", round, m.Type, m.Payload, code, field)
		}
		w.Send(frames.Frame(frames.FinBit|frames.OpText, `{"type":"complete","id":"1"}`) + frames.Frame(frames.FinBit|frames.OpText, frames.PingText))
		for {
			m, code := w.Next()
			if m.Type == "pong" {
				break
			}
			if m.Type != "next" || !strings.Contains(string(m.Payload), field) {
				t.Fatalf("round %d: got %s %s, close code %d", round, m.Type, m.Payload, code)
			}
		}
	}
}
