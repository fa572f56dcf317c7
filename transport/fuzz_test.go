package transport

import (
	"bufio"
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// Whatever is taken for a request is one: UTF-8, one JSON object, and a document or a hash.
func FuzzParams(f *testing.F) {
	for _, seed := range []string{
		`{"query":"{hello}"}`, `{"query":"{a}","variables":{"n":1e999},"extensions":{},"operationName":"x"}`,
		`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`, `{"query":"{a}"}{}`, `[]`, `null`, "\xff",
		`{"query":null,"query":"{a}"}`, `{"Query":"{a}"}`, `{"query":"\ud800"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, ok := parseParams(raw)
		if !ok {
			return
		}
		object := decoded(t, raw)
		if text, isText := object["query"].(string); isText && text != p.Query || !isText && !hasHash(p) {
			t.Fatalf("query %q of %q", p.Query, raw)
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
		if id, _ := object["id"].(string); id != m.id {
			t.Fatalf("id %q of %q", m.id, raw)
		}
		for _, out := range [][]byte{pongMessage(m.payload), nextMessage(m.id, []byte("{}")), completeMessage(m.id)} {
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
		r := frameReader{r: bufio.NewReader(bytes.NewReader(raw)), most: 64, pong: func(payload []byte) {
			if len(payload) > 125 {
				t.Fatalf("ping of %d bytes", len(payload))
			}
		}}
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
