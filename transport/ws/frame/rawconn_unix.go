//go:build unix

package frame

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// A rawConn reads and writes a connection's descriptor: it reads without a buffer to wait with, and writes
// without waiting. Reads and writes each belong to one goroutine at a time.
type rawConn struct {
	conn syscall.RawConn

	// What write needs lies here, so that a write allocates nothing.
	attempt func(fd uintptr) bool
	b       []byte
	n       int
	err     error
}

// newRawConn returns nil for connections without a descriptor.
func newRawConn(c net.Conn) *rawConn {
	owner, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	conn, err := owner.SyscallConn()
	if err != nil {
		return nil
	}
	raw := &rawConn{conn: conn}
	raw.attempt = raw.try
	return raw
}

// read waits until there is something to read and only then takes a buffer. n is 0 with an error only.
func (c *rawConn) read() (buffer *[inputBytes]byte, n int, err error) {
	waited := c.conn.Read(func(fd uintptr) bool {
		buffer = inputs.Get().(*[inputBytes]byte)
		n, err = retried(func() (int, error) { return syscall.Read(int(fd), buffer[:]) })
		if errors.Is(err, syscall.EAGAIN) {
			inputs.Put(buffer)
			buffer = nil
			return false
		}
		return true
	})
	switch {
	case waited != nil:
		return buffer, 0, waited
	case n > 0:
		return buffer, n, nil
	case err == nil:
		err = io.EOF
	}
	return buffer, 0, err
}

// write hands the kernel what it takes now, and returns how much that was: perhaps nothing.
func (c *rawConn) write(b []byte) (int, error) {
	c.b, c.n, c.err = b, 0, nil
	err := c.conn.Write(c.attempt)
	if err == nil {
		err = c.err
	}
	c.b = nil
	return c.n, err
}

func (c *rawConn) try(fd uintptr) bool {
	n, err := retried(func() (int, error) { return syscall.Write(int(fd), c.b) })
	c.n = max(0, n)
	if !errors.Is(err, syscall.EAGAIN) {
		c.err = err
	}
	return true
}

// retried repeats a call that a signal interrupted.
func retried(call func() (int, error)) (n int, err error) {
	for {
		if n, err = call(); !errors.Is(err, syscall.EINTR) {
			return max(0, n), err
		}
	}
}
