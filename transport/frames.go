package transport

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

// A frameError is a fault of the peer that ends the socket with a code. Nothing after it can be read.
type frameError struct{ code ws.StatusCode }

func (e *frameError) Error() string { return fmt.Sprintf("broken frame: close with %d", e.code) }

// A peerClosed is the peer's close frame. payload is its code and reason, or empty.
type peerClosed struct{ payload []byte }

func (e *peerClosed) Error() string { return "closed by the peer" }

var errBroken = &frameError{closeBadMessage}

// A frameReader reads text messages. It joins fragments, and checks what gobwas/ws leaves to its caller:
// masks, reserved bits, control frames, sizes. Compression is never negotiated. That a message is UTF-8 is
// seen where it is parsed.
type frameReader struct {
	r       io.Reader
	most    int64                // bytes of a message
	arrival *budget.Arrival      // holds them
	clock   func() time.Duration // on which begun lies
	pong    func(payload []byte) // answers a ping frame
	idle    func()               // counts a frame that brings nothing, and may wait

	begun atomic.Int64 // when the first byte of the message or the frame came that is coming in; 0: none is
}

// Fragments below this size are counted: a message in many of them costs like many messages.
const smallFragment = 1 << 10

// next answers the next message. Errors: *frameError, *peerClosed, and those of the connection.
func (f *frameReader) next() ([]byte, error) {
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
		case h.Length > f.most-int64(len(message)):
			return nil, &frameError{closeTooBig}
		}
		limit := f.most
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
			f.aside(f.idle)
		}
		state = state.Set(ws.StateFragmented)
	}
	f.begun.Store(0)
	return message, nil
}

// header reads the header of a frame. What has begun with its first byte is over when the message is, or when it turns
// out to be a frame outside of one.
func (f *frameReader) header(state ws.State) (ws.Header, error) {
	var first [2]byte
	if _, err := io.ReadFull(f.r, first[:1]); err != nil {
		return ws.Header{}, err
	}
	f.begun.CompareAndSwap(0, max(1, int64(f.clock())))
	if _, err := io.ReadFull(f.r, first[1:]); err != nil {
		return ws.Header{}, err
	}
	h, err := ws.ReadHeader(io.MultiReader(bytes.NewReader(first[:]), f.r))
	if errors.Is(err, ws.ErrHeaderLengthMSB) || errors.Is(err, ws.ErrHeaderLengthUnexpected) {
		return h, errBroken
	}
	if err == nil && (ws.CheckHeader(h, state) != nil || !isShortest(first[1]&0x7f, h.Length)) {
		return h, errBroken
	}
	return h, err
}

// aside does what may wait for the socket's rate. The client has its time all the same.
func (f *frameReader) aside(do func()) {
	before := f.clock()
	do()
	if f.begun.Load() != 0 {
		f.begun.Add(int64(f.clock() - before))
	}
}

// isShortest tells whether a length is written as short as it can be, which gobwas/ws does not ask (RFC
// 6455 §5.2). form is the length in the second byte, or 126 and 127 for two and eight bytes more.
func isShortest(form byte, length int64) bool {
	return form < 126 || form == 126 && length > 125 || length > 0xffff
}

// payload appends the payload of a frame.
func (f *frameReader) payload(h ws.Header, to []byte, limit int64) ([]byte, error) {
	before := len(to)
	to, err := f.arrival.Receive(f.r, to, h.Length, limit)
	if err != nil {
		return nil, err
	}
	ws.Cipher(to[before:], h.Mask, 0)
	return to, nil
}

func (f *frameReader) control(h ws.Header, within bool) error {
	payload, err := f.payload(h, nil, h.Length)
	if err != nil {
		return err
	}
	if !within {
		f.begun.Store(0)
	}
	switch h.OpCode {
	case ws.OpPing:
		f.aside(func() { f.pong(payload) })
	case ws.OpPong:
		f.aside(f.idle)
	case ws.OpClose:
		if !validClose(payload) {
			return errBroken
		}
		return &peerClosed{payload}
	}
	return nil
}

// validClose judges the payload of a close frame (RFC 6455 §5.5.1, §7.4). ws.CheckCloseFrameData does not
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

// Frames are compiled whole, so that one write sends one message.

func textFrame(payload []byte) []byte { return ws.MustCompileFrame(ws.NewTextFrame(payload)) }

func pongFrame(payload []byte) []byte { return ws.MustCompileFrame(ws.NewPongFrame(payload)) }

func pingFrame() []byte { return ws.MustCompileFrame(ws.NewPingFrame(nil)) }

func closeFrame(code ws.StatusCode) []byte { return closeFrameSaying(code, reason(code)) }

// closeFrameSaying has a reason of its own, of at most 123 bytes.
func closeFrameSaying(code ws.StatusCode, reason string) []byte {
	return ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, reason)))
}

// echoFrame repeats the code of a close frame, and not its reason.
func echoFrame(payload []byte) []byte {
	return ws.MustCompileFrame(ws.NewCloseFrame(payload[:min(len(payload), 2)]))
}
