package server

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// A framing is bytes of a client, what the server answers, and how it ends.
type framing struct {
	sent string
	want []string // messages and pongs, in order
	code int      // of the close frame; 0: the socket stays open
}

const (
	initText = `{"type":"connection_init"}`
	ackText  = `{"type":"connection_ack"}`
	pingText = `{"type":"ping"}`
	pongText = `{"type":"pong"}`
)

// lengthAs is a frame whose length is written in so many bytes, needed or not.
func lengthAs(bytes int, payload string) string {
	head := "\x81"
	switch n := len(payload); bytes {
	case 1:
		head += string([]byte{0x80 | byte(n)})
	case 2:
		head += "\xfe" + string([]byte{byte(n >> 8), byte(n)})
	case 8:
		head += "\xff\x00\x00\x00\x00\x00" + string([]byte{byte(n >> 16), byte(n >> 8), byte(n)})
	}
	return head + "\x01\x02\x03\x04" + masked(payload)
}

// pingOf is a ping message of exactly so many bytes, and its answer.
func pingOf(n int) (message, answer string) {
	filling := strings.Repeat("x", n-len(`{"type":"ping","payload":""}`))
	return `{"type":"ping","payload":"` + filling + `"}`, `{"type":"pong","payload":"` + filling + `"}`
}

// cutUp is a text message in fragments of one byte.
func cutUp(message string) string {
	var b strings.Builder
	for i := range len(message) {
		first := byte(opMore)
		if i == 0 {
			first = opText
		}
		if i == len(message)-1 {
			first |= finBit
		}
		b.WriteString(frame(first, message[i:i+1]))
	}
	return b.String()
}

