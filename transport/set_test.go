package transport

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/stream"
)

// A testSet is a set of logs in memory. Its ids are how many logs there are, and so many bytes more.
type testSet struct {
	mu    sync.Mutex
	logs  map[string]*testLog
	fails int // so many reads
	wake  func()
	long  int
}

func (x *testSet) put(name string, log *testLog) {
	x.mu.Lock()
	if x.logs[name] = log; log == nil {
		delete(x.logs, name)
	}
	wake := x.wake
	x.mu.Unlock()
	if wake != nil {
		wake()
	}
}

func (x *testSet) read(context.Context) (logs []stream.Log, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.fails > 0 {
		x.fails--
		return nil, errors.New("the database is gone for a moment")
	}
	for name, log := range x.logs {
		logs = append(logs, stream.Log{Key: name, Head: log.head(), Follow: func(wake func()) stream.Tail { return log.follow(wake, func() {}) }})
	}
	return logs, nil
}

func (x *testSet) follow(wake func()) func() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.wake = wake
	return func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.wake = nil
	}
}

func (x *testSet) open(ctx context.Context, _ *graphql.OperationContext, _ string) (*stream.Stream, gqlerror.List) {
	logs, _ := x.read(ctx)
	return &stream.Stream{
		Logs: logs, Set: &stream.Set{Follow: x.follow, Read: x.read}, Tell: tell,
		CaughtUp: func(at []stream.Reached) any { return fmt.Sprint(-len(at)) },
		ID:       func(at []stream.Reached) string { return fmt.Sprint(len(at)) + strings.Repeat("x", x.long) },
	}, nil
}

// A stream over a set begins without any log, outlives all that end, and has each that comes, on both transports.
func TestStreamOverASet(t *testing.T) {
	for _, over := range []string{"WebSocket", "event stream"} {
		t.Run(over, func(t *testing.T) {
			set := &testSet{logs: map[string]*testLog{}}
			w := newWorld(t, func(o *Options, _ *tuning) { o.Open = set.open })
			var expect func(logs int, value string)
			if over == "WebSocket" {
				c := w.ready("good-1")
				c.send(`{"type":"subscribe","id":"1","payload":{"query":"subscription{tick}"}}`)
				expect = func(_ int, value string) {
					c.expect(`{"id":"1","type":"next","payload":{"data":{"tick":` + value + `}}}`)
				}
			} else {
				e := w.events("good-1", "subscription{tick}")
				e.expect(": ok\n\n")
				expect = func(logs int, value string) { e.expect(event(logs, `{"data":{"tick":`+value+`}}`)) }
			}
			expect(0, "0") // it is current, with no log
			first, second := &testLog{}, &testLog{}
			first.append("1")
			set.fails = 1
			set.put("first", first)
			expect(1, "1")
			set.put("second", second)
			w.reads(2)
			first.add("2")
			expect(2, "2")
			set.put("first", nil) // the log has not ended
			first.add("3")
			expect(2, "3")
			first.add("end")
			w.reads(1)
			second.add("4")
			expect(1, "4")
			again := &testLog{}
			again.append("5")
			set.put("first", again)
			expect(2, "5")
			set.put("second", nil)
			second.add("end")
			set.put("first", nil)
			again.add("end")
			w.reads(0)
			last := &testLog{}
			last.append("6")
			set.put("last", last)
			expect(1, "6")
		})
	}
}

// reads waits until so many logs are read.
func (w *world) reads(logs int) {
	w.t.Helper()
	eventually(w.t, func() bool { return w.transports.Stats().Feeds == logs }, func() string { return fmt.Sprintf("%+v", w.transports.Stats()) })
}

// An id that a client could not give back in a header makes it forget the last.
func TestLongIDsAreSentEmpty(t *testing.T) {
	for long, want := range map[int]string{longestID - 1: "id: 0" + strings.Repeat("x", longestID-1), longestID: "id:"} {
		set := &testSet{logs: map[string]*testLog{}, long: long}
		e := newWorld(t, func(o *Options, _ *tuning) { o.Open = set.open }).events("good-1", "subscription{tick}")
		e.expect(": ok\n\n" + "event: next\n" + want + "\ndata: " + `{"data":{"tick":0}}` + "\n\n")
	}
}
