package transport

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"parley/transport/operation"
)

func TestAnswerBehindASlowStreamIsDue(t *testing.T) {
	w := newWorld(t, func(o *Options, p *tuning) {
		o.ResponseTimeout, o.WriteTimeout, p.stall = 2*time.Second, time.Hour, 200*time.Millisecond
	})
	conn, r := w.upgraded(frame(fin|text, `{"type":"connection_init","payload":{"authorization":"good-1"}}`))
	readFrame(t, r)
	_, _ = io.WriteString(conn, frame(fin|text, `{"type":"subscribe","id":"1","payload":{"query":"subscription{big}"}}`))
	w.awaits(w.started, "big")
	id := 1
	eventually(t, func() bool { // until the kernel has enough
		id++
		_, _ = io.WriteString(conn, frame(fin|text, fmt.Sprintf(`{"type":"subscribe","id":"%d","payload":{"query":"{hello}"}}`, id)))
		return w.isEmpty()
	}, func() string { return "still there" })
	if drops := w.transports.Stats().Drops[operation.DropStalled]; drops != 1 {
		t.Errorf("%d were counted", drops)
	}
	w.awaits(w.stopped, "big")
}

func TestLargeEventsAreCharged(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.AnswersTotal, o.WriteTimeout = 30<<20, time.Hour })
	large := `"` + strings.Repeat("x", 16<<20) + `"` // more than the kernel takes and a fifth of that
	conn, r := w.upgraded(frame(fin|text, `{"type":"connection_init","payload":{"authorization":"good-1"}}`))
	readFrame(t, r)
	_, _ = io.WriteString(conn, frame(fin|text, `{"type":"subscribe","id":"1","payload":{"query":"subscription{tick}"}}`))
	w.awaits(w.started, "tick")
	w.tick(large)
	w.awaits(w.stopped, "tick")
	e := w.events("good-2", "subscription{tick}")
	e.expect(opened)
	w.awaits(w.started, "tick")
	w.tick(large)
	w.awaits(w.stopped, "tick")
	e.ends(true)
	eventually(t, func() bool { return w.isEmpty() }, func() string { return "still there" })
}

func TestAnswersAreGivenBack(t *testing.T) {
	w := newWorld(t, nil)
	e := w.events("good-1", "{wait}")
	e.expect(opened)
	w.awaits(w.started, "wait")
	e.hang()
	w.awaits(w.stopped, "wait")
	w.events("good-1", "{hello}").expect(opened + next(`{"data":{"hello":"world"}}`) + complete)
	w.ready("good-1").talk(`> {"id":"1","type":"subscribe","payload":{"query":"{hello}"}}
< {"id":"1","type":"next","payload":{"data":{"hello":"world"}}}
< {"id":"1","type":"complete"}`)
}

func TestAnswersTakeWhatIsCharged(t *testing.T) {
	const size, clients = 16 << 20, 2 // more than the kernel buffers
	for name, character := range map[string]string{"ends of lines": "\u0085", "letters": "x"} {
		for _, transport := range []string{"an event stream", "a socket"} {
			t.Run(name+" over "+transport, func(t *testing.T) {
				w := newWorld(t, func(o *Options, _ *tuning) {
					o.ResponseTimeout, o.WriteTimeout, o.AnswersTotal = time.Hour, time.Hour, 1<<30
				})
				w.large = func() string { return `"` + strings.Repeat(character, size/len(character)) + `"` }
				before := inUse()
				for i := range clients {
					w.asksForLarge(transport == "a socket", fmt.Sprint("good-", i))
				}
				charged := w.transports.Stats().AnswerBytes
				if charged < clients*size || charged > clients*(size+1<<10) {
					t.Errorf("%d bytes are charged", charged)
				}
				if took := inUse() - before; took > charged+2<<20 {
					t.Errorf("%d KiB are charged, and %d KiB are taken", charged>>10, took>>10)
				}
			})
		}
	}
}

// inUse is how many bytes are in use.
func inUse() int64 {
	var m runtime.MemStats
	for range 3 { // pools are emptied in two steps
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// asksForLarge asks for a large answer and reads its first bytes.
func (w *world) asksForLarge(overSocket bool, token string) {
	w.t.Helper()
	if !overSocket {
		w.events(token, "{large}").expect(opened + `event: next` + "\n" + `data: {"data":{"large":"`)
		return
	}
	conn, r := w.upgraded(frame(fin|text, `{"type":"connection_init","payload":{"authorization":"`+token+`"}}`))
	readFrame(w.t, r)
	_, _ = io.WriteString(conn, frame(fin|text, `{"type":"subscribe","id":"1","payload":{"query":"{large}"}}`))
	if _, err := r.Peek(1); err != nil {
		w.t.Fatal(err)
	}
}