var framings = map[string]framing{
	"a text":                            {frame(finBit|opText, initText), []string{ackText}, 0},
	"two texts at once":                 {frame(finBit|opText, pingText) + frame(finBit|opText, pingText), []string{pongText, pongText}, 0},
	"mask of zeros":                     {"\x81\x9a\x00\x00\x00\x00" + initText, []string{ackText}, 0},
	"mask of ones":                      {"\x81\x9a\xff\xff\xff\xff" + inverted(initText), []string{ackText}, 0},
	"two fragments":                     {frame(opText, initText[:5]) + frame(finBit|opMore, initText[5:]), []string{ackText}, 0},
	"fragments of a byte":               {cutUp(initText), []string{ackText}, 0},
	"empty fragments":                   {frame(opText, "") + frame(opMore, initText) + frame(opMore, "") + frame(finBit|opMore, ""), []string{ackText}, 0},
	"each fragment has its own mask":    {"\x01\x82\x00\x00\x00\x00" + initText[:2] + frame(finBit|opMore, initText[2:]), []string{ackText}, 0},
	"a ping between fragments":          {frame(opText, initText[:5]) + frame(finBit|opPing, "now") + frame(finBit|opMore, initText[5:]), []string{"now", ackText}, 0},
	"a pong between fragments":          {frame(opText, initText[:5]) + frame(finBit|opPong, "now") + frame(finBit|opMore, initText[5:]), []string{ackText}, 0},
	"a close between fragments":         {frame(opText, initText[:5]) + frame(finBit|opClose, closePayload(1000, "")), nil, 1000},
	"several pings":                     {frame(finBit|opPing, "1") + frame(finBit|opPing, "") + frame(finBit|opPing, "3"), []string{"1", "", "3"}, 0},
	"ping of 125 bytes":                 {frame(finBit|opPing, strings.Repeat("x", 125)), []string{strings.Repeat("x", 125)}, 0},
	"ping of bytes that are no text":    {frame(finBit|opPing, "\xff\x00\xfe"), []string{"\xff\x00\xfe"}, 0},
	"pong that nobody asked for":        {frame(finBit|opPong, "x"), nil, 0},
	"ping of 126 bytes":                 {frame(finBit|opPing, strings.Repeat("x", 126)), nil, 4400},
	"pong of 126 bytes":                 {frame(finBit|opPong, strings.Repeat("x", 126)), nil, 4400},
	"close of 126 bytes":                {frame(finBit|opClose, closePayload(1000, strings.Repeat("x", 124))), nil, 4400},
	"ping in fragments":                 {frame(opPing, "x"), nil, 4400},
	"pong in fragments":                 {frame(opPong, "x"), nil, 4400},
	"close in fragments":                {frame(opClose, closePayload(1000, "")), nil, 4400},
	"text, no mask":                     {"\x81\x1a" + initText, nil, 4400},
	"ping, no mask":                     {"\x89\x00", nil, 4400},
	"close, no mask":                    {"\x88\x02\x03\xe8", nil, 4400},
	"first reserved bit: compressed":    {frame(finBit|0x40|opText, initText), nil, 4400},
	"second reserved bit":               {frame(finBit|0x20|opText, initText), nil, 4400},
	"third reserved bit":                {frame(finBit|0x10|opText, initText), nil, 4400},
	"reserved bit of a ping":            {frame(finBit|0x40|opPing, ""), nil, 4400},
	"reserved bit of a fragment":        {frame(opText, initText[:5]) + frame(finBit|0x40|opMore, initText[5:]), nil, 4400},
	"binary":                            {frame(finBit|opBinary, initText), nil, 4400},
	"binary in fragments":               {frame(opBinary, initText[:5]) + frame(finBit|opMore, initText[5:]), nil, 4400},
	"opcode 3":                          {frame(finBit|3, initText), nil, 4400},
	"opcode 7":                          {frame(finBit|7, ""), nil, 4400},
	"opcode 11":                         {frame(finBit|11, ""), nil, 4400},
	"opcode 15":                         {frame(finBit|15, ""), nil, 4400},
	"continuation of nothing":           {frame(finBit|opMore, initText), nil, 4400},
	"continuation of a whole text":      {frame(finBit|opText, pingText) + frame(finBit|opMore, "x"), []string{pongText}, 4400},
	"text within fragments":             {frame(opText, initText[:5]) + frame(finBit|opText, initText), nil, 4400},
	"binary within fragments":           {frame(opText, initText[:5]) + frame(finBit|opBinary, ""), nil, 4400},
	"UTF-8 cut between fragments":       {frame(opText, "{\"type\":\"ping\",\"payload\":\"\xf0\x9f") + frame(opMore, "\x98") + frame(finBit|opMore, "\x80\"}"), []string{`{"type":"pong","payload":"😀"}`}, 0},
	"UTF-8 and a ping in it":            {frame(opText, "{\"type\":\"ping\",\"payload\":\"\xc3") + frame(finBit|opPing, "\xa4") + frame(finBit|opMore, "\xa4\"}"), []string{"\xa4", `{"type":"pong","payload":"ä"}`}, 0},
	"UTF-8 cut off":                     {frame(finBit|opText, "{\"type\":\"ping\",\"payload\":\"\xc3"), nil, 4400},
	"UTF-8 cut off in a string":         {frame(finBit|opText, "{\"type\":\"ping\",\"payload\":\"\xc3\"}"), nil, 4400},
	"UTF-8 that cannot be":              {frame(finBit|opText, "{\"type\":\"ping\",\"payload\":\"\xff\"}"), nil, 4400},
	"UTF-8 too long":                    {frame(finBit|opText, "{\"type\":\"ping\",\"payload\":\"\xc0\xaf\"}"), nil, 4400},
	"UTF-8 of a surrogate":              {frame(finBit|opText, "{\"type\":\"ping\",\"payload\":\"\xed\xa0\x80\"}"), nil, 4400},
	"UTF-8 beyond Unicode":              {frame(finBit|opText, "{\"type\":\"ping\",\"payload\":\"\xf4\x90\x80\x80\"}"), nil, 4400},
	"UTF-8 broken, in a key":            {frame(finBit|opText, "{\"type\":\"ping\",\"\xff\":1}"), nil, 4400},
	"length in one byte":                {lengthAs(1, initText), []string{ackText}, 0},
	"length in two bytes, not needed":   {lengthAs(2, initText), nil, 4400},
	"length in eight bytes, not needed": {lengthAs(8, initText), nil, 4400},
	"negative length":                   {"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04", nil, 4400},
	"a frame announced above the limit": {"\x81\xff\x00\x00\x00\x00\x00\x02\x00\x01\x01\x02\x03\x04", nil, 1009},
	"a fragment announced above it":     {frame(opText, strings.Repeat(" ", 128<<10)) + "\x00\x81\x01\x02\x03\x04", nil, 1009},
	"fragments without end":             {frame(opText, "x") + strings.Repeat(frame(opMore, strings.Repeat(" ", 1<<10)), 128), nil, 1009},
	"close 1000":                        {frame(finBit|opClose, closePayload(1000, "bye")), nil, 1000},
	"close 1001":                        {frame(finBit|opClose, closePayload(1001, "")), nil, 1001},
	"close 1011":                        {frame(finBit|opClose, closePayload(1011, "")), nil, 1011},
	"close 1014":                        {frame(finBit|opClose, closePayload(1014, "")), nil, 1014},
	"close 3000":                        {frame(finBit|opClose, closePayload(3000, "")), nil, 3000},
	"close 4400":                        {frame(finBit|opClose, closePayload(4400, "")), nil, 4400},
	"close 4999":                        {frame(finBit|opClose, closePayload(4999, strings.Repeat("é", 61))), nil, 4999},
	"close without a code":              {frame(finBit|opClose, ""), nil, 1005},
	"close, and a message behind it":    {frame(finBit|opClose, closePayload(1000, "")) + frame(finBit|opText, initText), nil, 1000},
	"close of one byte":                 {frame(finBit|opClose, "\x03"), nil, 4400},
	"close with a broken reason":        {frame(finBit|opClose, closePayload(1000, "\xff")), nil, 4400},
}

