package server

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// init sends connection_init with a token, none if it is empty, and waits for the answer.
func (w *bareSocket) init(token string) *bareSocket {
	w.t.Helper()
	payload := "{}"
	if token != "" {
		payload = `{"authorization":"` + token + `"}`
	}
	w.send(frame(finBit|opText, `{"type":"connection_init","payload":`+payload+`}`))
	if m, code := w.next(); m.Type != "connection_ack" {
		w.t.Fatalf("got %s, close code %d", m.Type, code)
	}
	return w
}

// operate sends a subscribe message.
func (w *bareSocket) operate(id, document string) {
	w.t.Helper()
	w.send(frame(finBit|opText, `{"type":"subscribe","id":"`+id+`","payload":{"query":"`+strings.ReplaceAll(document, `"`, `\"`)+`"}}`))
}

// next messages until the close frame: none of them says that anything is complete.
func (w *bareSocket) closedWithout(complete string, want int) {
	w.t.Helper()
	for {
		m, code := w.next()
		if code == want {
			_, _ = w.conn.Write([]byte(frame(finBit|opClose, closePayload(uint16(want), ""))))
			_ = w.conn.CloseWrite()
			w.ended()
			return
		}
		if code != 0 || m.Type == complete || m.Type == "error" {
			w.t.Fatalf("got %s %s, close code %d, want close code %d", m.Type, m.Payload, code, want)
		}
	}
}

// A socket that says nothing is closed with 4408, one that pings too; one that has said connection_init lives.
func TestSocketRulesOfTheInitTimeout(t *testing.T) {
	s := newServer(t, append(roomy(), "--ws-init-timeout", "1s")...)
	silent, pinging, nonsense, ready := s.bare(""), s.bare(""), s.bare(frame(opText, `{"type"`)), s.bare("")
	ready.init("")
	begun := time.Now()
	pinging.send(frame(finBit|opText, pingText) + frame(finBit|opPing, "x"))
	for _, want := range []string{pongText, "x"} {
		if _, got := pinging.frame(); got != want {
			t.Errorf("got %q", got)
		}
	}
	silent.closed(4408)
	if took := time.Since(begun); took < 800*time.Millisecond {
		t.Errorf("closed after %v", took)
	}
	pinging.closed(4408)
	nonsense.closed(4408)
	ready.send(frame(finBit|opText, pingText))
	if _, got := ready.frame(); got != pongText {
		t.Errorf("got %q", got)
	}
}

