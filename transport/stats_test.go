package transport

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/transport/operation"
	"parley/transport/refusal"
)

// without takes out what there was none of.
func without(counts map[string]uint64) map[string]uint64 {
	maps.DeleteFunc(counts, func(_ string, n uint64) bool { return n == 0 })
	return counts
}

// Each socket that is gone is counted once, by who ended it and how, and is open no more.
func TestStatsTellHowSocketsEnd(t *testing.T) {
	w := newWorld(t, nil)
	_ = w.ready("good").conn.Close(websocket.StatusNormalClosure, "")
	_ = w.ready("good").conn.CloseNow()
	w.ready("good").talk("> nonsense\nx 4400")
	w.ready("good-7")
	e := w.events("good", "subscription{tick}")
	e.expect(opened)
	w.awaits(w.started, "tick")
	if s := w.transports.Stats(); s.EventStreams != 1 || s.Streams != 1 || s.Feeds != 1 {
		t.Errorf("got %d event streams, %d streams, %d feeds", s.EventStreams, s.Streams, s.Feeds)
	}
	w.transports.EndSessions("7")
	want := map[string]uint64{"client": 1, "lost": 1, "4400": 1, "4401": 1}
	eventually(t, func() bool { return maps.Equal(without(w.transports.Stats().Closed), want) }, func() string {
		return fmt.Sprintf("got %v, want %v", without(w.transports.Stats().Closed), want)
	})
	eventually(t, func() bool { return w.transports.Stats().Sockets == 0 }, func() string { return "sockets are left" })
	_ = e.resp.Body.Close()
	eventually(t, func() bool {
		s := w.transports.Stats()
		return s.EventStreams+s.Streams+s.Feeds == 0
	}, func() string { return fmt.Sprintf("left: %+v", w.transports.Stats()) })
}

// Clients that take nothing, or answer nothing, are counted as dropped.
func TestStatsTellWhoIsDropped(t *testing.T) {
	w := newWorld(t, func(o *Options, p *tuning) {
		o.WriteTimeout, p.stall = time.Second, 200*time.Millisecond
		o.PingInterval, o.PongTimeout = time.Second, time.Second
	})
	conn, r := w.upgraded(frame(fin|text, `{"type":"connection_init"}`)) // answers no ping
	readFrame(t, r)
	defer conn.Close()
	e := w.events("good", "subscription{big}") // reads nothing of it
	w.awaits(w.started, "big")
	w.awaits(w.stopped, "big")
	want := map[string]uint64{operation.DropStalled: 1, operation.DropSilent: 1}
	eventually(t, func() bool { return maps.Equal(without(w.transports.Stats().Drops), want) }, func() string {
		return fmt.Sprintf("got %v, want %v", without(w.transports.Stats().Drops), want)
	})
	_ = e.resp.Body.Close()
}

// Who hangs up while much is on its way has not been dropped.
func TestStatsDropNobodyWhoHangsUp(t *testing.T) {
	w := newWorld(t, nil)
	for range 20 {
		e := w.events("good", "subscription{big}")
		e.expect(opened)
		w.awaits(w.started, "big")
		e.hang()
		w.awaits(w.stopped, "big")
	}
	if got := without(w.transports.Stats().Drops); len(got) > 0 {
		t.Errorf("dropped %v", got)
	}
}

// A socket that takes nothing is dropped once, however long its writer waits.
func TestStatsCountAStalledSocketOnce(t *testing.T) {
	w := newWorld(t, func(o *Options, p *tuning) { o.WriteTimeout, p.stall = time.Second, 4*time.Second })
	conn, r := w.upgraded(frame(fin|text, `{"type":"connection_init"}`))
	readFrame(t, r)
	defer conn.Close()
	_, _ = conn.Write([]byte(frame(fin|text, `{"type":"subscribe","id":"1","payload":{"query":"subscription{big}"}}`)))
	w.awaits(w.stopped, "big")
	eventually(t, func() bool { return w.transports.Stats().Sockets == 0 }, func() string { return "still there" })
	s := w.transports.Stats()
	if drops, closed := without(s.Drops), without(s.Closed); drops[operation.DropStalled] != 1 || closed["1013"] != 1 {
		t.Errorf("dropped %v, closed %v", drops, closed)
	}
}

