package transport

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/limit"
	"parley/transport/admission"
	"parley/transport/refusal"
)

func (w *world) empty() {
	w.t.Helper()
	eventually(w.t, func() bool { return w.transports.gate.Counts() == admission.Counts{} },
		func() string { return fmt.Sprintf("still counted: %+v", w.transports.gate.Counts()) })
}

// A visit is one connection of the hammer.
type visit struct {
	conn net.Conn
	r    *bufio.Reader
	from string
	user string
}

func (v visit) upgrade(more string) { v.request("13", "dGhlIHNhbXBsZSBub25jZQ==", more+"\r\n") }

func (v visit) request(version, key, end string) {
	_, _ = fmt.Fprintf(v.conn, "GET /graphql HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: %s\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n%s", v.from, version, key, end)
}

func (v visit) post(accept, document string, cutOff int) {
	body := fmt.Sprintf(`{"query":%q}`, document)
	_, _ = fmt.Fprintf(v.conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\nAuthorization: good-%s\r\nAccept: %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", v.from, v.user, accept, len(body), body[cutOff:])
}

func (v visit) frames(texts ...string) {
	for _, text := range texts {
		_, _ = io.WriteString(v.conn, frame(fin|1, text))
	}
}

// answer reads what comes first, which may be an error.
func (v visit) answer() {
	if resp, err := http.ReadResponse(v.r, nil); err == nil && resp.StatusCode != http.StatusSwitchingProtocols {
		_, _ = io.CopyN(io.Discard, resp.Body, 6)
	}
}

// visits are the ways to come and go. Afterwards the connection is cut, at whatever point it has reached.
var visits = []func(v visit){
	func(v visit) { v.request("13", "dGhlIHN", "") }, // half a request
	func(v visit) { v.request("12", "dGhlIHNhbXBsZSBub25jZQ==", "\r\n"); v.answer() },
	func(v visit) { v.request("13", "short", "\r\n"); v.answer() },
	func(v visit) { v.upgrade("Origin: http://panic\r\n"); v.answer() },
	func(v visit) { v.upgrade("Origin: null\r\n"); v.answer() },
	func(v visit) { v.upgrade("") },
	func(v visit) { v.upgrade(""); v.answer() },
	func(v visit) { v.upgrade(""); v.frames(`{"type":"connection_init"}`); v.answer() },
	func(v visit) {
		v.upgrade("")
		v.frames(`{"type":"connection_init","payload":{"authorization":"panic"}}`)
		v.answer()
		_, _ = v.r.ReadByte()
	},
	func(v visit) {
		v.upgrade("")
		v.answer()
		v.frames(`{"type":"connection_init","payload":{"authorization":"good-` + v.user + `"}}`)
		_, _ = v.r.ReadByte() // the acknowledgement, or the end
		v.frames(`{"type":"subscribe","id":"1","payload":{"query":"subscription{tick}"}}`)
	},
	func(v visit) {
		v.upgrade("")
		v.frames(`{"type":"connection_init","payload":{"authorization":"good-`+v.user+`"}}`, `nonsense`)
		v.answer()
		_, _ = io.Copy(io.Discard, v.r)
	},
	func(v visit) { v.post(mediaEvents, "subscription{tick}", 0); v.answer() },
	func(v visit) { v.post(mediaEvents, "{hello}", 0); v.answer() },
	func(v visit) { v.post(mediaEvents, "{hello}", 5) }, // the rest of the body never comes
	func(v visit) { v.post(mediaJSON, "{hello}", 0); v.answer() },
}

// Whatever comes, in whatever state it is cut, and while sessions end: no limit is ever exceeded, and every
// slot is given back exactly once.
func TestSlotsAreGivenBack(t *testing.T) {
	limits := admission.Counts{Open: 30, OfAddress: 12, Unsigned: 6, OfUser: 3}
	w := newWorld(t, func(o *Options, _ *tuning) {
		o.MaxConnections, o.MaxConnectionsPerAddress, o.MaxUnsignedPerAddress, o.MaxConnectionsPerUser = limits.Open, limits.OfAddress, limits.Unsigned, limits.OfUser
		o.AddressRequestRate = limit.Rate{Calls: 500, Per: time.Second}
		o.MessageRate = limit.Rate{Calls: 1000, Per: time.Second}
		o.BodyTimeout, o.InitTimeout = 200*time.Millisecond, 200*time.Millisecond
		o.Origins = func(origin string) bool {
			if origin == "http://panic" {
				panic(origin)
			}
			return false
		}
	})
	ctx, over := context.WithCancel(t.Context())
	var around, visitors sync.WaitGroup
	around.Go(func() { w.watch(ctx, limits) })
	around.Go(func() { w.discard(ctx) })
	for range 24 {
		visitors.Go(func() {
			for range 60 {
				w.visit(visits[rand.IntN(len(visits))])
				if rand.IntN(8) == 0 {
					w.transports.EndSessions(fmt.Sprint(rand.IntN(6)))
				}
			}
		})
	}
	visitors.Wait()
	w.empty()
	over()
	around.Wait()
	noGoroutines(t)
}

// visit comes, and is cut: in good order, or as by a crash.
func (w *world) visit(do func(v visit)) {
	conn, err := net.Dial("tcp", w.http.Listener.Addr().String())
	if err != nil {
		w.t.Error(err)
		return
	}
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	do(visit{conn, bufio.NewReader(conn), fmt.Sprintf("198.51.100.%d", rand.IntN(4)), fmt.Sprint(rand.IntN(6))})
	if rand.IntN(2) == 0 {
		_ = conn.(*net.TCPConn).SetLinger(0)
	}
	_ = conn.Close()
}

// watch looks whether more are in than there may be.
func (w *world) watch(ctx context.Context, most admission.Counts) {
	for ; ctx.Err() == nil; runtime.Gosched() {
		if n := w.transports.gate.Counts(); n.Open > most.Open || n.OfAddress > most.OfAddress || n.Unsigned > most.Unsigned || n.OfUser > most.OfUser {
			w.t.Errorf("got %+v, at most %+v", n, most)
			return
		}
	}
}

// discard reads what resolvers tell the test.
func (w *world) discard(ctx context.Context) {
	for {
		select {
		case <-w.started:
		case <-w.stopped:
		case <-ctx.Done():
			return
		}
	}
}

// A drain comes before all other refusals, and takes no slot.
func TestDrainComesBeforeTheGate(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) {
		o.MaxConnections, o.AcceptRate, o.AddressRequestRate = 1, limit.Rate{Calls: 1, Per: time.Hour}, limit.Rate{Calls: 1, Per: time.Hour}
	})
	for range 4 { // the burst
		_, _, _ = w.request("GET", "?query={hello}", http.Header{"X-Forwarded-For": {"198.51.100.1"}}, nil)
	}
	w.transports.Drain(t.Context())
	for name, header := range map[string]http.Header{
		"socket":       {"X-Forwarded-For": {"198.51.100.1"}, "Connection": {"Upgrade"}, "Upgrade": {"websocket"}},
		"query":        {"X-Forwarded-For": {"198.51.100.1"}},
		"event stream": {"X-Forwarded-For": {"198.51.100.1"}, "Accept": {mediaEvents}},
	} {
		method := "GET"
		if name == "event stream" {
			method = "POST"
		}
		status, answered, body := w.request(method, "", header, nil)
		if status != 503 || answered.Get("Retry-After") == "" || !strings.Contains(body, refusal.ShuttingDown) {
			t.Errorf("%s: %d %v %s", name, status, answered, body)
		}
	}
	w.empty()
}
