package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/graph"
)

// BenchmarkAPI measures what a request costs inside the server, without a network.
func BenchmarkAPI(b *testing.B) {
	s, handler := wired(b, nil)
	token, _ := s.register("ann")
	s.must(nil, token, `mutation { createRoom(name: "general") { id } }`)
	for range 60 {
		s.must(nil, token, `mutation { sendChat(room: "general", text: "hello there, this is a chat") { id } }`)
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
						serveOnce(b, handler, token, body)
					}
				})
				return
			}
			for b.Loop() {
				serveOnce(b, handler, token, body)
			}
		})
	}
}

func serveOnce(b *testing.B, handler http.Handler, token string, body []byte) {
	r := httptest.NewRequestWithContext(graph.WithRequestID(b.Context(), "x"), http.MethodPost, "/graphql", bytes.NewReader(body))
	r.RemoteAddr = "127.0.0.1:1" // which is not counted by address
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK || bytes.Contains(w.Body.Bytes(), []byte(`"errors"`)) {
		b.Fatal(fmt.Sprint(w.Code, w.Body))
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
