package transport

import (
	"fmt"
	"strings"
	"testing"

	"parley/transport/stream"
)

// However many read a log, each event is executed once for each operation that they run, over WebSockets and event
// streams together, and everybody gets it in the form they asked for.
func TestOneExecutionForEachOperation(t *testing.T) {
	w := newWorld(t, nil)
	w.shared = true
	documents := []string{"subscription{tick}", "subscription{t:tick}", "subscription X{...on Subscription{tick}}"}
	answers := []string{`{"data":{"tick":%d}}`, `{"data":{"t":%d}}`, `{"data":{"tick":%d}}`}
	var sockets []*client
	var streams []*events
	for i, document := range documents {
		for range 5 {
			c := w.ready(fmt.Sprint("good-", i))
			c.subscribe(w, "1", document, "tick")
			sockets = append(sockets, c)
		}
		e := w.events("good", document)
		e.expect(opened)
		w.awaits(w.started, "tick")
		streams = append(streams, e)
	}
	const n = 10
	for tick := 1; tick <= n; tick++ {
		w.tick(fmt.Sprint(tick))
		for i, c := range sockets {
			c.expect(`{"id":"1","type":"next","payload":` + fmt.Sprintf(answers[i/5], tick) + `}`)
		}
		for i, e := range streams {
			e.expect(event(tick, fmt.Sprintf(answers[i], tick)))
		}
	}
	if runs := w.runs.Load(); runs != n*int64(len(documents)) {
		t.Errorf("%d executions for %d events and %d operations", runs, n, len(documents))
	}
	if reads := w.log.reads; reads > 3*len(documents)*(n+1) {
		t.Errorf("the log was read %d times", reads)
	}
}

// A reader that fell behind the window, because it took nothing for a while, gets all the same: everything once and in order.
func TestReaderBehindTheWindow(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *tuning) { o.WindowEvents = 4 })
	w.shared = true
	others := w.ready("good-other")
	others.subscribe(w, "1", "subscription{tick}", "tick")
	slow := w.ready("good-slow")
	slow.subscribe(w, "1", "subscription{tick}", "tick")
	stream := w.events("good", "subscription{tick}")
	stream.expect(opened)
	w.awaits(w.started, "tick")
	const n = 600
	value := func(i int) string { return fmt.Sprintf(`"%d-%s"`, i, strings.Repeat("x", 20<<10)) }
	for i := 1; i <= n; i++ {
		w.tick(value(i))
		others.expect(`{"id":"1","type":"next","payload":{"data":{"tick":` + value(i) + `}}}`)
	}
	for i := 1; i <= n; i++ {
		slow.expect(`{"id":"1","type":"next","payload":{"data":{"tick":` + value(i) + `}}}`)
		stream.expect(event(i, `{"data":{"tick":`+value(i)+`}}`))
	}
}

// An event stream that names the last event it has got goes on behind it.
func TestLastEventID(t *testing.T) {
	w := newWorld(t, nil)
	w.shared = true
	for i := 1; i <= 50; i++ {
		w.tick(fmt.Sprint(i))
	}
	e := w.eventsAfter("30", "subscription{tick}")
	e.expect(opened)
	for i := 31; i <= 50; i++ {
		e.expect(event(i, fmt.Sprintf(`{"data":{"tick":%d}}`, i)))
	}
	w.tick("51")
	e.expect(event(51, `{"data":{"tick":51}}`))
}

// One notification may bring more than fits into one write: all of it goes out, and does not wait for the next.
func TestOneNotificationBringsManyWrites(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ready("good")
	c.subscribe(w, "1", "subscription{tick}", "tick")
	value := func(i int) string { return fmt.Sprintf(`"%d-%s"`, i, strings.Repeat("x", stream.WriteBytes/3)) }
	const n = 10
	for i := 1; i < n; i++ {
		w.log.append(value(i))
	}
	w.tick(value(n))
	for i := 1; i <= n; i++ {
		c.expect(`{"id":"1","type":"next","payload":{"data":{"tick":` + value(i) + `}}}`)
	}
}
