//go:build linux || darwin || freebsd

package disk

import (
	"fmt"
	"os"
	"syscall"
)

// Free is how much a process like this one may still write in a directory.
func Free(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// CheckWritable says why a file or a directory cannot be written. Root is told of a file system that is
// read-only.
func CheckWritable(path string) error {
	const write = 2 // W_OK
	if err := syscall.Access(path, write); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return nil
}
