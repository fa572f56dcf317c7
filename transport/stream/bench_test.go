package stream

import (
	"fmt"
	"runtime"
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
