package stream

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// benchOperation is one that everybody runs, with a document of its own, as requests bring it.
func benchOperation() Prepared {
	op := &ast.OperationDefinition{Operation: ast.Subscription}
	return Prepared{shows{}, &graphql.OperationContext{
		RawQuery: "subscription { events { kind } }", Doc: &ast.QueryDocument{}, Operation: op, Variables: map[string]any{"after": make([]string, 200)},
	}}
}

// logsFor are many logs that have not moved.
func logsFor(n int) []Log {
	logs := make([]Log, n)
	for i := range logs {
		at := Position{Place: 100, Tag: 1}
		logs[i] = Log{Key: fmt.Sprint("room ", i), At: at, Head: at, Follow: (&memoryLog{}).follow}
	}
	return logs
}

// setOf is a stream over a set that does not change.
func setOf(logs []Log) *Stream {
	return &Stream{Logs: logs, Followed: func() {}, Set: &Set{Follow: func(func()) func() { return func() {} }}}
}

// What opening and leaving a stream costs, the first of its feeds and one that joins them.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{50, 200, 1000} {
		logs := logsFor(n)
		for _, shared := range []bool{false, true} {
			b.Run(fmt.Sprintf("logs=%d/shared=%v", n, shared), func(b *testing.B) {
				feeds := newFeeds(64 << 20)
				if shared {
					defer feeds.Subscribe(benchOperation(), setOf(logs), "bob", &collector{}).Leave()
				}
				b.ReportAllocs()
				for b.Loop() {
					feeds.Subscribe(benchOperation(), setOf(logs), "ann", &collector{}).Leave()
				}
			})
		}
	}
}

// What it costs to hand events to the next of a thousand readers, besides writing them out.
func BenchmarkTake(b *testing.B) {
	log := &memoryLog{}
	for i := range int64(256) {
		log.events = append(log.events, Event{Position: Position{Place: i + 1, Tag: i + 1}, Object: `{"text":"` + strings.Repeat("x", 200) + `"}`})
	}
	feeds := newFeeds(64 << 20)
	var subs []*Subscription
	for i := range 1000 {
		stream := &Stream{Logs: []Log{{Key: "room", Head: Position{Place: 1}, Follow: log.follow}}}
		subs = append(subs, feeds.Subscribe(benchOperation(), stream, fmt.Sprint("person ", i), discarding{}))
	}
	feed := subs[0].Readers()[0].feed
	feed.due.Store(true)
	feed.advance(1 << 20)
	for _, events := range []int64{1, 8, 64} {
		b.Run(fmt.Sprint("events=", events), func(b *testing.B) {
			buffer := make([]byte, 0, WriteBytes)
			before := cpu()
			for i := 0; b.Loop(); i++ {
				r := subs[i%len(subs)].Readers()[0]
				r.at = Position{Place: 256 - events, Tag: 256 - events}
				if step := r.Take(buffer[:0], r.Window()); step.Events != int(events) {
					b.Fatalf("%d events were taken", step.Events)
				}
			}
			b.ReportMetric(float64(cpu()-before)/float64(b.N)/float64(events), "cpu-ns/event")
		})
	}
}

// cpu is the processor time that the process has taken, in nanoseconds.
func cpu() int64 {
	var use syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	return use.Utime.Nano() + use.Stime.Nano()
}

// discarding is an outlet that appends what it is given.
type discarding struct{}

func (discarding) Serve(*Reader) int        { return 0 }
func (discarding) Signal(*Reader, *Signals) {}
func (discarding) Append(b []byte, _ string, body []byte) []byte {
	return append(append(b, `{"type":"next","id":"1","payload":`...), body...)
}

// What a stream over 50 logs holds while nothing happens, as one of many people who read the same.
func BenchmarkIdle(b *testing.B) {
	logs, feeds := logsFor(50), newFeeds(64<<20)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var subs []*Subscription
	for b.Loop() {
		subs = append(subs, feeds.Subscribe(benchOperation(), setOf(logs), fmt.Sprint("person ", len(subs)), &collector{}))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/float64(len(subs)), "B/stream")
	runtime.KeepAlive(subs)
}
