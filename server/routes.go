package server

import (
	"io"
	"log/slog"
	"net/http"
	"time"

	"parley/graph"
	"parley/graph/failures"
	"parley/server/edge"
	"parley/server/settings"
	"parley/web"
)

// routes are the addresses of the server.
func routes(c *settings.Config, logger *slog.Logger, api http.Handler, health *health) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/schema.graphqls", text("text/plain; charset=utf-8", graph.Schema))
	mux.HandleFunc("/healthz", health.live)
	mux.HandleFunc("/readyz", health.ready)
	if c.Playground {
		playground := web.Playground()
		mux.Handle("/playground", playground)
		mux.Handle("/playground/", playground)
	}
	switch {
	case bool(c.Web):
		mux.Handle("/", web.Chat())
	case bool(c.Playground):
		mux.Handle("GET /{$}", http.RedirectHandler("/playground", http.StatusFound))
	}
	all := http.NewServeMux()
	all.Handle("/graphql", edge.CORS(c.CORSAllowedOrigins, withRequestID(api))) // its answers have their own deadlines
	all.Handle("/", edge.ChunkTimeout(time.Duration(c.HTTPResponseTimeout), mux))
	return edge.Guard(c, logger, all)
}

func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(failures.WithRequestID(r.Context(), failures.NewRequestID())))
	})
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
