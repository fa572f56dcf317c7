package transport

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// An events is an open event stream.
type events struct {
	t    *testing.T
	resp *http.Response
	r    *bufio.Reader
	hang context.CancelFunc
}

func (w *world) events(token, document string) *events {
	w.t.Helper()
	return w.eventStream(document, http.Header{"Authorization": {token}})
}

// eventsAfter names the last event that the client has got.
func (w *world) eventsAfter(id, document string) *events {
	w.t.Helper()
	return w.eventStream(document, http.Header{"Last-Event-Id": {id}})
}

func (w *world) eventStream(document string, header http.Header) *events {
	w.t.Helper()
	ctx, hang := context.WithCancel(context.Background())
	w.t.Cleanup(hang)
	r, err := http.NewRequestWithContext(ctx, "POST", w.http.URL, strings.NewReader(fmt.Sprintf(`{"query":%q}`, document)))
	if err != nil {
		w.t.Fatal(err)
	}
	header.Set("Accept", mediaEvents)
	header.Set("Content-Type", "application/json")
	r.Header = header
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = resp.Body.Close() })
	return &events{w.t, resp, bufio.NewReader(resp.Body), hang}
}

// expect reads exactly this text.
func (e *events) expect(want string) {
	e.t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(e.r, got)
	if string(got) != want {
		e.t.Fatalf("got %q %v\nwant %q", got[:n], err, want)
	}
}

// ends wants the end of the body: clean, or the network error of a response that was cut.
func (e *events) ends(cut bool) {
	e.t.Helper()
	rest, err := io.ReadAll(e.r)
	if len(rest) > 0 || cut != errors.Is(err, io.ErrUnexpectedEOF) || !cut && err != nil {
		e.t.Fatalf("got %q %v, want the end, cut: %v", rest, err, cut)
	}
}

func next(body string) string { return "event: next\ndata: " + body + "\n\n" }

// event is a result of a stream at a place.
func event(place int, body string) string {
	return fmt.Sprintf("event: next\nid: %d\ndata: %s\n\n", place, body)
}

func gone() string { return next(`{"errors":`+deleted+`}`) + complete }

const (
	opened   = ": ok\n\n"
	complete = "event: complete\ndata:\n\n"
)

func TestEventStream(t *testing.T) {
	w := newWorld(t, nil)
	e := w.events("good", "subscription{tick}")
	for key, want := range map[string]string{
		"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no",
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := e.resp.Header.Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	e.expect(opened)
	w.tick("1")
	e.expect(event(1, `{"data":{"tick":1}}`))
	w.tick("\n2\r\n") // JSON may have line breaks between its tokens, an event may not
	e.expect(event(2, `{"data":{"tick":2}}`))
	w.tick("!")
	e.expect(event(3, `{"errors":[{"message":"no value","path":["tick","inner"]}],"data":null}`))
	w.tick("end")
	e.expect(gone())
	e.ends(false)
}

func TestEventStreamOfOneResult(t *testing.T) {
	w := newWorld(t, nil)
	fault := next(`{"errors":[{"message":"A fault of the server.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`)
	for document, want := range map[string]string{
		"{hello}":               next(`{"data":{"hello":"world"}}`),
		"mutation{set}":         next(`{"data":{"set":"world"}}`),
		"{failing}":             next(`{"errors":[{"message":"failed"}],"data":{"failing":null}}`),
		"{":                     next(`{"errors":[{"message":"Expected Name, found \u003cEOF\u003e","locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}`),
		"subscription{refused}": next(`{"errors":[{"message":"no such room","extensions":{"code":"NOT_FOUND"}}]}`),
		"subscription{gone}":    next(`{"errors":[{"message":"room deleted","extensions":{"code":"NOT_FOUND"}}]}`),
		"{boom}":                fault,
	} {
		e := w.events("", document)
		e.expect(opened + want + complete)
		e.ends(false)
		if e.resp.StatusCode != 200 {
			t.Errorf("%s: status %d", document, e.resp.StatusCode)
		}
	}
	e := w.events("", "subscription{tick}")
	e.expect(opened)
	w.awaits(w.started, "gone")
	w.awaits(w.started, "tick")
	w.tick("boom")
	e.expect(fault + complete)
	e.ends(false)
}

// Trouble that passes cuts the response, so that the client comes back.
func TestEventStreamThatCannotGoOnNow(t *testing.T) {
	w := newWorld(t, nil)
	e := w.events("", "subscription{full}")
	e.expect(opened)
	e.ends(true)
}

func TestEventStreamIsRefusedWithAStatus(t *testing.T) {
	w := newWorld(t, nil)
	post := func(kind, token, body string) (int, http.Header, string) {
		header := http.Header{"Accept": {mediaEvents}, "Content-Type": {kind}, "Authorization": {token}}
		return w.request("POST", "", header, strings.NewReader(body))
	}
	for _, c := range []struct {
		kind, token, body string
		status            int
		header            string
	}{
		{"application/json", "", `{"query":"subscription{secret}"}`, 401, "WWW-Authenticate: Bearer"},
		{"application/json", "Bearer expired", `{"query":"subscription{secret}"}`, 401, `WWW-Authenticate: Bearer error="invalid_token"`},
		{"application/json", "Bearer revoked", `{"query":"subscription{secret}"}`, 401, `WWW-Authenticate: Bearer error="invalid_token"`},
		{"application/json", "", `{"query":"{busy}"}`, 503, "Retry-After: 2"},
		{"application/json", "", `{"query":"subscription{busy}"}`, 503, "Retry-After: 2"},
		{"application/json", "", `{"query":"{rated}"}`, 429, "Retry-After: *"},
		{"application/json", "", `{`, 400, ""},
		{"text/plain", "", `{"query":"{hello}"}`, 415, ""},
		{"application/json", "", `{"query":"` + strings.Repeat("x", 128<<10) + `"}`, 413, ""},
	} {
		status, header, body := post(c.kind, c.token, c.body)
		if status != c.status || header.Get("Content-Type") != "application/json; charset=utf-8" || !strings.HasPrefix(body, `{"errors":[`) {
			t.Errorf("%.80s: %d %v %s, want %d", c.body, status, header, body, c.status)
		}
		checkHeader(t, header, c.header, status)
	}
}

func TestEventStreamIsKeptAlive(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.SSEKeepAlive = 20 * time.Millisecond })
	e := w.events("", "subscription{tick}")
	e.expect(opened + ":\n\n:\n\n:\n\n")
}

