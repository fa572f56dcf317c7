package ws

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
)

// operate sends a subscribe message.
func operate(w *frames.Socket, id, document string) {
	w.T.Helper()
	w.Send(frames.Frame(frames.FinBit|frames.OpText, `{"type":"subscribe","id":"`+id+`","payload":{"query":"`+strings.ReplaceAll(document, `"`, `\"`)+`"}}`))
}

// next messages until the close frame: none of them says that anything is complete.
func closedWithout(w *frames.Socket, complete string, want int) {
	w.T.Helper()
	for {
		m, code := w.Next()
		if code == want {
			_, _ = w.Conn.Write([]byte(frames.Frame(frames.FinBit|frames.OpClose, frames.ClosePayload(uint16(want), ""))))
			_ = w.Conn.CloseWrite()
			w.Ended()
			return
		}
		if code != 0 || m.Type == complete || m.Type == "error" {
			w.T.Fatalf("got %s %s, close code %d, want close code %d", m.Type, m.Payload, code, want)
		}
	}
}

// A socket that says nothing is closed with 4408, one that pings too; one that has said connection_init lives.
func TestSocketRulesOfTheInitTimeout(t *testing.T) {
	const limit = 3 * time.Second // in which one of them has to say it
	s := harness.New(t, append(harness.NoLimits(), "--ws-init-timeout", limit.String())...)
	begun := time.Now()
	silent, pinging, nonsense, ready := frames.Dial(s, ""), frames.Dial(s, ""), frames.Dial(s, frames.Frame(frames.OpText, `{"type"`)), frames.Dial(s, "")
	ready.Init("")
	pinging.Send(frames.Frame(frames.FinBit|frames.OpText, frames.PingText) + frames.Frame(frames.FinBit|frames.OpPing, "x"))
	for _, want := range []string{frames.PongText, "x"} {
		if _, got := pinging.Frame(); got != want {
			t.Errorf("got %q", got)
		}
	}
	silent.Closed(4408)
	if took := time.Since(begun); took < limit*9/10 {
		t.Errorf("closed after %v", took)
	}
	pinging.Closed(4408)
	nonsense.Closed(4408)
	ready.Send(frames.Frame(frames.FinBit|frames.OpText, frames.PingText))
	if _, got := ready.Frame(); got != frames.PongText {
		t.Errorf("got %q", got)
	}
}

// Two connection_init in one piece: the second is one too many, whether the first is still checked or not.
func TestSocketRulesOfTwoInitsAtOnce(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	init := frames.Frame(frames.FinBit|frames.OpText, `{"type":"connection_init","payload":{"authorization":"`+ann+`"}}`)
	subscribe := frames.Frame(frames.FinBit|frames.OpText, `{"type":"subscribe","id":"1","payload":{"query":"{ __typename }"}}`)
	checked := 0
	for range 50 {
		w := frames.Dial(s, init+init)
		m, code := w.Next()
		if m.Type == "connection_ack" {
			_, code = w.Next()
		}
		if code != 4429 {
			t.Fatalf("got %s, close code %d", m.Type, code)
		}
		w = frames.Dial(s, init+subscribe) // before the acknowledgement, or just behind it
		if m, code := w.Next(); code == 4401 {
			checked++
		} else if m.Type != "connection_ack" {
			t.Fatalf("got %s, close code %d", m.Type, code)
		}
	}
	t.Logf("%d of 50 operations came while the first was checked", checked)
}

// A token that has run out closes all its sockets with 4403, busy or idle. Only a refresh of the session,
// over the socket itself, moves the end.
func TestSocketRulesOfExpiry(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--access-token-lifetime", "8s", "--leeway", "0s", "--refresh-reuse-window", "60s")...) // 8 s: in which all is opened, on a busy machine too
	ann, refresh := s.Register("ann")
	_, foreign := s.Register("bob")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	idle, busy, renewed, other := frames.Dial(s, "").Init(ann), frames.Dial(s, "").Init(ann), frames.Dial(s, "").Init(ann), frames.Dial(s, "").Init(ann)
	operate(busy, "1", `subscription { chatSent(room: "general") { text } }`)
	for _, c := range []struct {
		w     *frames.Socket
		token string
	}{{renewed, refresh}, {other, foreign}} {
		operate(c.w, "1", `mutation { refreshToken(token: "`+c.token+`") { accessTokenExpiresAt } }`)
		if m, code := c.w.Next(); m.Type != "next" || strings.Contains(string(m.Payload), "errors") {
			t.Fatalf("got %s %s, close code %d", m.Type, m.Payload, code)
		}
		if m, _ := c.w.Next(); m.Type != "complete" {
			t.Fatalf("got %s", m.Type)
		}
	}
	s.SendChat(ann, "before")
	for _, w := range []*frames.Socket{idle, busy, other} {
		closedWithout(w, "complete", 4403)
	}
	bareRefused(s, ann, 4403)
	closedWithout(renewed, "complete", 4403) // in its turn
}

