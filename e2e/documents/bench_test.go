package documents

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/e2e/harness"
)

// BenchmarkAPI measures what a request costs inside the server, without a network.
func BenchmarkAPI(b *testing.B) {
	s, handler := harness.Wired(b, nil)
	token, _ := s.Register("ann")
	s.Must(nil, token, `mutation { createRoom(name: "general") { id } }`)
	for range 60 {
		s.Must(nil, token, `mutation { sendChat(room: "general", text: "hello there, this is a chat") { id } }`)
	}
	for name, query := range map[string]string{
		"page of 50":            `{ chats(room: "general") { nodes { id number username text createdAt user { id username } cursor } } }`,
		"page without users":    `{ chats(room: "general") { nodes { id number username text createdAt cursor } } }`,
		"me":                    `{ me { username } }`,
		"send":                  `mutation { sendChat(room: "general", text: "hello there, this is a chat") { id number } }`,
		"answer without a read": `{ server { version } }`,
	} {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			body, err := json.Marshal(map[string]string{"query": query})
			if err != nil {
				b.Fatal(err)
			}
			before := cpu()
			defer func() { b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op") }()
			if name == "send" {
				b.SetParallelism(32)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						harness.ServeOnce(b, handler, token, body)
					}
				})
				return
			}
			for b.Loop() {
				harness.ServeOnce(b, handler, token, body)
			}
		})
	}
}

// cpu is the time this process has spent on all cores, which a noisy neighbour changes least.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
