package main

import (
	"net/http"
	"strings"
	"testing"
)

// What a page of Vite's development server asks for is allowed without a setting; so is what it reads.
func TestDevelopmentServerMayUseTheAPI(t *testing.T) {
	s := newServer(t)
	ann, _ := s.register("ann")
	const origin = "http://localhost:5173"
	for _, wanted := range []string{"content-type", "authorization,content-type", "authorization,content-type,last-event-id", ""} {
		a := s.send(ask{http.MethodOptions, "/graphql", "", []string{"Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", wanted}})
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
	for _, q := range []ask{
		posted(versionBody, "Origin", origin, "Authorization", "Bearer "+ann),
		posted(`{"query":"{ rooms { nodes { id } } }"}`, "Origin", origin, "Accept", graphqlJSON), // 401
		posted("{", "Origin", origin), // 400
		posted(versionBody, "Origin", origin, "Accept", eventStream),
		got("query=%7Bserver%7Bversion%7D%7D", "Origin", origin),
	} {
		wantHeaders(t, s.send(q), read)
	}
}

func wantHeaders(t *testing.T, a answer, want map[string]string) {
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
	s := newServer(t)
	for _, origin := range []string{"http://localhost:5174", "https://localhost:5173", "http://localhost", "http://localhost:5173.example.org", "http://127.0.0.1:5173", "null", "*", ""} {
		for _, q := range []ask{
			posted(versionBody, "Origin", origin),
			{http.MethodOptions, "/graphql", "", []string{"Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type"}},
		} {
			a := s.send(q)
			wantHeaders(t, a, map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Allow-Methods": "", "Access-Control-Allow-Headers": ""})
			if q.method == http.MethodPost && (a.Status != 200 || a.Header.Get("Vary") != "Origin") {
				t.Errorf("from %q: %d %v", origin, a.Status, a.Header)
			}
		}
	}
	for _, header := range []string{"x-other", "cookie", "authorization,x-other"} {
		a := s.send(ask{http.MethodOptions, "/graphql", "", []string{"Origin", "http://localhost:5173", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", header}})
		wantHeaders(t, a, map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Allow-Headers": ""})
	}
	for _, method := range []string{"PUT", "DELETE"} {
		a := s.send(ask{http.MethodOptions, "/graphql", "", []string{"Origin", "http://localhost:5173", "Access-Control-Request-Method", method}})
		wantHeaders(t, a, map[string]string{"Access-Control-Allow-Origin": "", "Access-Control-Allow-Methods": ""})
	}
}

// Any origin, or none.
func TestAnyOriginAndNone(t *testing.T) {
	any, none := newServer(t, "--cors-allowed-origins", "*"), newServer(t, "--cors-allowed-origins", "")
	wantHeaders(t, any.send(posted(versionBody, "Origin", "https://example.org")), map[string]string{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": ""})
	wantHeaders(t, none.send(posted(versionBody, "Origin", "http://localhost:5173")), map[string]string{"Access-Control-Allow-Origin": ""})
	if !strings.Contains(any.log.String(), "PARLEY_CORS_ALLOWED_ORIGINS is *") {
		t.Error("no warning")
	}
}
