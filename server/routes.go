package server

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/cors"

	"parley/db"
	"parley/graph"
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
	all.Handle("/graphql", withCORS(c.CORSAllowedOrigins, withRequestID(api))) // its answers have their own deadlines
	all.Handle("/", inPieces(time.Duration(c.HTTPResponseTimeout), mux))
	return behindProxies(c.TrustedProxies, logger, limitBody(time.Duration(c.HTTPBodyTimeout), judgeHosts(c, asWritten(all))))
}

// asWritten refuses a path that ServeMux would clean up: its redirect repeats the whole URL.
func asWritten(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		clean := path.Clean(r.URL.Path)
		if clean != "/" && strings.HasSuffix(r.URL.Path, "/") {
			clean += "/"
		}
		if r.URL.Path != clean {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// limitBody bounds how long a body takes. Those that nobody wants, of a preflight too, net/http reads to
// their end before it goes on.
func limitBody(most time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(most)) // no socket in some tests
		}
		next.ServeHTTP(w, r)
	})
}

func inPieces(most time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&pieces{w, http.NewResponseController(w), most}, r)
	})
}

// pieces gives each piece of an answer its time: a large file may take long on a slow line.
type pieces struct {
	http.ResponseWriter
	control *http.ResponseController
	most    time.Duration
}

const pieceSize = 32 << 10

// Write sends what it gets piece by piece.
func (p *pieces) Write(b []byte) (n int, err error) {
	for err == nil {
		_ = p.control.SetWriteDeadline(time.Now().Add(p.most))
		var took int
		took, err = p.ResponseWriter.Write(b[n:min(len(b), n+pieceSize)])
		if n += took; n == len(b) {
			break
		}
	}
	return n, err
}

// Unwrap is for http.ResponseController.
func (p *pieces) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(graph.WithRequestID(r.Context(), graph.NewRequestID())))
	})
}

// foreignHeaders are what pages of listed origins may send: what is read here, and what tracing libraries and
// GraphQL clients put into each request, which nobody reads here. None of it is a credential that the browser
// adds, and any other is refused rather than repeated in the answer.
var foreignHeaders = []string{
	"Authorization", "Content-Type", "Last-Event-ID",
	"Traceparent", "Tracestate", "Baggage", // W3C: OpenTelemetry, and with these names most others
	"Sentry-Trace", "Newrelic", "Elastic-Apm-Traceparent", "Uber-Trace-Id", "X-Amzn-Trace-Id", "X-Cloud-Trace-Context",
	"B3", "X-B3-Traceid", "X-B3-Spanid", "X-B3-Parentspanid", "X-B3-Sampled", "X-B3-Flags", // Zipkin
	"X-Datadog-Trace-Id", "X-Datadog-Parent-Id", "X-Datadog-Origin", "X-Datadog-Sampling-Priority", "X-Datadog-Sampled", "X-Datadog-Tags",
	"Request-Id", "Request-Context", "X-Request-Id", "X-Correlation-Id", // Azure, and what many write by hand
	"Apollographql-Client-Name", "Apollographql-Client-Version", "Apollo-Require-Preflight", "X-Apollo-Operation-Name", "X-Apollo-Operation-Id",
	"X-Requested-With",
}

// withCORS lets pages of other origins read answers. It does not stop requests; that no foreign
// form can change anything follows from the content type that POST needs.
func withCORS(allowed settings.Origins, next http.Handler) http.Handler {
	o := cors.Options{
		AllowOriginFunc: allowed.Allow,
		AllowedMethods:  []string{http.MethodGet, http.MethodPost},
		AllowedHeaders:  foreignHeaders,
		ExposedHeaders:  []string{"Retry-After", "WWW-Authenticate"},
		MaxAge:          7200, // seconds; the most that Chromium keeps
	}
	if allowed.Any() {
		o.AllowOriginFunc, o.AllowedOrigins = nil, []string{"*"} // answered as such, so that caches keep one answer for all
	}
	foreign := cors.New(o).Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header.Values("Origin")) > 1 || len(r.Header.Values("Access-Control-Request-Method")) > 1 {
			next.ServeHTTP(w, r) // no browser sends two; rs/cors judges the first and repeats all
			return
		}
		if names, given := r.Header[requestHeaders]; given {
			r.Header[requestHeaders] = inOrder(names)
		}
		foreign.ServeHTTP(w, r)
	})
}

const requestHeaders = "Access-Control-Request-Headers"

// inOrder writes names as browsers do, and rs/cors takes for granted; who tries with curl does not.
func inOrder(names []string) []string {
	all := strings.Split(strings.ToLower(strings.ReplaceAll(strings.Join(names, ","), " ", "")), ",")
	slices.Sort(all)
	return []string{strings.Join(slices.Compact(all), ",")}
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
