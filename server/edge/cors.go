package edge

import (
	"net/http"
	"slices"
	"strings"

	"github.com/rs/cors"

	"parley/server/settings"
)

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

// CORS lets pages of other origins read answers. It does not stop requests; that no foreign
// form can change anything follows from the content type that POST needs.
func CORS(allowed settings.Origins, next http.Handler) http.Handler {
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
			next.ServeHTTP(w, r) // no browser sends two; rs/cors checks the first and repeats all
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
