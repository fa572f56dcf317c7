package transport

import (
	"sync"
	"time"
)

// inputBytes is how much is read at once.
const inputBytes = 16 << 10

var inputs = sync.Pool{New: func() any { return new([inputBytes]byte) }}

// An input reads what a peer sends. While the socket is silent it holds no buffer: one is taken when there
// is something to read.
type input struct {
	s      *socket
	unread []byte
	buffer *[inputBytes]byte // that unread lies in; nil: in none of ours
}

func (in *input) Read(p []byte) (int, error) {
	if len(in.unread) == 0 {
		if err := in.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, in.unread)
	if in.unread = in.unread[n:]; len(in.unread) == 0 {
		in.release()
	}
	return n, nil
}

// fill waits for the next bytes.
func (in *input) fill() (err error) {
	n := 0
	if raw := in.s.raw; raw != nil {
		in.buffer, n, err = raw.read()
	} else {
		in.buffer = inputs.Get().(*[inputBytes]byte)
		n, err = in.s.conn.Read(in.buffer[:])
	}
	if n == 0 {
		in.release()
		return err
	}
	in.unread = in.buffer[:n]
	in.s.heard.Store(int64(time.Since(in.s.opened)))
	return nil
}

func (in *input) release() {
	in.unread = nil
	if in.buffer != nil {
		inputs.Put(in.buffer)
		in.buffer = nil
	}
}
