package frame

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/netip"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"parley/transport/budget"
	"parley/transport/wire"
)

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
		m, ok := ParseMessage(raw)
		if !ok {
			return
		}
		object := decoded(t, raw)
		if object["type"] != m.Kind {
			t.Fatalf("type %q of %q", m.Kind, raw)
		}
		if id, _ := object["id"].(string); id != m.ID && (m.ID != "" || !wire.HasHalfPair(raw)) {
			t.Fatalf("id %q of %q", m.ID, raw)
		}
		for _, out := range [][]byte{PongMessage(m.Payload), AppendNext(nil, NextPrefix(m.ID), []byte("{}")), Errors(m.ID, nil)} {
			if h, err := ws.ReadHeader(bytes.NewReader(out)); err != nil || !json.Valid(out[len(out)-int(h.Length):]) {
				t.Fatalf("%q gives %q", raw, out)
			}
		}
	})
}

// A message that comes out is within the limit, whatever bytes go in.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{
		masked(0x81, "hello"), masked(0x01, "he") + masked(0x89, "x") + masked(0x80, "llo"),
		masked(0x88, "\x03\xe8"), masked(0x82, "x"), "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		masked(0x81, "\xff"), masked(0x01, "x") + masked(0x01, "y"),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := Reader{
			From: bufio.NewReader(bytes.NewReader(raw)), Most: 64, Arrival: budget.NewInbound(1<<20, 1<<20).Arrive(netip.Prefix{}, nil),
			Clock: func() time.Duration { return 1 }, Idle: func() {},
			Pong: func(payload []byte) {
				if len(payload) > 125 {
					t.Fatalf("ping of %d bytes", len(payload))
				}
			},
		}
		for {
			message, err := r.Next()
			if err != nil {
				return
			}
			if len(message) > 64 {
				t.Fatalf("message %q", message)
			}
		}
	})
}

// masked is a short frame as a client sends it, with the mask 0.
func masked(first byte, payload string) string {
	return string([]byte{first, 0x80 | byte(len(payload)), 0, 0, 0, 0}) + payload
}