// A request is counted once, whatever carries it and however it ends, and its errors by their codes.
func TestStatsTellRequests(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.Codes = []string{"NOT_FOUND", refusal.BadInput} })
	json := http.Header{"Content-Type": {"application/json"}}
	for _, document := range []string{"{hello}", "mutation{set}", "{failing}", "subscription{tick}", "{"} {
		w.request("POST", "", json, strings.NewReader(fmt.Sprintf(`{"query":%q}`, document)))
	}
	w.request("POST", "", json, strings.NewReader("nonsense"))
	refused := w.events("good", "subscription{refused}")
	refused.expect(opened + next(`{"errors":[{"message":"no such room","extensions":{"code":"NOT_FOUND"}}]}`) + complete)
	socket := w.ready("good")
	socket.subscribe(w, "1", "subscription{tick}", "tick")
	socket.talk(`> {"type":"subscribe","id":"2","payload":{"query":"{hello}"}}
		< {"id":"2","type":"next","payload":{"data":{"hello":"world"}}}
		< {"id":"2","type":"complete"}`)
	want := map[operation.Request]uint64{
		{Kind: "query", Outcome: operation.OutcomeOK}: 2, {Kind: "mutation", Outcome: operation.OutcomeOK}: 1, {Kind: "query", Outcome: operation.OutcomePartial}: 1,
		{Kind: "subscription", Outcome: operation.OutcomeRefused}: 2, {Kind: "subscription", Outcome: operation.OutcomeOK}: 1, {Kind: operation.KindUnknown, Outcome: operation.OutcomeRefused}: 1, {Kind: operation.KindUnread, Outcome: operation.OutcomeRefused}: 1,
	}
	var s Stats
	eventually(t, func() bool { // a stream is counted behind its beginning
		s = w.transports.Stats()
		maps.DeleteFunc(s.Requests, func(_ operation.Request, n uint64) bool { return n == 0 })
		return maps.Equal(s.Requests, want)
	}, func() string { return fmt.Sprintf("got %v, want %v", s.Requests, want) })
	if got := without(s.Refusals); got["NOT_FOUND"] != 1 || got[refusal.BadInput] != 2 || got["other"] != 1 { // a syntax error
		t.Errorf("refused %v", got)
	}
	if total(s.QueryTime.Counts) != 3 || total(s.WriteTime.Counts) != 1 {
		t.Errorf("timed %v queries and %v mutations", s.QueryTime.Counts, s.WriteTime.Counts)
	}
}

func total(counts []uint64) (n uint64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// Deliveries are counted for each reader, executions and the lag for all that share them. A reader behind the
// window counts apart, and its old events are no lag.
func TestStatsTellDeliveries(t *testing.T) {
	w := newWorld(t, func(o *Options, p *tuning) { o.WindowEvents, p.block = 2, 512 })
	w.shared, w.log.lag = true, 3*time.Second
	var clients []*client
	for range 3 {
		c := w.ready("good")
		c.subscribe(w, "1", "subscription{tick}", "tick")
		clients = append(clients, c)
	}
	for range 4 {
		w.tick("1")
		for _, c := range clients {
			c.expect(`{"id":"1","type":"next","payload":{"data":{"tick":1}}}`)
		}
	}
	late := w.eventsAfter("1", "subscription{tick}")
	late.expect(opened + event(2, `{"data":{"tick":1}}`) + event(3, `{"data":{"tick":1}}`) + event(4, `{"data":{"tick":1}}`))
	done := func() bool { s := w.transports.Stats(); return s.Live+s.CaughtUp == 15 && total(s.Lag.Counts) == 4 }
	eventually(t, done, func() string { return fmt.Sprintf("got %+v", w.transports.Stats()) })
	s := w.transports.Stats()
	if s.CaughtUp != 3 {
		t.Errorf("%d deliveries out of the log, want 3", s.CaughtUp)
	}
	if s.Lag.Sum < int64(12*time.Second) || s.Lag.Sum > int64(12*time.Second+timeout) {
		t.Errorf("four lags are %v together, want 3 s each", time.Duration(s.Lag.Sum))
	}
}
