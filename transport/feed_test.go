package transport

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
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

// Operations that show the same share: what chose the logs and the positions is not part of that.
func TestOperationKey(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
		type Query { x: Int }
		type Subscription { chats(room: ID, rooms: [ID], after: String): Chat }
		type Chat { text(short: Boolean): String, id: ID }
	`})
	key := func(document, name string, variables map[string]any) [32]byte {
		t.Helper()
		doc, err := gqlparser.LoadQueryWithRules(schema, document, rules.NewDefaultRules())
		if err != nil {
			t.Fatal(err)
		}
		return operationKey(&graphql.OperationContext{
			RawQuery: document, OperationName: name, Doc: doc, Operation: doc.Operations.ForName(name), Variables: variables,
		})
	}
	const plain = `subscription($r: ID, $a: String, $s: Boolean) { chats(room: $r, after: $a) { ...F } } fragment F on Chat { text(short: $s) }`
	base := key(plain, "", map[string]any{"r": "1", "a": "x", "s": true})
	const list = `subscription($r: ID, $x: Boolean = true) { c: chats(rooms: [$r]) @include(if: $x) { ...on Chat { id @skip(if: $x) } } }`
	const two = `subscription A($r: ID) { chats(room: $r) { id } } subscription B($r: ID) { chats(room: $r) { text } }`
	for _, c := range []struct {
		what      string
		a, b      [32]byte
		different bool
	}{
		{"another room and position", base, key(plain, "", map[string]any{"r": "2", "a": "y", "s": true}), false},
		{"no position", base, key(plain, "", map[string]any{"r": "2", "s": true}), false},
		{"a variable in a fragment", base, key(plain, "", map[string]any{"r": "1", "a": "x", "s": false}), true},
		{"another text", base, key(plain+" ", "", map[string]any{"r": "1", "a": "x", "s": true}), true},
		{"a list of rooms", key(list, "", map[string]any{"r": "1", "x": true}), key(list, "", map[string]any{"r": "2", "x": true}), false},
		{"a variable of a directive", key(list, "", map[string]any{"r": "1", "x": true}), key(list, "", map[string]any{"r": "1", "x": false}), true},
		{"another operation of the document", key(two, "A", map[string]any{"r": "1"}), key(two, "B", map[string]any{"r": "1"}), true},
	} {
		if (c.a != c.b) != c.different {
			t.Errorf("%s: different %v, want %v", c.what, c.a != c.b, c.different)
		}
	}
}

// A reader that fell behind the window, because it took nothing for a while, gets all the same: everything once and in order.
func TestReaderBehindTheWindow(t *testing.T) {
	w := newWorld(t, func(o *Options, _ *pace) { o.WindowEvents = 4 })
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

// What lies in the window is not handed out once a change has made it old: the reader that comes for it is served
// behind the change, from the log.
//
// Broken on purpose, it was caught with
//
//	a pass that does not look at the bell between two readers
//	a window that keeps what an entry behind it changes
func TestChangeIsReadBeforeTheWindowIsHandedOut(t *testing.T) {
	transports := New(Options{})
	log := &testLog{seen: make(chan struct{}, 1)}
	log.events = []Event{{Position: Position{1, 1}, Object: "old", Subject: 1}, {Position: Position{2, 2}, Object: "2", Subject: 2}}
	out := &shelf{}
	at := Position{}
	s := &Stream{Logs: []Log{{Key: "log", At: at, Head: at, Follow: func(wake func()) Tail { return log.follow(wake, func() {}) }}}}
	var subs []*subscription
	for range 2 {
		sub := transports.newSubscription(out, s, "ann")
		sub.join(modelExecutor{}, &graphql.OperationContext{})
		subs = append(subs, sub)
	}
	f := subs[0].readers[0].feed
	f.advance(10) // the window holds both
	out.first = func() {
		log.mu.Lock()
		log.events[0].Object = "new"
		log.events = append(log.events, Event{Position: Position{3, 3}, Object: "changed", Subject: 1, Changes: true})
		log.mu.Unlock()
		f.due.Store(true) // the bell
	}
	(*f.blocks.Load())[0].serve()
	if got := strings.Join(out.got, " "); got != "old 2 behind" {
		t.Errorf("got %q", got)
	}
	if entries, err := f.history(context.Background(), subs[0].readers[0], at); err != nil || string(entries[0].body) != `{"data":new}` {
		t.Errorf("got %v %v", entries, err)
	}
	for _, sub := range subs {
		sub.leave()
	}
}

// A shelf takes whatever the window has.
type shelf struct {
	got   []string
	first func() // called once, behind the first reader
}

func (x *shelf) write(b, _ []byte) []byte { return b }

func (x *shelf) serve(r *reader) (events int) {
	entries, where, _ := r.ready()
	if where == behind {
		x.got = append(x.got, "behind")
	}
	for _, e := range entries {
		x.got = append(x.got, strings.TrimSuffix(strings.TrimPrefix(string(e.body), `{"data":`), "}"))
	}
	if x.first != nil {
		x.first()
		x.first = nil
	}
	return len(entries)
}

// A block that is served while another worker reads on waits for what that brings: the bell has rung once for
// both. With 5,000 readers of a room, the last chat came to all but 42 of them.
func TestBlockWaitsForWhoReadsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &testLog{seen: make(chan struct{}, 1)}
		log.events = []Event{{Position: Position{1, 1}, Object: "1", Subject: 1}}
		out := &shelf{}
		s := &Stream{Logs: []Log{{Key: "log", Follow: func(wake func()) Tail { return log.follow(wake, func() {}) }}}}
		sub := New(Options{}).newSubscription(out, s, "ann")
		sub.join(modelExecutor{}, &graphql.OperationContext{})
		defer sub.leave()
		f := sub.readers[0].feed
		f.turn <- struct{}{} // somebody has begun to read on
		f.due.Store(false)
		served := make(chan struct{})
		go func() {
			defer close(served)
			(*f.blocks.Load())[0].serve()
		}()
		synctest.Wait()
		f.readOn()
		<-f.turn
		<-served
		if got := strings.Join(out.got, " "); got != "1" {
			t.Errorf("got %q", got)
		}
	})
}

// One bell may bring more than fits into one write: all of it goes out, and does not wait for the next bell.
func TestOneBellBringsManyWrites(t *testing.T) {
	w := newWorld(t, nil)
	c := w.ready("good")
	c.subscribe(w, "1", "subscription{tick}", "tick")
	value := func(i int) string { return fmt.Sprintf(`"%d-%s"`, i, strings.Repeat("x", writeBytes/3)) }
	const n = 10
	for i := 1; i < n; i++ {
		w.log.append(value(i))
	}
	w.tick(value(n))
	for i := 1; i <= n; i++ {
		c.expect(`{"id":"1","type":"next","payload":{"data":{"tick":` + value(i) + `}}}`)
	}
}

// A worker that looked at the readers just before one was stopped, or its session ended, hands it nothing more.
func TestLateWorkerHandsOutNothing(t *testing.T) {
	for name, end := range map[string]func(w *world, c *client){
		"complete": func(_ *world, c *client) {
			c.talk(`> {"type":"complete","id":"1"}` + "\n" + `> {"type":"ping"}` + "\n" + `< {"type":"pong"}`)
		},
		"end of the session": func(w *world, _ *client) { w.transports.EndSessions("ann") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(_ *Options, p *pace) { p.cut = patience }) // the socket is not cut meanwhile
			w.shared = true
			other, c := w.ready("good-bob"), w.ready("good-ann")
			for _, each := range []*client{other, c} {
				each.subscribe(w, "1", "subscription{tick}", "tick")
			}
			late := w.readerOf("ann")
			w.tick("1")
			for _, each := range []*client{other, c} {
				each.expect(`{"id":"1","type":"next","payload":{"data":{"tick":1}}}`)
			}
			end(w, c)
			w.tick("2")
			other.expect(`{"id":"1","type":"next","payload":{"data":{"tick":2}}}`)
			late.sub.out.serve(late)
			if late.at.Place != 1 {
				t.Errorf("it was handed place %d", late.at.Place)
			}
			_ = c.conn.CloseNow()
		})
	}
}

// readerOf is the reader of the only stream of a session, once it has joined.
func (w *world) readerOf(session string) (r *reader) {
	eventually(w.t, func() bool {
		for _, m := range w.transports.registry.all() {
			if s := m.(*socket); s.session.ID == session && len(s.subscriptions()) == 1 {
				r = s.subscriptions()[0].readers[0]
			}
		}
		return r != nil
	}, func() string { return "no reader" })
	return r
}