// bareRefused wants a socket with this token closed at once.
func bareRefused(s *harness.Server, token string, code int) {
	s.T.Helper()
	frames.Dial(s, frames.Frame(frames.FinBit|frames.OpText, `{"type":"connection_init","payload":{"authorization":"`+token+`"}}`)).Closed(code)
}

// The end of a session closes its sockets with 4401, in whatever phase, and no other; a new one is refused.
func TestSocketRulesOfTheEndOfASession(t *testing.T) {
	s := harness.New(t, harness.NoLimits()...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	own := s.SignIn("ann", "correct horse battery").AccessToken
	idle, busy, stays, nobody := frames.Dial(s, "").Init(own), frames.Dial(s, "").Init(own), frames.Dial(s, "").Init(ann), frames.Dial(s, "").Init("")
	operate(busy, "1", `subscription { chatSent(room: "general") { text } }`)
	operate(busy, "2", `subscription { events(rooms: ["general"]) { kind } }`)
	s.Must(nil, own, `mutation { logout }`)
	s.SendChat(ann, "after")
	idle.Closed(4401)
	closedWithout(busy, "complete", 4401)
	bareRefused(s, own, 4401)
	for _, w := range []*frames.Socket{stays, nobody} {
		operate(w, "1", `{ __typename }`)
		if m, code := w.Next(); m.Type != "next" {
			t.Errorf("got %s, close code %d", m.Type, code)
		}
	}
}

// A drain closes every socket with 1012, whatever it does, and nothing is complete.
func TestSocketRulesOfTheDrain(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--ws-init-timeout", "60s")...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	fresh, idle, busy, half := frames.Dial(s, ""), frames.Dial(s, "").Init(""), frames.Dial(s, "").Init(ann), frames.Dial(s, "").Init(ann)
	operate(busy, "1", `subscription { chatSent(room: "general") { text } }`)
	half.Send(frames.Frame(frames.OpText, `{"type":"sub`))
	s.SendChat(ann, "one")
	stopped := make(chan error, 1)
	go func() { stopped <- s.Stop() }()
	for _, w := range []*frames.Socket{fresh, idle, busy, half} {
		closedWithout(w, "complete", 1012)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// While a balancer has time to look elsewhere, open streams go on, and new ones are sent away with 503.
func TestSocketRulesOfTheDrainDelay(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--drain-delay", "3s")...)
	ann, _ := s.Register("ann")
	s.Must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	start := s.End(ann)
	k := s.Dial(ann)
	k.Expect("connection_ack")
	k.Subscribe("1", harness.FollowDocument, start)
	go func() { _ = s.Stop() }()
	harness.Eventually(t, "draining", func() bool { r, _ := s.Get("/readyz"); return r.StatusCode == http.StatusServiceUnavailable })
	conn := frames.Connect(s)
	fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: x\r\n%s%s\r\n", frames.HandshakeLines, frames.ProtocolLine)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Errorf("a new socket: %v %v", response, err)
	}
	if body, status := s.Raw(`{"query":"subscription { chatSent(room: \"general\") { text } }"}`, "text/event-stream"); status != http.StatusServiceUnavailable {
		t.Errorf("a new event stream: %d %s", status, body)
	}
	if m, code := k.Read(); code != 1012 {
		t.Errorf("got %s %s, close code %d", m.Type, m.Payload, code)
	}
}

// A silent socket is pinged with a frame; one that answers lives, one that does not is cut without a word.
func TestSocketRulesOfServerPings(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--ws-ping-interval", "2s", "--ws-pong-timeout", "5s")...)
	answers, silent := frames.Dial(s, "").Init(""), frames.Dial(s, "").Init("")
	for range 2 {
		opcode, payload := answers.Frame()
		if opcode != frames.OpPing {
			t.Fatalf("got %x %q, want a ping", opcode, payload)
		}
		answers.Send(frames.Frame(frames.FinBit|frames.OpPong, payload))
	}
	if opcode, _ := silent.Frame(); opcode != frames.OpPing {
		t.Errorf("got %x, want a ping", opcode)
	}
	silent.Ended()
}

// Nobody is cut who was not asked before, however late the sweeper comes: here both times pass between two
// sweeps.
func TestSocketRulesOfShortPings(t *testing.T) {
	s := harness.New(t, append(harness.NoLimits(), "--ws-ping-interval", "100ms", "--ws-pong-timeout", "100ms")...)
	w := frames.Dial(s, "").Init("")
	for range 3 {
		if opcode, payload := w.Frame(); opcode != frames.OpPing || payload != "" {
			t.Fatalf("got %x %q, want a ping", opcode, payload)
		}
		w.Send(frames.Frame(frames.FinBit|frames.OpPong, ""))
	}
}
