package transport

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// upgraded is a bare connection after the handshake, for clients that misbehave. early is sent with it.
func (w *world) upgraded(early string) (net.Conn, *bufio.Reader) {
	w.t.Helper()
	return w.upgradedFrom("127.0.0.1", early)
}

func (w *world) upgradedFrom(address, early string) (net.Conn, *bufio.Reader) {
	w.t.Helper()
	conn := w.raw()
	fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n%s", address, early)
	r := bufio.NewReader(conn)
	if resp, err := http.ReadResponse(r, nil); err != nil || resp.StatusCode != 101 {
		w.t.Fatal(resp, err)
	}
	return conn, r
}

// frame builds a frame as a client sends it: masked, here with 1, 2, 3, 4.
func frame(first byte, payload string) string {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	b = append(b, 1, 2, 3, 4)
	for i := range len(payload) {
		b = append(b, payload[i]^byte(i%4+1))
	}
	return string(b)
}

// readFrame reads a frame of the server.
func readFrame(t *testing.T, r *bufio.Reader) (first byte, payload string) {
	t.Helper()
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		t.Fatal(err)
	}
	n := uint64(head[1])
	switch head[1] {
	case 126:
		var b [2]byte
		_, _ = io.ReadFull(r, b[:])
		n = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		var b [8]byte
		_, _ = io.ReadFull(r, b[:])
		n = binary.BigEndian.Uint64(b[:])
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		t.Fatal(err)
	}
	return head[0], string(body)
}

func closePayload(code uint16, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, code)) + reason
}

const (
	text, more, binaryFrame, closing, ping, pong, fin = 1, 0, 2, 8, 9, 10, 0x80
)

func TestFramingRules(t *testing.T) {
	init := `{"type":"connection_init"}`
	ack := []string{`{"type":"connection_ack"}`}
	w := newWorld(t, nil)
	for name, c := range map[string]struct {
		sent     string
		messages []string // text messages and pongs, before the close frame
		code     uint16   // 0: it stays open
	}{
		"whole":                   {frame(fin|text, init), ack, 0},
		"fragments":               {frame(text, init[:5]) + frame(more, init[5:9]) + frame(fin|more, init[9:]), ack, 0},
		"a ping between":          {frame(text, init[:5]) + frame(fin|ping, "hello") + frame(fin|more, init[5:]), append([]string{"hello"}, ack...), 0},
		"empty fragments":         {frame(text, "") + frame(more, init) + frame(fin|more, ""), ack, 0},
		"pong":                    {frame(fin|pong, "x") + frame(fin|text, init), ack, 0},
		"largest ping":            {frame(fin|ping, strings.Repeat("x", 125)), []string{strings.Repeat("x", 125)}, 0},
		"a rune over two frames":  {frame(text, "{\"type\":\"ping\",\"payload\":\"\xc3") + frame(fin|more, "\xa4\"}"), []string{`{"type":"pong","payload":"ä"}`}, 0},
		"no mask":                 {"\x81\x1a" + init, nil, 4400},
		"reserved bit":            {frame(fin|0x40|text, init), nil, 4400},
		"reserved opcode":         {frame(fin|3, init), nil, 4400},
		"reserved control":        {frame(fin|11, ""), nil, 4400},
		"binary":                  {frame(fin|binaryFrame, init), nil, 4400},
		"bad UTF-8":               {frame(fin|text, "\xff"), nil, 4400},
		"bad UTF-8 in JSON":       {frame(fin|text, "{\"type\":\"ping\",\"payload\":\"\xff\"}"), nil, 4400},
		"half a rune":             {frame(fin|text, `{"type":"ping","payload":"`+"\xc3"), nil, 4400},
		"continuation of nothing": {frame(fin|more, init), nil, 4400},
		"text within fragments":   {frame(text, init[:5]) + frame(fin|text, init), nil, 4400},
		"fragmented ping":         {frame(ping, ""), nil, 4400},
		"large ping":              {frame(fin|ping, strings.Repeat("x", 126)), nil, 4400},
		"negative length":         {"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04", nil, 4400},
		"a length of two bytes":   {"\x81\xfe\x00\x1a\x00\x00\x00\x00" + init, nil, 4400},
		"a length of eight bytes": {"\x81\xff\x00\x00\x00\x00\x00\x00\x00\x1a\x00\x00\x00\x00" + init, nil, 4400},
		"a frame above the limit": {frame(fin|text, strings.Repeat("x", 128<<10+1)), nil, 1009},
		"announced and not sent":  {"\x81\xff\x00\x00\x00\xff\xff\xff\xff\xff\x01\x02\x03\x04", nil, 1009},
		"fragments above":         {frame(text, strings.Repeat("x", 128<<10)) + frame(more, "x"), nil, 1009},
		"close":                   {frame(fin|closing, closePayload(1000, "")), nil, 1000},
		"close with a reason":     {frame(fin|closing, closePayload(4999, "bye")), nil, 4999},
		"close 1012":              {frame(fin|closing, closePayload(1012, "")), nil, 1012},
		"close without code":      {frame(fin|closing, ""), nil, 1005},
		"close with one byte":     {frame(fin|closing, "\x03"), nil, 4400},
		"close with 1005":         {frame(fin|closing, closePayload(1005, "")), nil, 4400},
		"close with 999":          {frame(fin|closing, closePayload(999, "")), nil, 4400},
		"close with 5000":         {frame(fin|closing, closePayload(5000, "")), nil, 4400},
		"close, bad UTF-8":        {frame(fin|closing, closePayload(1000, "\xff")), nil, 4400},
	} {
		for _, early := range []bool{false, true} { // with the handshake, or behind it
			t.Run(fmt.Sprint(name, ", early: ", early), func(t *testing.T) {
				w.t = t
				sent := [2]string{c.sent}
				if early {
					sent = [2]string{"", c.sent}
				}
				conn, r := w.upgraded(sent[1])
				_, _ = io.WriteString(conn, sent[0])
				for _, want := range c.messages {
					if _, got := readFrame(t, r); got != want {
						t.Fatalf("got %q, want %q", got, want)
					}
				}
				if c.code != 0 {
					wantClose(t, r, c.code)
					if c.code < 1006 || c.code == 4999 || c.code == 1012 { // an answer to the client's own
						if _, err := r.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
							t.Errorf("not cut: %v", err)
						}
					}
				}
				_ = conn.Close()
			})
		}
	}
	w.t = t
}

// wantClose wants a close frame next. 1005 stands for one without a code.
func wantClose(t *testing.T, r *bufio.Reader, code uint16) {
	t.Helper()
	first, payload := readFrame(t, r)
	got := uint16(1005)
	if len(payload) >= 2 {
		got = binary.BigEndian.Uint16([]byte(payload))
	}
	if first != fin|closing || got != code {
		t.Fatalf("got %x %q, want close %d", first, payload, code)
	}
}

// A peer that never answers the close frame is cut all the same, and what it sends means nothing.
func TestClosingEndsWithoutThePeer(t *testing.T) {
	w := newWorld(t, func(_ *Options, p *tuning) { p.cut = 100 * time.Millisecond })
	conn, r := w.upgraded(frame(fin|text, "nonsense"))
	wantClose(t, r, 4400)
	_, _ = io.WriteString(conn, frame(fin|text, `{"type":"ping"}`)+frame(fin|ping, "x")+
		frame(fin|text, `{"type":"connection_init","payload":{"authorization":"slow"}}`))
	if rest, err := io.ReadAll(r); len(rest) != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the close frame: %q %v", rest, err)
	}
	if len(w.started) > 0 {
		t.Error("somebody is still asked who this is")
	}
}
