package harness

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"parley/db"
	"parley/graph/failures"
	"parley/server"
)

// Wired is a server without limits of rate whose parts are put together here, so that a test sees
// each statement; the handler answers without a network.
func Wired(t testing.TB, trace func(context.Context, any), flags ...string) (*Server, http.Handler) {
	t.Helper()
	c := Config(t, DataDir(t), append([]string{"--send-rate", "0", "--room-send-rate", "0"}, flags...)...)
	store, err := db.Open(t.Context(), db.Options{URL: c.DatabaseURL, Dir: MakeDir(t, c.Data), Trace: trace})
	if err != nil {
		t.Fatal(err)
	}
	handler, run, err := server.Handler(t.Context(), c, &Log{}, store)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() { _ = run(ctx) })
	server := httptest.NewServer(handler)
	t.Cleanup(func() { server.Close(); cancel(); wg.Wait(); _ = store.Close() })
	return &Server{T: t, Addr: strings.TrimPrefix(server.URL, "http://")}, handler
}

// ServeOnce serves a request without a network.
func ServeOnce(b *testing.B, handler http.Handler, token string, body []byte) {
	r := httptest.NewRequestWithContext(failures.WithRequestID(b.Context(), "x"), http.MethodPost, "/graphql", bytes.NewReader(body))
	r.RemoteAddr = "127.0.0.1:1" // which is not counted by address
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code != http.StatusOK || bytes.Contains(w.Body.Bytes(), []byte(`"errors"`)) {
		b.Fatal(fmt.Sprint(w.Code, w.Body))
	}
}
