package frame

import (
	"bytes"
	"encoding/json"

	"github.com/gobwas/ws"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"parley/transport/wire"
)

// A Message is what a client sends.
type Message struct {
	Kind    string
	ID      string // empty: none, or no string
	Payload json.RawMessage
}

// ParseMessage reads a message of graphql-transport-ws.
func ParseMessage(text []byte) (Message, bool) {
	fields, ok := wire.ParseObject(text)
	if !ok {
		return Message{}, false
	}
	m := Message{Payload: fields["payload"]}
	given, ok := wire.ReadString(fields["type"], &m.Kind)
	if _, isString := wire.ReadString(fields["id"], &m.ID); !isString {
		m.ID = ""
	}
	return m, given && ok
}

// Messages and frames are compiled whole, so that one write sends one of them.

// Ping is a ping frame.
func Ping() []byte { return ws.MustCompileFrame(ws.NewPingFrame(nil)) }

// Pong answers a ping frame.
func Pong(payload []byte) []byte { return ws.MustCompileFrame(ws.NewPongFrame(payload)) }

func text(payload []byte) []byte { return ws.MustCompileFrame(ws.NewTextFrame(payload)) }

// Ack acknowledges connection_init.
func Ack() []byte { return text([]byte(`{"type":"connection_ack"}`)) }

// PongMessage answers the message ping.
func PongMessage(payload json.RawMessage) []byte {
	if len(payload) == 0 {
		return text([]byte(`{"type":"pong"}`))
	}
	return text(envelope(`{"type":"pong","payload":`, payload))
}

// NextPrefix is each message with a result of an operation, up to its payload.
func NextPrefix(id string) []byte {
	return []byte(`{"id":` + string(wire.MustJSON(id)) + `,"type":"next","payload":`)
}

// Result are the frames of a query's or a mutation's result. It may be large, and is copied once.
func Result(id string, body []byte) []byte {
	prefix, complete := NextPrefix(id), text([]byte(`{"id":`+string(wire.MustJSON(id))+`,"type":"complete"}`))
	b := make([]byte, 0, ws.MaxHeaderSize+len(prefix)+len(body)+1+len(complete))
	return append(AppendNext(b, prefix, body), complete...)
}

// Errors ends an operation with errors.
func Errors(id string, errs gqlerror.List) []byte {
	return text(envelope(`{"id":`+string(wire.MustJSON(id))+`,"type":"error","payload":`, wire.MustJSON(errs)))
}

func envelope(head string, payload []byte) []byte {
	b := make([]byte, 0, len(head)+len(payload)+1)
	return append(append(append(b, head...), payload...), '}')
}

// AppendNext appends a message with a result as a frame.
func AppendNext(b, prefix, body []byte) []byte {
	b = appendHeader(b, len(prefix)+len(body)+1)
	b = append(b, prefix...)
	b = append(b, body...)
	return append(b, '}')
}

// appendHeader appends the header of a text frame.
func appendHeader(b []byte, length int) []byte {
	const final = 0x80 | byte(ws.OpText)
	switch {
	case length <= 125:
		return append(b, final, byte(length))
	case length <= 0xffff:
		return append(b, final, 126, byte(length>>8), byte(length))
	}
	b = append(b, final, 127)
	for shift := 56; shift >= 0; shift -= 8 {
		b = append(b, byte(length>>shift))
	}
	return b
}

// Begun is how much is left of the frame that has begun to leave, when n more bytes of whole frames have left
// and first bytes belonged to a frame that had begun before.
func Begun(b []byte, first, n int) int {
	end := first
	for end < n {
		end += frameLength(b[end:])
	}
	return end - n
}

// frameLength is the length of an unmasked frame (RFC 6455 §5.2).
func frameLength(b []byte) int {
	h, err := ws.ReadHeader(bytes.NewReader(b))
	if err != nil {
		panic("frame: a frame of ours has no header: " + err.Error())
	}
	return ws.HeaderSize(h) + int(h.Length)
}
