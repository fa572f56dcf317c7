// Package frame speaks the bytes of a WebSocket: it reads messages out of frames and writes messages of
// graphql-transport-ws as frames, over a connection that holds no buffer while it is silent. It knows no operation.
package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"parley/transport/budget"
)

// An Error is a fault of the peer that ends the socket with a code. Nothing after it can be read.
type Error struct{ Code Code }

func (e *Error) Error() string { return fmt.Sprintf("broken frame: close with %d", e.Code) }

// PeerClosed is the peer's close frame. Payload is its code and reason, or empty.
type PeerClosed struct{ Payload []byte }

func (e *PeerClosed) Error() string { return "closed by the peer" }

var errBroken = &Error{CloseBadMessage}

// A Reader reads text messages. It joins fragments, and checks what gobwas/ws leaves to its caller:
// masks, reserved bits, control frames, sizes. Compression is never negotiated. That a message is UTF-8 is
// seen where it is parsed.
type Reader struct {
	From    io.Reader
	Most    int64                // bytes of a message
	Arrival *budget.Arrival      // holds them
	Clock   func() time.Duration // that of Begun
	Pong    func(payload []byte) // answers a ping frame, and may wait
	Idle    func()               // counts a frame that brings nothing, and may wait

	begun atomic.Int64 // when the first byte of the message or the frame came that is coming in; 0: none is
}

// Fragments below this size are counted: a message in many of them costs like many messages.
const smallFragment = 1 << 10

// Next returns the next message. Errors: *Error, *PeerClosed, and those of the connection.
func (f *Reader) Next() ([]byte, error) {
	var message []byte
	state := ws.StateServerSide
	for {
		h, err := f.header(state)
		switch {
		case err != nil:
			return nil, err
		case h.OpCode.IsControl():
			if err := f.control(h, state.Fragmented()); err != nil {
				return nil, err
			}
			continue
		case h.OpCode == ws.OpBinary:
			return nil, errBroken
		case h.Length > f.Most-int64(len(message)):
			return nil, &Error{CloseTooBig}
		}
		limit := f.Most
		if h.Fin {
			limit = int64(len(message)) + h.Length
		}
		if message, err = f.payload(h, message, limit); err != nil {
			return nil, err
		}
		if h.Fin {
			break
		}
		if h.Length < smallFragment {
			f.outsideDeadline(f.Idle)
		}
		state = state.Set(ws.StateFragmented)
	}
	f.begun.Store(0)
	return message, nil
}

// Begun is when the first byte of what is coming in came, by Clock; 0: nothing is.
func (f *Reader) Begun() time.Duration { return time.Duration(f.begun.Load()) }

// header reads the header of a frame. What has begun with its first byte is over when the message is, or when it turns
// out to be a frame outside of one.
func (f *Reader) header(state ws.State) (ws.Header, error) {
	var first [2]byte
	if _, err := io.ReadFull(f.From, first[:1]); err != nil {
		return ws.Header{}, err
	}
	f.begun.CompareAndSwap(0, max(1, int64(f.Clock())))
	if _, err := io.ReadFull(f.From, first[1:]); err != nil {
		return ws.Header{}, err
	}
	h, err := ws.ReadHeader(io.MultiReader(bytes.NewReader(first[:]), f.From))
	if errors.Is(err, ws.ErrHeaderLengthMSB) || errors.Is(err, ws.ErrHeaderLengthUnexpected) {
		return h, errBroken
	}
	if err == nil && (ws.CheckHeader(h, state) != nil || !isShortest(first[1]&0x7f, h.Length)) {
		return h, errBroken
	}
	return h, err
}

// outsideDeadline does what may wait for the socket's rate. The client has its time all the same.
func (f *Reader) outsideDeadline(do func()) {
	before := f.Clock()
	do()
	if f.begun.Load() != 0 {
		f.begun.Add(int64(f.Clock() - before))
	}
}

// isShortest tells whether a length is written as short as it can be, which gobwas/ws does not ask (RFC
// 6455 §5.2). form is the length in the second byte, or 126 and 127 for two and eight bytes more.
func isShortest(form byte, length int64) bool {
	return form < 126 || form == 126 && length > 125 || length > 0xffff
}

// payload appends the payload of a frame.
func (f *Reader) payload(h ws.Header, to []byte, limit int64) ([]byte, error) {
	before := len(to)
	to, err := f.Arrival.Receive(f.From, to, h.Length, limit)
	if err != nil {
		return nil, err
	}
	ws.Cipher(to[before:], h.Mask, 0)
	return to, nil
}

func (f *Reader) control(h ws.Header, within bool) error {
	payload, err := f.payload(h, nil, h.Length)
	if err != nil {
		return err
	}
	if !within {
		f.begun.Store(0)
	}
	switch h.OpCode {
	case ws.OpPing:
		f.outsideDeadline(func() { f.Pong(payload) })
	case ws.OpPong:
		f.outsideDeadline(f.Idle)
	case ws.OpClose:
		if !validClose(payload) {
			return errBroken
		}
		return &PeerClosed{payload}
	}
	return nil
}

// validClose checks the payload of a close frame (RFC 6455 §5.5.1, §7.4). ws.CheckCloseFrameData does not
// know the registered codes 1012 to 1014, and takes those from 5000 on.
func validClose(payload []byte) bool {
	if len(payload) < 2 {
		return len(payload) == 0
	}
	if !utf8.Valid(payload[2:]) {
		return false
	}
	switch code := binary.BigEndian.Uint16(payload); {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014, code >= 3000 && code <= 4999:
		return true
	}
	return false
}
