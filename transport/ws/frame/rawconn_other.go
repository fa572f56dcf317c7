//go:build !unix

package frame

import "net"

// A rawConn is not to be had here: sockets hold a buffer and writes wait in a goroutine.
type rawConn struct{}

func newRawConn(net.Conn) *rawConn { return nil }

func (*rawConn) read() (*[inputBytes]byte, int, error) { panic("frame: no descriptors") }

func (*rawConn) write([]byte) (int, error) { panic("frame: no descriptors") }
