package http

import (
	"net/http"
	"strings"
	"testing"

	"parley/e2e/harness"
)

// Tracing libraries send headers of theirs with each request, and Apollo's clients some that say who they are, so they
// pass the preflight of a page that is listed; they were refused, and with them every request of the page. No page gets at what a browser keeps for this server: no answer sets
// a cookie or allows credentials, and a cookie signs nobody in.
func TestHeadersOfTracingClients(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	const listed, other = "http://localhost:5173", "https://evil.example"
	for _, wanted := range []string{
		"authorization,baggage,content-type,sentry-trace,traceparent,tracestate", "apollographql-client-name,apollographql-client-version,content-type",
		"apollo-require-preflight", "x-apollo-operation-name", "x-requested-with", "x-datadog-origin,x-datadog-parent-id,x-datadog-sampling-priority,x-datadog-trace-id", "b3,x-b3-spanid,x-b3-traceid", "newrelic,traceparent,tracestate",
	} {
		for origin, allowed := range map[string]bool{listed: true, other: false} {
			a := s.Send(harness.Ask{Method: http.MethodOptions, Target: "/graphql", Body: "", Header: []string{"Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", wanted}})
			want := map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Allow-Headers": "", "Access-Control-Allow-Credentials": "", "Set-Cookie": ""}
			if allowed {
				want["Access-Control-Allow-Origin"], want["Access-Control-Allow-Headers"] = listed, wanted
			}
			wantHeaders(t, a, want)
		}
	}
	a := s.Send(harness.Ask{Method: http.MethodOptions, Target: "/graphql", Body: "", Header: []string{"Origin", listed, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "Traceparent, Content-Type,Authorization,authorization"}})
	wantHeaders(t, a, map[string]string{"Access-Control-Allow-Headers": "authorization,content-type,traceparent"})
	traced := []string{"Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "Baggage", "a=b", "Sentry-Trace", "x", "Apollographql-Client-Name", "web", "X-Requested-With", "XMLHttpRequest"}
	for _, origin := range []string{listed, other} {
		cookie := append([]string{"Origin", origin, "Cookie", "Authorization=Bearer " + ann + "; token=" + ann, "Accept", harness.GraphQLJSON}, traced...)
		a := s.Send(harness.Posted(`{"query":"{ rooms { nodes { id } } }"}`, cookie...))
		wantHeaders(t, a, map[string]string{"Access-Control-Allow-Credentials": "", "Set-Cookie": ""})
		if a.Code() != "UNAUTHENTICATED" {
			t.Errorf("a cookie signs in: %s", a.Body)
		}
	}
	if a := s.Send(harness.Posted(`{"query":"{ me { username } }"}`, append([]string{"Origin", listed, "Authorization", "Bearer " + ann}, traced...)...)); !strings.Contains(a.Body, `"ann"`) {
		t.Errorf("a traced request: %s", a.Body)
	}
}

// Origins are the same in any spelling, of the setting and of the header, and the answer repeats the header's.
func TestSpellingsOfOrigins(t *testing.T) {
	s := harness.New(t, "--cors-allowed-origins", "https://a.example:443,HTTP://B.Example,https://Bücher.example,https://чат.рф:8443,wss://c.example")
	for origin, allowed := range map[string]bool{
		"https://a.example": true, "https://a.example:443": true, "https://a.example.": true, "http://a.example:443": false, "https://a.example:444": false,
		"http://b.example": true, "http://b.example:80": true, "https://b.example": false,
		"https://xn--bcher-kva.example": true, "https://bucher.example": false, "https://xn--80a0bn.xn--p1ai:8443": true, "https://xn--80a0bn.xn--p1ai": false,
		"https://c.example": true, "http://c.example": false,
	} {
		want := map[bool]string{true: origin}[allowed]
		wantHeaders(t, s.Send(harness.Posted(harness.VersionBody, "Origin", origin)), map[string]string{"Access-Control-Allow-Origin": want})
		a := s.Send(harness.Ask{Method: http.MethodOptions, Target: "/graphql", Body: "", Header: []string{"Origin", origin, "Access-Control-Request-Method", "POST"}})
		wantHeaders(t, a, map[string]string{"Access-Control-Allow-Origin": want})
	}
}

// What a page of Vite's development server asks for is allowed without a setting; so is what it reads.
func TestDevelopmentServerMayUseTheAPI(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	const origin = "http://localhost:5173"
	for _, wanted := range []string{"content-type", "authorization,content-type", "authorization,content-type,last-event-id", ""} {
		a := s.Send(harness.Ask{Method: http.MethodOptions, Target: "/graphql", Body: "", Header: []string{"Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", wanted}})
		want := map[string]string{
			"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": wanted,
			"Access-Control-Allow-Credentials": "", "Access-Control-Max-Age": "7200",
		}
		wantHeaders(t, a, want)
		if a.Status != http.StatusNoContent || !strings.Contains(a.Header.Get("Vary"), "Origin") {
			t.Errorf("%q: %d %v", wanted, a.Status, a.Header)
		}
	}
	read := map[string]string{
		"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "", "Access-Control-Expose-Headers": "Retry-After, Www-Authenticate", "Vary": "Origin",
	}
	for _, q := range []harness.Ask{
		harness.Posted(harness.VersionBody, "Origin", origin, "Authorization", "Bearer "+ann),
		harness.Posted(`{"query":"{ rooms { nodes { id } } }"}`, "Origin", origin, "Accept", harness.GraphQLJSON), // 401
		harness.Posted("{", "Origin", origin), // 400
		harness.Posted(harness.VersionBody, "Origin", origin, "Accept", harness.EventStreamType),
		harness.Got("query=%7Bserver%7Bversion%7D%7D", "Origin", origin),
	} {
		wantHeaders(t, s.Send(q), read)
	}
}

func wantHeaders(t *testing.T, a harness.Answer, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got := a.Header.Get(name); got != value {
			t.Errorf("%d: %s is %q, want %q", a.Status, name, got, value)
		}
	}
}

