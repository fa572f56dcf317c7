package transport

import (
	"net"
	"syscall"
	"time"
)

// userTimeout is TCP_USER_TIMEOUT of tcp(7), which package syscall does not know everywhere.
const userTimeout = 18

// freeWhenDead has the kernel cut a connection whose peer has acknowledged nothing for a while. What is written to a
// peer that has gone without a word stays in the kernel otherwise, for up to a quarter of an hour.
func freeWhenDead(conn *net.TCPConn, unheard time.Duration) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return // the connection is gone
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, userTimeout, int(unheard.Milliseconds()))
	})
}
