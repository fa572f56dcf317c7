package ws

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/frames"
)

// A framing is bytes of a client, what the server answers, and how it ends.
type framing struct {
	sent string
	want []string // messages and pongs, in order
	code int      // of the close frame; 0: the socket stays open
}

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
	return head + "\x01\x02\x03\x04" + frames.Masked(payload)
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
		first := byte(frames.OpMore)
		if i == 0 {
			first = frames.OpText
		}
		if i == len(message)-1 {
			first |= frames.FinBit
		}
		b.WriteString(frames.Frame(first, message[i:i+1]))
	}
	return b.String()
}

var framings = map[string]framing{
	"a text":                            {frames.Frame(frames.FinBit|frames.OpText, frames.InitText), []string{frames.AckText}, 0},
	"two texts at once":                 {frames.Frame(frames.FinBit|frames.OpText, frames.PingText) + frames.Frame(frames.FinBit|frames.OpText, frames.PingText), []string{frames.PongText, frames.PongText}, 0},
	"mask of zeros":                     {"\x81\x9a\x00\x00\x00\x00" + frames.InitText, []string{frames.AckText}, 0},
	"mask of ones":                      {"\x81\x9a\xff\xff\xff\xff" + inverted(frames.InitText), []string{frames.AckText}, 0},
	"two fragments":                     {frames.Frame(frames.OpText, frames.InitText[:5]) + frames.Frame(frames.FinBit|frames.OpMore, frames.InitText[5:]), []string{frames.AckText}, 0},
	"fragments of a byte":               {cutUp(frames.InitText), []string{frames.AckText}, 0},
	"empty fragments":                   {frames.Frame(frames.OpText, "") + frames.Frame(frames.OpMore, frames.InitText) + frames.Frame(frames.OpMore, "") + frames.Frame(frames.FinBit|frames.OpMore, ""), []string{frames.AckText}, 0},
	"each fragment has its own mask":    {"\x01\x82\x00\x00\x00\x00" + frames.InitText[:2] + frames.Frame(frames.FinBit|frames.OpMore, frames.InitText[2:]), []string{frames.AckText}, 0},
	"a ping between fragments":          {frames.Frame(frames.OpText, frames.InitText[:5]) + frames.Frame(frames.FinBit|frames.OpPing, "now") + frames.Frame(frames.FinBit|frames.OpMore, frames.InitText[5:]), []string{"now", frames.AckText}, 0},
	"a pong between fragments":          {frames.Frame(frames.OpText, frames.InitText[:5]) + frames.Frame(frames.FinBit|frames.OpPong, "now") + frames.Frame(frames.FinBit|frames.OpMore, frames.InitText[5:]), []string{frames.AckText}, 0},
	"a close between fragments":         {frames.Frame(frames.OpText, frames.InitText[:5]) + frames.Frame(frames.FinBit|frames.OpClose, frames.ClosePayload(1000, "")), nil, 1000},
	"several pings":                     {frames.Frame(frames.FinBit|frames.OpPing, "1") + frames.Frame(frames.FinBit|frames.OpPing, "") + frames.Frame(frames.FinBit|frames.OpPing, "3"), []string{"1", "", "3"}, 0},
	"ping of 125 bytes":                 {frames.Frame(frames.FinBit|frames.OpPing, strings.Repeat("x", 125)), []string{strings.Repeat("x", 125)}, 0},
	"ping of bytes that are no text":    {frames.Frame(frames.FinBit|frames.OpPing, "\xff\x00\xfe"), []string{"\xff\x00\xfe"}, 0},
	"pong that nobody asked for":        {frames.Frame(frames.FinBit|frames.OpPong, "x"), nil, 0},
	"ping of 126 bytes":                 {frames.Frame(frames.FinBit|frames.OpPing, strings.Repeat("x", 126)), nil, 4400},
	"pong of 126 bytes":                 {frames.Frame(frames.FinBit|frames.OpPong, strings.Repeat("x", 126)), nil, 4400},
	"close of 126 bytes":                {frames.Frame(frames.FinBit|frames.OpClose, frames.ClosePayload(1000, strings.Repeat("x", 124))), nil, 4400},
	"ping in fragments":                 {frames.Frame(frames.OpPing, "x"), nil, 4400},
	"pong in fragments":                 {frames.Frame(frames.OpPong, "x"), nil, 4400},
	"close in fragments":                {frames.Frame(frames.OpClose, frames.ClosePayload(1000, "")), nil, 4400},
	"text, no mask":                     {"\x81\x1a" + frames.InitText, nil, 4400},
	"ping, no mask":                     {"\x89\x00", nil, 4400},
	"close, no mask":                    {"\x88\x02\x03\xe8", nil, 4400},
	"first reserved bit: compressed":    {frames.Frame(frames.FinBit|0x40|frames.OpText, frames.InitText), nil, 4400},
	"second reserved bit":               {frames.Frame(frames.FinBit|0x20|frames.OpText, frames.InitText), nil, 4400},
	"third reserved bit":                {frames.Frame(frames.FinBit|0x10|frames.OpText, frames.InitText), nil, 4400},
	"reserved bit of a ping":            {frames.Frame(frames.FinBit|0x40|frames.OpPing, ""), nil, 4400},
	"reserved bit of a fragment":        {frames.Frame(frames.OpText, frames.InitText[:5]) + frames.Frame(frames.FinBit|0x40|frames.OpMore, frames.InitText[5:]), nil, 4400},
	"binary":                            {frames.Frame(frames.FinBit|frames.OpBinary, frames.InitText), nil, 4400},
	"binary in fragments":               {frames.Frame(frames.OpBinary, frames.InitText[:5]) + frames.Frame(frames.FinBit|frames.OpMore, frames.InitText[5:]), nil, 4400},
	"opcode 3":                          {frames.Frame(frames.FinBit|3, frames.InitText), nil, 4400},
	"opcode 7":                          {frames.Frame(frames.FinBit|7, ""), nil, 4400},
	"opcode 11":                         {frames.Frame(frames.FinBit|11, ""), nil, 4400},
	"opcode 15":                         {frames.Frame(frames.FinBit|15, ""), nil, 4400},
	"continuation of nothing":           {frames.Frame(frames.FinBit|frames.OpMore, frames.InitText), nil, 4400},
	"continuation of a whole text":      {frames.Frame(frames.FinBit|frames.OpText, frames.PingText) + frames.Frame(frames.FinBit|frames.OpMore, "x"), []string{frames.PongText}, 4400},
	"text within fragments":             {frames.Frame(frames.OpText, frames.InitText[:5]) + frames.Frame(frames.FinBit|frames.OpText, frames.InitText), nil, 4400},
	"binary within fragments":           {frames.Frame(frames.OpText, frames.InitText[:5]) + frames.Frame(frames.FinBit|frames.OpBinary, ""), nil, 4400},
	"UTF-8 cut between fragments":       {frames.Frame(frames.OpText, "{\"type\":\"ping\",\"payload\":\"\xf0\x9f") + frames.Frame(frames.OpMore, "\x98") + frames.Frame(frames.FinBit|frames.OpMore, "\x80\"}"), []string{`{"type":"pong","payload":"😀"}`}, 0},
	"UTF-8 and a ping in it":            {frames.Frame(frames.OpText, "{\"type\":\"ping\",\"payload\":\"\xc3") + frames.Frame(frames.FinBit|frames.OpPing, "\xa4") + frames.Frame(frames.FinBit|frames.OpMore, "\xa4\"}"), []string{"\xa4", `{"type":"pong","payload":"ä"}`}, 0},
	"UTF-8 cut off":                     {frames.Frame(frames.FinBit|frames.OpText, "{\"type\":\"ping\",\"payload\":\"\xc3"), nil, 4400},
	"UTF-8 cut off in a string":         {frames.Frame(frames.FinBit|frames.OpText, "{\"type\":\"ping\",\"payload\":\"\xc3\"}"), nil, 4400},
	"UTF-8 that cannot be":              {frames.Frame(frames.FinBit|frames.OpText, "{\"type\":\"ping\",\"payload\":\"\xff\"}"), nil, 4400},
	"UTF-8 too long":                    {frames.Frame(frames.FinBit|frames.OpText, "{\"type\":\"ping\",\"payload\":\"\xc0\xaf\"}"), nil, 4400},
	"UTF-8 of a surrogate":              {frames.Frame(frames.FinBit|frames.OpText, "{\"type\":\"ping\",\"payload\":\"\xed\xa0\x80\"}"), nil, 4400},
	"UTF-8 beyond Unicode":              {frames.Frame(frames.FinBit|frames.OpText, "{\"type\":\"ping\",\"payload\":\"\xf4\x90\x80\x80\"}"), nil, 4400},
	"UTF-8 broken, in a key":            {frames.Frame(frames.FinBit|frames.OpText, "{\"type\":\"ping\",\"\xff\":1}"), nil, 4400},
	"length in one byte":                {lengthAs(1, frames.InitText), []string{frames.AckText}, 0},
	"length in two bytes, not needed":   {lengthAs(2, frames.InitText), nil, 4400},
	"length in eight bytes, not needed": {lengthAs(8, frames.InitText), nil, 4400},
	"negative length":                   {"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04", nil, 4400},
	"a frame announced above the limit": {"\x81\xff\x00\x00\x00\x00\x00\x02\x00\x01\x01\x02\x03\x04", nil, 1009},
	"a fragment announced above it":     {frames.Frame(frames.OpText, strings.Repeat(" ", 128<<10)) + "\x00\x81\x01\x02\x03\x04", nil, 1009},
	"fragments without end":             {frames.Frame(frames.OpText, "x") + strings.Repeat(frames.Frame(frames.OpMore, strings.Repeat(" ", 1<<10)), 128), nil, 1009},
	"close 1000":                        {frames.Frame(frames.FinBit|frames.OpClose, frames.ClosePayload(1000, "bye")), nil, 1000},
	"close 1001":                        {frames.Frame(frames.FinBit|frames.OpClose, frames.ClosePayload(1001, "")), nil, 1001},
	"close 1011":                        {frames.Frame(frames.FinBit|frames.OpClose, frames.ClosePayload(1011, "")), nil, 1011},
	"close 1014":                        {frames.Frame(frames.FinBit|frames.OpClose, frames.ClosePayload(1014, "")), nil, 1014},
	"close 3000":                        {frames.Frame(frames.FinBit|frames.OpClose, frames.ClosePayload(3000, "")), nil, 3000},
	"close 4400":                        {frames.Frame(frames.FinBit|frames.OpClose, frames.ClosePayload(4400, "")), nil, 4400},
	"close 4999":                        {frames.Frame(frames.FinBit|frames.OpClose, frames.ClosePayload(4999, strings.Repeat("é", 61))), nil, 4999},
	"close without a code":              {frames.Frame(frames.FinBit|frames.OpClose, ""), nil, 1005},
	"close, and a message behind it":    {frames.Frame(frames.FinBit|frames.OpClose, frames.ClosePayload(1000, "")) + frames.Frame(frames.FinBit|frames.OpText, frames.InitText), nil, 1000},
	"close of one byte":                 {frames.Frame(frames.FinBit|frames.OpClose, "\x03"), nil, 4400},
	"close with a broken reason":        {frames.Frame(frames.FinBit|frames.OpClose, frames.ClosePayload(1000, "\xff")), nil, 4400},
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
	s := harness.New(t, harness.NoLimits()...)
	all := map[string]framing{}
	for name, f := range framings {
		all[name] = f
	}
	for _, code := range []uint16{0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535} {
		all[fmt.Sprintf("close %d cannot be sent", code)] = framing{frames.Frame(frames.FinBit|frames.OpClose, frames.ClosePayload(code, "")), nil, 4400}
	}
	for _, n := range []int{125, 126, 127, 65535, 65536, 128 << 10} {
		message, answer := pingOf(n)
		all[fmt.Sprintf("text of %d bytes", n)] = framing{frames.Frame(frames.FinBit|frames.OpText, message), []string{answer}, 0}
	}
	above, _ := pingOf(128<<10 + 1)
	all["text of a byte above the limit"] = framing{frames.Frame(frames.FinBit|frames.OpText, above), nil, 1009}
	for name, f := range all {
		for _, pieces := range []string{"early", "whole", "bytes"} {
			if pieces == "bytes" && len(f.sent) > 2000 {
				continue
			}
			t.Run(name+", "+pieces, func(t *testing.T) {
				t.Parallel()
				f.play(frames.ForTest(s, t), pieces)
			})
		}
	}
}

func (f framing) play(s *harness.Server, pieces string) {
	early, whole, bytes := "", "", ""
	switch pieces {
	case "early":
		early = f.sent
	case "whole":
		whole = f.sent
	case "bytes":
		bytes = f.sent
	}
	w := frames.Dial(s, early)
	_, _ = io.WriteString(w.Conn, whole) // it may be closed within it
	for i := range len(bytes) {
		_, _ = io.WriteString(w.Conn, bytes[i:i+1])
	}
	for _, want := range f.want {
		if _, got := w.Frame(); got != want {
			s.T.Fatalf("got %.200q, want %.200q", got, want)
		}
	}
	if f.code != 0 {
		w.Closed(f.code)
		return
	}
	w.Send(frames.Frame(frames.FinBit|frames.OpText, `{"type":"ping","payload":"last"}`))
	if _, got := w.Frame(); got != `{"type":"pong","payload":"last"}` {
		s.T.Fatalf("got %.200q behind it", got)
	}
}
