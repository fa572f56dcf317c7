package server

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"parley/db"
)

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
