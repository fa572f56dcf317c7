//go:build unix

package edge

import (
	"math"
	"syscall"
)

// openFiles is how many files this process may have open. Go has raised the soft limit to the hard one.
func openFiles() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return math.MaxUint64 // not known
	}
	return uint64(limit.Cur) // signed on some systems
}