func TestEventStreamIsCutNotEnded(t *testing.T) {
	for name, end := range map[string]func(w *world){
		"expiry":        func(*world) {},
		"ended session": func(w *world) { w.transports.EndSessions("other", "s") },
		"drain":         func(w *world) { w.transports.Drain(w.t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			token := "long"
			if name == "expiry" {
				token = "short"
			}
			e := w.events(token, "subscription{tick}")
			e.expect(opened)
			end(w)
			e.ends(true)
			w.awaits(w.started, "tick")
			w.awaits(w.stopped, "tick")
		})
	}
}

// Only streams end with their session: the answer of a logout that came as an event stream arrives.
func TestLogoutOverAnEventStreamIsAnswered(t *testing.T) {
	w := newWorld(t, nil)
	e := w.events("good", "mutation{logout}")
	e.expect(opened + next(`{"data":{"logout":"bye"}}`) + complete)
	e.ends(false)
}

func TestEventStreamOfAnEndedSession(t *testing.T) {
	w := newWorld(t, nil)
	w.transports.EndSessions("s")
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "POST", w.http.URL, strings.NewReader(`{"query":"subscription{tick}"}`))
	r.Header = http.Header{"Accept": {mediaEvents}, "Content-Type": {"application/json"}, "Authorization": {"good"}}
	if resp, err := http.DefaultClient.Do(r); err == nil {
		t.Error(resp)
	}
}

// The connection of a finished stream serves the next request: no deadline and no abort is left behind.
func TestConnectionOutlivesItsStream(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.WriteTimeout = shortLife })
	conn := w.raw()
	r := bufio.NewReader(conn)
	body := `{"query":"subscription{tick}"}`
	for range 2 {
		fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: short\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		w.awaits(w.started, "tick")
		w.tick("end")
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(resp.Body); err != nil || string(got) != opened+gone() {
			t.Fatalf("%q %v", got, err)
		}
		w.awaits(w.stopped, "tick")
		<-time.After(shortLife + time.Second/2) // the write deadline and the token's end pass
	}
}

func TestStalledEventStreamIsCut(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.WriteTimeout = time.Second })
	e := w.events("", "subscription{big}")
	e.expect(opened)
	w.awaits(w.started, "big")
	w.awaits(w.stopped, "big")
	noGoroutines(t)
}

// A write from any goroutine but the handler's, after the handler's return, would end the process; gqlgen's
// own event stream does so with its keep-alive (20 of 20 times).
func TestEventStreamsThatStallAndHangUp(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.SSEKeepAlive, o.WriteTimeout = time.Millisecond, time.Second })
	for i := range 100 {
		e := w.events("long", "subscription{big}")
		e.expect(opened)
		w.awaits(w.started, "big")
		if i%25 == 0 { // stalls first
			w.awaits(w.stopped, "big")
			e.hang()
			continue
		}
		e.hang()
		w.awaits(w.stopped, "big")
	}
	if status, _, _ := w.request("GET", "?query={hello}", nil, nil); status != 200 {
		t.Error(status)
	}
}
