package transport

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"parley/transport/budget"
	"parley/transport/wire"
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

// decoded reads what must be one JSON object in UTF-8.
func decoded(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var object map[string]any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // 1e999 is a number of JSON
	if err := dec.Decode(&object); err != nil || object == nil || !utf8.Valid(raw) || !json.Valid(raw) {
		t.Fatalf("taken: %q %v", raw, err)
	}
	return object
}

// Whatever is taken for a message has a type, and comes through whole.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`{"type":"ping"}`, `{"type":"subscribe","id":"1","payload":{"query":"{a}"}}`, `{"type":"complete","id":7}`,
		`{"type":null}`, `{"type":1}`, `{}`, `[{"type":"ping"}]`, "{\"type\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, ok := parseMessage(raw)
		if !ok {
			return
		}
		object := decoded(t, raw)
		if object["type"] != m.kind {
			t.Fatalf("type %q of %q", m.kind, raw)
		}
		if id, _ := object["id"].(string); id != m.id && (m.id != "" || !wire.HasHalfPair(raw)) {
			t.Fatalf("id %q of %q", m.id, raw)
		}
		for _, out := range [][]byte{pongMessage(m.payload), envelope(string(nextPrefix(m.id)), []byte("{}")), completeMessage(m.id)} {
			if !json.Valid(out) {
				t.Fatalf("%q gives %q", raw, out)
			}
		}
	})
}

// A message that comes out is within the limit, whatever bytes go in.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{
		frame(fin|text, "hello"), frame(text, "he") + frame(fin|ping, "x") + frame(fin|more, "llo"),
		frame(fin|closing, closePayload(1000, "")), frame(fin|binaryFrame, "x"), "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		frame(fin|text, "\xff"), frame(text, "x") + frame(text, "y"),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := frameReader{
			r: bufio.NewReader(bytes.NewReader(raw)), most: 64, arrival: budget.NewInbound(1<<20, 1<<20).Arrive(netip.Prefix{}, nil),
			clock: func() time.Duration { return 1 }, idle: func() {},
			pong: func(payload []byte) {
				if len(payload) > 125 {
					t.Fatalf("ping of %d bytes", len(payload))
				}
			},
		}
		for {
			message, err := r.next()
			if err != nil {
				return
			}
			if len(message) > 64 {
				t.Fatalf("message %q", message)
			}
		}
	})
}
