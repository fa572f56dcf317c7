package transport

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Whatever is accepted, it is something we have, in any case of letters, and a GET differs from a POST in
// event streams only.
func FuzzAccept(f *testing.F) {
	for _, seed := range []string{
		"", "*/*", "application/*;q=0.5, text/event-stream", "application/json;q=0, */*;q=0.1", `text/html;x="a,b\"c", application/json`,
		"application/graphql-response+json; charset=utf-8, application/json;q=.9", "text/html, *; q=.2, */*; q=.2", ",;,=", "application/json;q=1e-1", "\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		choose := func(method, accept string) string {
			return preferred(&http.Request{Method: method, Header: http.Header{"Accept": {accept}}})
		}
		post, get := choose(http.MethodPost, accept), choose(http.MethodGet, accept)
		if !slices.Contains([]string{"", mediaJSON, mediaGraphQL, mediaEvents}, post) || get == mediaEvents {
			t.Fatalf("%q gives %q by POST, %q by GET", accept, post, get)
		}
		if post != mediaEvents && post != get {
			t.Fatalf("%q gives %q by POST, %q by GET", accept, post, get)
		}
		if upper := choose(http.MethodPost, asciiUpper(accept)); upper != post {
			t.Fatalf("%q gives %q, in capitals %q", accept, post, upper)
		}
		if strings.Join(entries(accept), ",") != accept {
			t.Fatalf("%q is cut into %q", accept, entries(accept))
		}
	})
}

func asciiUpper(text string) string {
	b := []byte(text)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// A type that is taken is one that a foreign page cannot send without asking first (Fetch, CORS-safelisted
// request-header).
func FuzzContentType(f *testing.F) {
	for _, seed := range []string{
		"application/json", "Application/JSON; charset=\"UTF-8\"", "text/plain; application/json", "application/json; charset=utf-16",
		"multipart/form-data; boundary=application/json", "application/json;charset=utf-8;charset=utf-16", "application/json, text/plain", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, kind string) {
		if !isJSON(http.Header{"Content-Type": {kind}}) {
			return
		}
		if essence, _, _ := strings.Cut(kind, ";"); asciiUpper(strings.TrimSpace(essence)) != asciiUpper(mediaJSON) {
			t.Fatalf("taken: %q", kind)
		}
	})
}
