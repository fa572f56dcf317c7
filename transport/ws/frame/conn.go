package frame

import (
	"net"
	"sync"
)

// inputBytes is how much is read at once.
const inputBytes = 16 << 10

var inputs = sync.Pool{New: func() any { return new([inputBytes]byte) }}

// A Conn reads without a buffer while its peer is silent, and writes without waiting. One goroutine at a time reads, and
// one writes.
type Conn struct {
	net.Conn
	raw    *rawConn // the same without waiting; nil where there is none
	heard  func()   // called when bytes have come
	unread []byte
	buffer *[inputBytes]byte // that unread lies in; nil: in none of ours
}

// NewConn takes a connection and what came early, before the peer was read. heard is called whenever bytes have come.
func NewConn(conn net.Conn, early []byte, heard func()) *Conn {
	return &Conn{Conn: conn, raw: newRawConn(conn), heard: heard, unread: early}
}

// TryWrite hands the kernel what it takes now, and returns how much that was: perhaps nothing.
func (c *Conn) TryWrite(b []byte) (int, error) {
	if c.raw == nil || len(b) == 0 {
		return 0, nil
	}
	return c.raw.write(b)
}

func (c *Conn) Read(p []byte) (int, error) {
	if len(c.unread) == 0 {
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.unread)
	if c.unread = c.unread[n:]; len(c.unread) == 0 {
		c.release()
	}
	return n, nil
}

// fill waits for the next bytes.
func (c *Conn) fill() (err error) {
	n := 0
	if c.raw != nil {
		c.buffer, n, err = c.raw.read()
	} else {
		c.buffer = inputs.Get().(*[inputBytes]byte)
		n, err = c.Conn.Read(c.buffer[:])
	}
	if n == 0 {
		c.release()
		return err
	}
	c.unread = c.buffer[:n]
	c.heard()
	return nil
}

func (c *Conn) release() {
	c.unread = nil
	if c.buffer != nil {
		inputs.Put(c.buffer)
		c.buffer = nil
	}
}
