package transport

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"parley/limit"
	"parley/transport/operation"
	"parley/transport/refusal"
)

// half is the beginning of a ping message of so many bytes.
func half(n int) string {
	whole := frame(fin|text, `{"type":"ping","payload":"`+strings.Repeat("x", n)+`"}`)
	return whole[:len(whole)-1]
}

// A message that is not finished in time ends its socket, however far it came and in whatever pieces; the client comes
// back. Silence between messages has no such limit.
func TestMessagesAreFinishedInTime(t *testing.T) {
	for name, sent := range map[string]string{
		"a byte":                    "\x81",
		"a header":                  "\x81\xfe\x40\x00",
		"half a message":            half(100 << 10),
		"half a ping":               frame(fin|ping, "hello")[:8],
		"a fragment":                frame(text, `{"type":`),
		"a fragment, pings between": frame(text, `{"type":`) + frame(fin|pong, "") + frame(fin|ping, ""),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(o *Options, _ *tuning) { o.MessageTimeout, o.InitTimeout = 2*time.Second, time.Hour })
			quiet := w.ready("good")
			conn, r := w.upgraded(frame(fin|text, pingMessage))
			readFrame(t, r)
			_, _ = io.WriteString(conn, sent)
			if strings.Contains(name, "pings") {
				readFrame(t, r)
			}
			wantClose(t, r, 1013)
			quiet.talk("> " + pingMessage + "\n" + `< {"type":"pong"}`)
			if got := w.transports.Stats().Drops[operation.DropUnfinished]; got != 1 {
				t.Errorf("%d are counted", got)
			}
			_ = conn.Close()
			w.arrived()
		})
	}
}

// arrived wants nothing to be counted that is still coming in.
func (w *world) arrived() {
	w.t.Helper()
	eventually(w.t, func() bool {
		n, bytes := w.transports.inbound.Held()
		return n == 0 && bytes == 0
	}, func() string { return "some are counted" })
}

// Fragments that trickle do not lengthen the time of their message.
func TestTrickleIsNoProgress(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.MessageTimeout, o.InitTimeout = 100*time.Millisecond, time.Hour })
	conn, r := w.upgraded(frame(text, " "))
	go func() {
		pace := time.NewTicker(time.Millisecond)
		defer pace.Stop()
		for _, err := io.WriteString(conn, ""); err == nil; _, err = io.WriteString(conn, frame(more, " ")) {
			<-pace.C
		}
	}()
	wantClose(t, r, 1013)
	_ = conn.Close()
}

// Pong frames, empty fragments and fragments of a byte count as messages: they cost as much.
func TestFramesThatBringNothingCount(t *testing.T) {
	for name, sent := range map[string]string{
		"pongs":               strings.Repeat(frame(fin|pong, ""), 400),
		"empty fragments":     frame(text, "") + strings.Repeat(frame(more, ""), 399) + frame(fin|more, pingMessage),
		"fragments of a byte": frame(text, " ") + strings.Repeat(frame(more, " "), 399) + frame(fin|more, pingMessage),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(o *Options, _ *tuning) { o.MessageRate = limit.Rate{Calls: 100, Per: time.Second} })
			begun := time.Now()
			conn, r := w.upgraded(sent + frame(fin|ping, "last"))
			for {
				if first, payload := readFrame(t, r); first == fin|pong && payload == "last" {
					break
				}
			}
			if took := time.Since(begun); took < 900*time.Millisecond { // 300 at once, 100 more in a second
				t.Errorf("400 frames in %v", took)
			}
			_ = conn.Close()
		})
	}
}

// When too many bytes are coming in, whoever has sent the longest makes room, over a socket or as a body; a whole
// request passes beside as many halves as you like.
func TestHalvesMakeRoom(t *testing.T) {
	w := newWorld(t, func(_ *Options, p *tuning) { p.inbound = 300 << 10 })
	oldest := w.halfBody("127.0.0.1", 99_000)
	w.holds(1)
	socket, r := w.upgraded(half(100 << 10))
	w.holds(2)
	for range 3 { // each makes one leave, but for the first
		w.halfBody("127.0.0.1", 99_000)
	}
	if response, err := http.ReadResponse(bufio.NewReader(oldest), nil); err != nil || response.StatusCode != http.StatusServiceUnavailable || !response.Close {
		t.Errorf("the oldest is answered %v, %v", response, err)
	} else {
		checkHeader(t, response.Header, "Retry-After: *", response.StatusCode)
		if answer, _ := io.ReadAll(response.Body); !strings.Contains(string(answer), refusal.Busy) {
			t.Errorf("the oldest is told %s", answer)
		}
	}
	wantClose(t, r, 1013)
	_ = socket.Close()
	c := w.ready("good")
	for range 20 {
		c.send(`{"type":"ping","payload":"` + strings.Repeat("x", 100<<10) + `"}`)
		c.conn.SetReadLimit(1 << 20)
		if _, got, err := c.conn.Read(t.Context()); err != nil || !strings.HasPrefix(string(got), `{"type":"pong"`) {
			t.Fatalf("got %.50s, %v", got, err)
		}
		status, _, _ := w.request("POST", "", http.Header{"Content-Type": {"application/json"}}, strings.NewReader(strings.Repeat(" ", 100<<10)+`{"query":"{hello}"}`))
		if status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
	}
}

// halfBody sends so many bytes of a body, which lacks a document of 19 bytes.
func (w *world) halfBody(from string, n int) net.Conn {
	w.t.Helper()
	conn := w.raw()
	_, _ = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		from, n+len(helloBody), strings.Repeat(" ", n))
	return conn
}

const helloBody = `{"query":"{hello}"}`

