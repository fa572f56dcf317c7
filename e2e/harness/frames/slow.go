package frames

import (
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"parley/e2e/harness"
)

// SmallBuffer is how many bytes the kernel keeps for a client that keeps little.
const SmallBuffer = 16 << 10

// Narrow is a connection whose client keeps little; its time is long.
func Narrow(s *harness.Server) *net.TCPConn {
	s.T.Helper()
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { // before the connection: later the window is open already
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, SmallBuffer)
		})
	}}
	conn, err := dialer.DialContext(s.T.Context(), "tcp", s.Addr)
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(3 * harness.Timeout)) // so that a test ends
	return conn.(*net.TCPConn)
}

// Held is the server's end of a connection as the kernel shows it (proc(5), /proc/net/tcp): whether it is
// open, and the bytes that the client has not taken. The table may lack a line while it changes, so one
// look is not enough.
func Held(s *harness.Server, conn *net.TCPConn) (open bool, unread string) {
	s.T.Helper()
	for range 5 {
		if state, unread := inKernel(s, conn); state != "" {
			return state == "01", unread // established
		}
	}
	return false, ""
}

// inKernel returns the state and the unread bytes of one connection, nothing if it is not in the table.
func inKernel(s *harness.Server, conn *net.TCPConn) (state, unread string) {
	s.T.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		s.T.Fatal(err)
	}
	port := func(a net.Addr) string { return fmt.Sprintf(":%04X", a.(*net.TCPAddr).Port) }
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if strings.HasSuffix(fields[1], port(conn.RemoteAddr())) && strings.HasSuffix(fields[2], port(conn.LocalAddr())) {
			unread, _, _ = strings.Cut(fields[4], ":")
			return fields[3], unread
		}
	}
	return "", ""
}

// IsOpen says whether the server has not closed a connection.
func IsOpen(s *harness.Server, conn *net.TCPConn) bool {
	open, _ := Held(s, conn)
	return open
}
