package transport

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
)

// A given is a frame that a fuzzer makes up.
type given struct {
	first    byte
	unmasked bool
	payload  string
}

// givens makes frames of any bytes: the first byte of a frame, then a byte for its length, whose highest bit
// leaves out the mask, then the payload.
func givens(raw []byte) (list []given) {
	for len(raw) >= 2 {
		n := min(int(raw[1]&0x7f), len(raw)-2)
		list = append(list, given{raw[0], raw[1]&0x80 != 0, string(raw[2 : 2+n])})
		raw = raw[2+n:]
	}
	return list
}

// rawOf is what givens reads.
func rawOf(list ...given) (raw []byte) {
	for _, g := range list {
		raw = append(append(raw, g.first, byte(len(g.payload))), g.payload...)
	}
	return raw
}

func (g given) bytes() string {
	switch n := byte(len(g.payload)); {
	case !g.unmasked:
		return frame(g.first, g.payload)
	case n < 126:
		return string([]byte{g.first, n}) + g.payload
	default:
		return string([]byte{g.first, 126, 0, n}) + g.payload
	}
}

// Whatever frames a socket gets before connection_init, in whatever two pieces: it answers what a plain
// reading of RFC 6455 and of the protocol says, and no more.
func FuzzSocket(f *testing.F) {
	const most = 150
	for _, seed := range [][]given{
		{{fin | text, false, `{"type":"ping"}`}, {fin | text, false, `{"type":"ping","payload":{"a":[1]}}`}, {fin | ping, false, "x"}},
		{{text, false, `{"type":"pi`}, {fin | ping, false, "x"}, {more, false, `ng"`}, {fin | more, false, `}`}, {fin | more, false, ``}},
		{{fin | closing, false, closePayload(1000, "bye")}, {fin | ping, false, ""}},
		{{fin | closing, false, closePayload(1006, "")}},
		{{fin | closing, false, "\x03"}},
		{{fin | closing, false, ""}},
		{{fin | closing, false, closePayload(4000, "\xff")}},
		{{fin | binaryFrame, false, "x"}},
		{{fin | text, false, "\xff"}},
		{{text, false, ""}, {text, false, ""}},
		{{ping, false, ""}},
		{{fin | text, true, `{"type":"ping"}`}},
		{{fin | ping, false, strings.Repeat("x", 126)}},
		{{0xc0 | text, false, ""}},
		{{fin | 3, false, ""}},
		{{fin | 11, false, ""}},
		{{text, false, strings.Repeat(" ", 100)}, {fin | more, false, strings.Repeat(" ", 51)}},
		{{fin | text, false, `{"type":"subscribe","id":"1"}`}},
		{{fin | text, false, `{"type":"complete"}`}, {fin | text, false, `{"type":"pong"}`}, {fin | pong, false, "x"}, {fin | text, false, `null`}},
	} {
		f.Add(rawOf(seed...), uint16(0))
		f.Add(rawOf(seed...), uint16(9))
	}
	addr := fuzzed(f, Options{MaxMessage: most}, executable{})
	f.Fuzz(func(t *testing.T, raw []byte, at uint16) {
		list := givens(raw)
		want, known := naive(list, most)
		if !known {
			return
		}
		var all string
		for _, g := range list {
			all += g.bytes()
		}
		cut := min(int(at), len(all))
		if got := talkRaw(t, addr, len(want), all[:cut], all[cut:]); !slices.Equal(got, want) {
			t.Fatalf("%q and %q\ngot  %q\nwant %q", all[:cut], all[cut:], got, want)
		}
	})
}

// fuzzed is a server for a fuzz target; it lives as long as that.
func fuzzed(f *testing.F, o Options, schema graphql.ExecutableSchema) (addr string) {
	f.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	server := handler.New(schema)
	for _, one := range New(o).All() {
		server.AddTransport(one)
	}
	listening := httptest.NewServer(server)
	f.Cleanup(listening.Close)
	return listening.Listener.Addr().String()
}

// talkRaw sends two pieces and returns what came back: n frames, and what else there is when nothing more can
// be sent.
func talkRaw(t *testing.T, addr string, n int, pieces ...string) (answers []string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(timeout))
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n")
	for _, piece := range pieces {
		_, _ = io.WriteString(conn, piece)
	}
	r := bufio.NewReader(conn)
	if response, err := http.ReadResponse(r, nil); err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(response, err)
	}
	for range n {
		answers = append(answers, told(readFrame(t, r)))
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	if rest, err := io.ReadAll(r); len(rest) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%q and %v behind %q", rest, err, answers)
	}
	return answers
}

// told is a frame of the server, a close frame by its code alone.
func told(first byte, payload string) string {
	if first == fin|closing {
		if len(payload) < 2 {
			return "close"
		}
		return fmt.Sprint("close ", binary.BigEndian.Uint16([]byte(payload)))
	}
	return fmt.Sprintf("%x %s", first, payload)
}

// naive is what a server answers to frames. known is false for what may come in any order.
func naive(list []given, most int) (answers []string, known bool) {
	var message string
	within := false
	for _, g := range list {
		opcode, whole := g.first&0x0f, g.first&fin != 0
		isData := opcode == text || opcode == more
		switch {
		case g.unmasked, g.first&0x70 != 0, !isData && (opcode < closing || opcode > pong), // a binary frame too
			!isData && (!whole || len(g.payload) > 125), isData && (opcode == more) != within:
			return append(answers, "close 4400"), true
		case opcode == closing && naiveClose(g.payload):
			return append(answers, told(fin|closing, g.payload)), true
		case opcode == closing:
			return append(answers, "close 4400"), true
		case opcode == ping:
			answers = append(answers, told(fin|pong, g.payload))
			continue
		case opcode == pong:
			continue
		case len(message)+len(g.payload) > most:
			return append(answers, "close 1009"), true
		}
		message, within = message+g.payload, !whole
		if within {
			continue
		}
		answer, known := naiveMessage(message)
		if answer != "" {
			answers = append(answers, answer)
		}
		if !known || strings.HasPrefix(answer, "close") {
			return answers, known
		}
		message = ""
	}
	return answers, true
}

func naiveClose(payload string) bool {
	if len(payload) < 2 {
		return payload == ""
	}
	code := int(payload[0])<<8 | int(payload[1])
	registered := slices.Contains([]int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014}, code)
	return (registered || code >= 3000 && code < 5000) && utf8.ValidString(payload[2:])
}

func naiveMessage(text string) (answer string, known bool) {
	var m map[string]json.RawMessage
	var kind *string
	if !utf8.ValidString(text) || json.Unmarshal([]byte(text), &m) != nil || json.Unmarshal(m["type"], &kind) != nil || kind == nil {
		return "close 4400", true
	}
	switch *kind {
	case "ping":
		if payload, given := m["payload"]; given {
			return told(fin|1, `{"type":"pong","payload":`+string(payload)+`}`), true
		}
		return told(fin|1, `{"type":"pong"}`), true
	case "pong":
		return "", true
	case "complete":
		var id string
		if json.Unmarshal(m["id"], &id) != nil || id == "" {
			return "close 4400", true
		}
		return "", true
	case "subscribe":
		return "close 4401", true
	case "connection_init":
		return "", false
	}
	return "close 4400", true
}