func inverted(text string) string {
	b := []byte(text)
	for i := range b {
		b[i] = ^b[i]
	}
	return string(b)
}

// The rules of RFC 6455 for a server, whatever pieces the network makes of the bytes: with the handshake,
// behind it, or one by one.
func TestSocketRulesOfFrames(t *testing.T) {
	s := newServer(t, roomy()...)
	all := map[string]framing{}
	for name, f := range framings {
		all[name] = f
	}
	for _, code := range []uint16{0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535} {
		all[fmt.Sprintf("close %d cannot be sent", code)] = framing{frame(finBit|opClose, closePayload(code, "")), nil, 4400}
	}
	for _, n := range []int{125, 126, 127, 65535, 65536, 128 << 10} {
		message, answer := pingOf(n)
		all[fmt.Sprintf("text of %d bytes", n)] = framing{frame(finBit|opText, message), []string{answer}, 0}
	}
	above, _ := pingOf(128<<10 + 1)
	all["text of a byte above the limit"] = framing{frame(finBit|opText, above), nil, 1009}
	for name, f := range all {
		for _, pieces := range []string{"early", "whole", "bytes"} {
			if pieces == "bytes" && len(f.sent) > 2000 {
				continue
			}
			t.Run(name+", "+pieces, func(t *testing.T) {
				t.Parallel()
				f.play(s.in(t), pieces)
			})
		}
	}
}

func (f framing) play(s *testServer, pieces string) {
	early, whole, bytes := "", "", ""
	switch pieces {
	case "early":
		early = f.sent
	case "whole":
		whole = f.sent
	case "bytes":
		bytes = f.sent
	}
	w := s.bare(early)
	_, _ = io.WriteString(w.conn, whole) // it may be closed within it
	for i := range len(bytes) {
		_, _ = io.WriteString(w.conn, bytes[i:i+1])
	}
	for _, want := range f.want {
		if _, got := w.frame(); got != want {
			s.t.Fatalf("got %.200q, want %.200q", got, want)
		}
	}
	if f.code != 0 {
		w.closed(f.code)
		return
	}
	w.send(frame(finBit|opText, `{"type":"ping","payload":"last"}`))
	if _, got := w.frame(); got != `{"type":"pong","payload":"last"}` {
		s.t.Fatalf("got %.200q behind it", got)
	}
}