// Two connection_init in one piece: the second is one too many, whether the first is still checked or not.
func TestSocketRulesOfTwoInitsAtOnce(t *testing.T) {
	s := newServer(t, roomy()...)
	ann, _ := s.register("ann")
	init := frame(finBit|opText, `{"type":"connection_init","payload":{"authorization":"`+ann+`"}}`)
	subscribe := frame(finBit|opText, `{"type":"subscribe","id":"1","payload":{"query":"{ __typename }"}}`)
	checked := 0
	for range 50 {
		w := s.bare(init + init)
		m, code := w.next()
		if m.Type == "connection_ack" {
			_, code = w.next()
		}
		if code != 4429 {
			t.Fatalf("got %s, close code %d", m.Type, code)
		}
		w = s.bare(init + subscribe) // before the acknowledgement, or just behind it
		if m, code := w.next(); code == 4401 {
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
	s := newServer(t, append(roomy(), "--access-token-lifetime", "3s", "--leeway", "0s", "--refresh-reuse-window", "60s")...)
	ann, refresh := s.register("ann")
	_, foreign := s.register("bob")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	idle, busy, renewed, other := s.bare("").init(ann), s.bare("").init(ann), s.bare("").init(ann), s.bare("").init(ann)
	busy.operate("1", `subscription { chatSent(room: "general") { text } }`)
	for _, c := range []struct {
		w     *bareSocket
		token string
	}{{renewed, refresh}, {other, foreign}} {
		c.w.operate("1", `mutation { refreshToken(token: "`+c.token+`") { accessTokenExpiresAt } }`)
		if m, code := c.w.next(); m.Type != "next" || strings.Contains(string(m.Payload), "errors") {
			t.Fatalf("got %s %s, close code %d", m.Type, m.Payload, code)
		}
		if m, _ := c.w.next(); m.Type != "complete" {
			t.Fatalf("got %s", m.Type)
		}
	}
	s.say(ann, "before")
	for _, w := range []*bareSocket{idle, busy, other} {
		w.closedWithout("complete", 4403)
	}
	s.bareRefused(ann, 4403)
	renewed.closedWithout("complete", 4403) // in its turn
}

// bareRefused wants a socket with this token closed at once.
func (s *testServer) bareRefused(token string, code int) {
	s.t.Helper()
	s.bare(frame(finBit|opText, `{"type":"connection_init","payload":{"authorization":"`+token+`"}}`)).closed(code)
}

// The end of a session closes its sockets with 4401, in whatever phase, and no other; a new one is refused.
func TestSocketRulesOfTheEndOfASession(t *testing.T) {
	s := newServer(t, roomy()...)
	ann, _ := s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	own := s.signIn("ann", "correct horse battery").AccessToken
	idle, busy, stays, nobody := s.bare("").init(own), s.bare("").init(own), s.bare("").init(ann), s.bare("").init("")
	busy.operate("1", `subscription { chatSent(room: "general") { text } }`)
	busy.operate("2", `subscription { events(rooms: ["general"]) { kind } }`)
	s.must(nil, own, `mutation { logout }`)
	s.say(ann, "after")
	idle.closed(4401)
	busy.closedWithout("complete", 4401)
	s.bareRefused(own, 4401)
	for _, w := range []*bareSocket{stays, nobody} {
		w.operate("1", `{ __typename }`)
		if m, code := w.next(); m.Type != "next" {
			t.Errorf("got %s, close code %d", m.Type, code)
		}
	}
}

// A drain closes every socket with 1012, whatever it does, and nothing is complete.
func TestSocketRulesOfTheDrain(t *testing.T) {
	s := newServer(t, append(roomy(), "--ws-init-timeout", "60s")...)
	ann, _ := s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	fresh, idle, busy, half := s.bare(""), s.bare("").init(""), s.bare("").init(ann), s.bare("").init(ann)
	busy.operate("1", `subscription { chatSent(room: "general") { text } }`)
	half.send(frame(opText, `{"type":"sub`))
	s.say(ann, "one")
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	for _, w := range []*bareSocket{fresh, idle, busy, half} {
		w.closedWithout("complete", 1012)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// While a balancer has time to look elsewhere, open streams go on, and new ones are sent away with 503.
func TestSocketRulesOfTheDrainDelay(t *testing.T) {
	s := newServer(t, append(roomy(), "--drain-delay", "3s")...)
	ann, _ := s.register("ann")
	s.must(nil, ann, `mutation { createRoom(name: "general") { id } }`)
	start := s.place(ann)
	k := s.dial(ann)
	k.expect("connection_ack")
	k.subscribe("1", followDocument, start)
	go func() { _ = s.stop() }()
	eventually(t, "draining", func() bool { r, _ := s.get("/readyz"); return r.StatusCode == http.StatusServiceUnavailable })
	conn := s.tcp()
	fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: x\r\n%s%s\r\n", handshakeLines, protocolLine)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Errorf("a new socket: %v %v", response, err)
	}
	if body, status := s.raw(`{"query":"subscription { chatSent(room: \"general\") { text } }"}`, "text/event-stream"); status != http.StatusServiceUnavailable {
		t.Errorf("a new event stream: %d %s", status, body)
	}
	if m, code := k.read(); code != 1012 {
		t.Errorf("got %s %s, close code %d", m.Type, m.Payload, code)
	}
}

// A silent socket is pinged with a frame; one that answers lives, one that does not is cut without a word.
func TestSocketRulesOfServerPings(t *testing.T) {
	s := newServer(t, append(roomy(), "--ws-ping-interval", "2s", "--ws-pong-timeout", "2s")...)
	answers, silent := s.bare("").init(""), s.bare("").init("")
	for range 2 {
		opcode, payload := answers.frame()
		if opcode != opPing {
			t.Fatalf("got %x %q, want a ping", opcode, payload)
		}
		answers.send(frame(finBit|opPong, payload))
	}
	if opcode, _ := silent.frame(); opcode != opPing {
		t.Errorf("got %x, want a ping", opcode)
	}
	silent.ended()
}

// Nobody is cut who was not asked before, however late the sweeper comes: here both times pass between two
// sweeps.
func TestSocketRulesOfShortPings(t *testing.T) {
	s := newServer(t, append(roomy(), "--ws-ping-interval", "100ms", "--ws-pong-timeout", "100ms")...)
	w := s.bare("").init("")
	for range 3 {
		if opcode, payload := w.frame(); opcode != opPing || payload != "" {
			t.Fatalf("got %x %q, want a ping", opcode, payload)
		}
		w.send(frame(finBit|opPong, ""))
	}
}
