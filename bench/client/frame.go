package client

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Kinds of frames (RFC 6455 §5.2).
const (
	TextFrame  = 1
	CloseFrame = 8
	PingFrame  = 9
	PongFrame  = 10
)

// maxFrame is the longest message that any server here has a reason to send.
const maxFrame = 1 << 20

// A frame is one whole message of a server.
type frame struct {
	Kind    byte
	Payload []byte
}

// CutFrame takes the first frame off b, whose bytes it shares. rest is b when there is no whole one yet.
// Messages in pieces are refused: none of the servers sends them.
func CutFrame(b []byte) (f frame, rest []byte, err error) {
	if len(b) < 2 {
		return f, b, nil
	}
	head, length := 2, uint64(b[1])
	switch {
	case b[0]&0xf0 != 0x80:
		return f, b, fmt.Errorf("a frame begins with %#x: a piece of a message, or compressed", b[0])
	case length == 126 && len(b) >= 4:
		head, length = 4, uint64(binary.BigEndian.Uint16(b[2:]))
	case length == 127 && len(b) >= 10:
		head, length = 10, binary.BigEndian.Uint64(b[2:])
	case length == 126 || length == 127:
		return f, b, nil
	case length > 127:
		return f, b, errors.New("a frame from the server is masked")
	}
	if length > maxFrame {
		return f, b, fmt.Errorf("a frame of %d bytes", length)
	}
	end := head + int(length)
	if len(b) < end {
		return f, b, nil
	}
	return frame{b[0] & 0xf, b[head:end]}, b[end:], nil
}

// EncodeFrame is a message as a client sends it. Its mask is zero, which is allowed and changes no byte:
// masks protect proxies from what a page in a browser sends.
func EncodeFrame(kind byte, payload []byte) []byte {
	const masked = 0x80
	b := make([]byte, 0, len(payload)+14)
	b = append(b, 0x80|kind)
	switch n := len(payload); {
	case n < 126:
		b = append(b, masked|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, masked|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, masked|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}