// Pages of other origins learn nothing, whatever they ask for; requests are answered alike, because it is the
// browser that keeps the answer from them.
func TestOtherOriginsAreNotNamed(t *testing.T) {
	s := harness.New(t)
	for _, origin := range []string{"http://localhost:5174", "https://localhost:5173", "http://localhost", "http://localhost:5173.example.org", "http://127.0.0.1:5173", "null", "*", ""} {
		for _, q := range []harness.Ask{
			harness.Posted(harness.VersionBody, "Origin", origin),
			{Method: http.MethodOptions, Target: "/graphql", Body: "", Header: []string{"Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type"}},
		} {
			a := s.Send(q)
			wantHeaders(t, a, map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Allow-Methods": "", "Access-Control-Allow-Headers": ""})
			if q.Method == http.MethodPost && (a.Status != 200 || a.Header.Get("Vary") != "Origin") {
				t.Errorf("from %q: %d %v", origin, a.Status, a.Header)
			}
		}
	}
	for _, header := range []string{"x-other", "cookie", "authorization,x-other", "traceparent,x-forwarded-for"} {
		a := s.Send(harness.Ask{Method: http.MethodOptions, Target: "/graphql", Body: "", Header: []string{"Origin", "http://localhost:5173", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", header}})
		wantHeaders(t, a, map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Allow-Headers": ""})
	}
	for _, method := range []string{"PUT", "DELETE"} {
		a := s.Send(harness.Ask{Method: http.MethodOptions, Target: "/graphql", Body: "", Header: []string{"Origin", "http://localhost:5173", "Access-Control-Request-Method", method}})
		wantHeaders(t, a, map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Allow-Methods": ""})
	}
}

// Any origin, or none.
func TestAnyOriginAndNone(t *testing.T) {
	any, none := harness.New(t, "--cors-allowed-origins", "*"), harness.New(t, "--cors-allowed-origins", "")
	wantHeaders(t, any.Send(harness.Posted(harness.VersionBody, "Origin", "https://example.org")), map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": ""})
	wantHeaders(t, none.Send(harness.Posted(harness.VersionBody, "Origin", "http://localhost:5173")), map[string]string{"Access-Control-Allow-Origin": ""})
	if !strings.Contains(any.Log.String(), "PARLEY_CORS_ALLOWED_ORIGINS is *") {
		t.Error("no warning")
	}
}
