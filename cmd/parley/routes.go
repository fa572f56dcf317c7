package main

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/rs/cors"

	"parley/db"
	"parley/graph"
	"parley/web"
)

// routes are the addresses of the server.
func routes(c *Config, api http.Handler, health *health) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", withCORS(c.CORSAllowedOrigins, withRequestID(api)))
	mux.Handle("/schema.graphqls", text("text/plain; charset=utf-8", graph.Schema))
	mux.HandleFunc("/healthz", health.live)
	mux.HandleFunc("/readyz", health.ready)
	if c.Playground {
		playground := web.Playground()
		mux.Handle("/playground", playground)
		mux.Handle("/playground/", playground)
		mux.Handle("GET /{$}", http.RedirectHandler("/playground", http.StatusFound))
	}
	return behindProxies(c.TrustedProxies, mux)
}

func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(graph.WithRequestID(r.Context(), graph.NewRequestID())))
	})
}

// withCORS lets pages of other origins read answers. It does not stop requests; that no foreign
// form can change anything follows from the content type that POST needs.
func withCORS(allowed origins, next http.Handler) http.Handler {
	if len(allowed) == 0 {
		return next // rs/cors takes an empty list for all origins
	}
	return cors.New(cors.Options{
		AllowedOrigins: allowed,
		AllowedMethods: []string{http.MethodGet, http.MethodPost},
		AllowedHeaders: []string{"Authorization", "Content-Type", "Last-Event-ID"},
		ExposedHeaders: []string{"Retry-After", "WWW-Authenticate"},
		MaxAge:         7200, // seconds; the most that Chromium keeps
	}).Handler(next)
}

func text(mediaType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "use GET", http.StatusMethodNotAllowed)
			return
		}
		w.Header().Set("Content-Type", mediaType)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = io.WriteString(w, body) // the client may be gone
	})
}

// health says whether the process lives and whether it can serve.
type health struct {
	store    *db.Store
	draining atomic.Bool
}

func (h *health) live(w http.ResponseWriter, r *http.Request) {
	text("text/plain; charset=utf-8", "ok\n").ServeHTTP(w, r)
}

func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	switch {
	case h.draining.Load():
		http.Error(w, "draining", http.StatusServiceUnavailable)
	case h.store.Ping(ctx) != nil:
		http.Error(w, "no database", http.StatusServiceUnavailable)
	default:
		h.live(w, r)
	}
}
