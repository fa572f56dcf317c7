//go:build !linux

package transport

import (
	"net"
	"time"
)

// freeWhenDead is not to be had here: the kernel finds out by itself, after minutes.
func freeWhenDead(*net.TCPConn, time.Duration) {}