// answered finishes a half body and wants this status.
func (w *world) answered(half net.Conn, status int) {
	w.t.Helper()
	_, _ = io.WriteString(half, helloBody)
	if response, err := http.ReadResponse(bufio.NewReader(half), nil); err != nil || response.StatusCode != status {
		w.t.Errorf("answered %v, %v, want %d", response, err, status)
	}
}

// Halves of one address make room for each other, and not the slower requests of others, over a socket or as a body.
func TestHalvesOfOneAddressMakeRoom(t *testing.T) {
	w := newWorld(t, func(_ *Options, p *tuning) { p.inbound, p.inboundShare = 1<<20, 200<<10 })
	slow := w.halfBody("192.0.2.1", 99_000)
	w.holds(1)
	whole := frame(fin|text, `{"type":"ping","payload":"`+strings.Repeat("x", 100<<10)+`"}`)
	socket, r := w.upgradedFrom("192.0.2.2", whole[:len(whole)-1])
	w.holds(2)
	first := w.halfBody("192.0.2.3", 99_000)
	w.holds(3)
	for range 30 {
		w.halfBody("192.0.2.3", 99_000)
	}
	if response, err := http.ReadResponse(bufio.NewReader(first), nil); err != nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the first of them is answered %v, %v", response, err)
	}
	eventually(t, func() bool { return w.transports.Stats().NoRoom[roomBytes] >= 20 }, func() string { return "there was room" })
	w.answered(slow, http.StatusOK)
	_, _ = io.WriteString(socket, whole[len(whole)-1:])
	if _, got := readFrame(t, r); !strings.HasPrefix(got, `{"type":"pong"`) {
		t.Errorf("got %.50s", got)
	}
	_ = socket.Close()
}

// Where many addresses hold little each, a whole request of another passes though it is larger than what each of them holds.
func TestHalvesOfManyAddressesMakeRoom(t *testing.T) {
	w := newWorld(t, func(_ *Options, p *tuning) { p.inbound = 1 << 20 })
	for i := range 250 {
		w.halfBody(fmt.Sprintf("10.0.%d.1", i+1), 9_000)
	}
	eventually(t, func() bool { return w.transports.Stats().NoRoom[roomBytes] > 0 }, func() string { return "there was room" })
	one := w.halfBody("192.0.2.1", 99_000)
	w.answered(one, http.StatusOK)
}

// holds waits until so many are coming in.
func (w *world) holds(n int) {
	w.t.Helper()
	held := 0
	eventually(w.t, func() bool {
		held, _ = w.transports.inbound.Held()
		return held == n
	}, func() string { return fmt.Sprintf("%d are coming in", held) })
}

// A socket that is closing is read on for its peer's close frame. Whatever else comes is not kept, and nobody must make
// room for it.
func TestClosingSocketHoldsNothing(t *testing.T) {
	w := newWorld(t, func(_ *Options, p *tuning) { p.inbound = 8 << 20 })
	other, _ := w.upgraded(half(100 << 10))
	defer other.Close()
	w.holds(1)
	conn, r := w.upgraded(frame(fin|text, `{"type":"nonsense"}`)) // 4400
	defer conn.Close()
	go func() { _, _ = io.Copy(io.Discard, r) }()
	whole := frame(fin|text, `{"type":"ping","payload":"`+strings.Repeat("x", 100<<10)+`"}`)
	for range 300 {
		if _, err := io.WriteString(conn, whole); err != nil {
			break
		}
	}
	if n := w.transports.Stats().NoRoom[roomBytes]; n > 0 {
		t.Errorf("%d made room for what is not kept", n)
	}
}

// A body that others need the room of is refused even if the rest of it comes before its connection is ended: that
// would end the request while it runs, or the next one.
func TestBodyIsThereWhenItIsGivenUp(t *testing.T) {
	o := Options{}
	o = o.WithDefaults()
	x := build(o, tuning{inbound: 8 << 10})
	body, client := io.Pipe()
	w := &slowToEnd{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	r := httptest.NewRequest(http.MethodPost, "/", body)
	r.ContentLength = 12 << 10
	r.Header.Set("Content-Type", "application/json")
	answer := make(chan *refusal.Refusal)
	go func() {
		_, no := x.readBody(w, r)
		answer <- no
	}()
	_, _ = io.WriteString(client, strings.Repeat(" ", 9<<10))
	other := x.inbound.Arrive(netip.Prefix{}, func() {})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = other.Receive(strings.NewReader(strings.Repeat(" ", 5<<10)), nil, 5<<10, 8<<10) // of which 4 KiB count
	}()
	<-w.closing
	_, _ = fmt.Fprintf(client, "%*s", 3<<10, `{"query":"{hello}"}`)
	if no := <-answer; no != manyBytes || w.Header().Get("Connection") != "close" {
		t.Errorf("got %v, %v", no, w.Header())
	}
	close(w.end)
	<-ended
	other.End()
}

// A slowToEnd response has its connection ended when the test says so.
type slowToEnd struct {
	*httptest.ResponseRecorder
	closing, end chan struct{}
}

func (w *slowToEnd) SetReadDeadline(time.Time) error {
	close(w.closing)
	<-w.end
	return nil
}

// A request of the largest size is received, whatever that is.
func TestLargestRequestHasRoom(t *testing.T) {
	o := Options{MaxBody: 40 << 20}
	o = o.WithDefaults()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat(" ", 39<<20)+helloBody))
	r.Header.Set("Content-Type", "application/json")
	if _, no := build(o, o.tuning()).readBody(httptest.NewRecorder(), r); no != nil {
		t.Errorf("refused: %+v", no)
	}
}
