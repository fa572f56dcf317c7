package transport

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// A reader that takes nothing for WriteTimeout is cut, whatever it answered before; others do not notice.
func TestStalledReaderIsCut(t *testing.T) {
	w := newWorld(t, func(o *Options, p *tuning) { o.WriteTimeout, p.stall = 2*time.Second, 200*time.Millisecond })
	healthy := w.ready("good")
	healthy.subscribe(w, "1", "subscription{tick}", "tick")
	conn, r := w.upgraded(frame(fin|text, `{"type":"connection_init"}`))
	readFrame(t, r)
	_, _ = io.WriteString(conn, frame(fin|text, `{"type":"subscribe","id":"1","payload":{"query":"subscription{big}"}}`))
	w.awaits(w.started, "big")
	w.awaits(w.stopped, "big") // at once when it stalls
	eventually(t, func() bool { return w.transports.Stats().Sockets == 1 }, func() string { return "still there" })
	w.tick("1")
	healthy.expect(`{"id":"1","type":"next","payload":{"data":{"tick":1}}}`)
}

// A socket that takes nothing holds neither a drain nor the end of a session for longer than a second.
func TestStalledReaderHoldsNobody(t *testing.T) {
	w := newWorld(t, func(o *Options, p *tuning) { o.WriteTimeout, p.cut = time.Hour, 200*time.Millisecond })
	ends := []func(){func() { w.transports.EndSessions("0") }, func() { w.transports.Drain(t.Context()) }}
	for i, end := range ends {
		conn, r := w.upgraded(frame(fin|text, `{"type":"connection_init","payload":{"authorization":"good-`+fmt.Sprint(i)+`"}}`))
		readFrame(t, r)
		_, _ = io.WriteString(conn, frame(fin|text, `{"type":"subscribe","id":"1","payload":{"query":"subscription{big}"}}`))
		w.awaits(w.started, "big")
		ended := make(chan string, 1)
		go func() { end(); ended <- "end" }()
		w.awaits(ended, "end")
		eventually(t, func() bool { return w.isEmpty() }, func() string { return "still there" })
		w.awaits(w.stopped, "big")
	}
}

// A reader that wakes up soon after reads the pending write, and then 1013.
func TestStalledReaderThatWakesReads1013(t *testing.T) {
	w := newWorld(t, func(o *Options, p *tuning) { o.WriteTimeout, p.stall = time.Second, time.Hour })
	conn, r := w.upgraded(frame(fin|text, `{"type":"connection_init"}`))
	readFrame(t, r)
	_, _ = io.WriteString(conn, frame(fin|text, `{"type":"subscribe","id":"1","payload":{"query":"subscription{big}"}}`))
	w.awaits(w.stopped, "big")
	for {
		first, payload := readFrame(t, r)
		if first == fin|text && strings.HasPrefix(payload, `{"id":"1","type":"next"`) {
			continue
		}
		if first != fin|closing || !strings.HasPrefix(payload, closePayload(1013, "")) {
			t.Errorf("got %x %.80q", first, payload)
		}
		break
	}
	if _, err := r.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("not cut soon after: %v", err)
	}
}

// Each accepted byte starts the time anew: a slow reader lives.
func TestSlowReaderLives(t *testing.T) {
	const limit = 2 * time.Second
	w := newWorld(t, func(o *Options, p *tuning) { o.WriteTimeout, p.stall = limit, time.Millisecond })
	conn, r := w.upgraded(frame(fin|text, `{"type":"connection_init"}`))
	readFrame(t, r)
	_ = conn.(*net.TCPConn).SetReadBuffer(256 << 10)
	_, _ = io.WriteString(conn, frame(fin|text, `{"type":"subscribe","id":"1","payload":{"query":"{big}"}}`))
	begun := time.Now()
	total, piece := 0, make([]byte, 256<<10)
	tick := time.NewTicker(80 * time.Millisecond)
	defer tick.Stop()
	for total < 16<<20 {
		n, err := io.ReadFull(r, piece)
		if err != nil {
			t.Fatalf("after %d bytes and %v: %v", total, time.Since(begun), err)
		}
		total += n
		<-tick.C
	}
	if took := time.Since(begun); took < 2*limit {
		t.Errorf("it took %v only: no test of a slow reader", took)
	}
}
