package dbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"parley/children"
)

// ErrNoMount means that this machine does not let the test mount a file system.
var ErrNoMount = errors.New("a file system cannot be mounted here: run the tests as root on Linux")

// Disk mounts an empty file system of a size ("4m") in memory. stop removes it.
func Disk(ctx context.Context, size string) (dir string, stop func(), err error) {
	if dir, err = children.Folder("", "disk"); err != nil {
		return "", nil, err
	}
	if err := children.Undo("umount", "-l", dir); err != nil {
		return "", nil, err
	}
	if out, err := exec.CommandContext(ctx, "mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		return "", nil, errors.Join(fmt.Errorf("%w (%s)", ErrNoMount, out), os.Remove(dir))
	}
	return dir, func() {
		_ = exec.Command("umount", "-l", dir).Run() // whoever still has a file open keeps it
		_ = os.Remove(dir)
	}, nil
}

// ReadOnly makes a file or a directory read-only, for root too, until stop.
func ReadOnly(ctx context.Context, path string) (stop func(), err error) {
	if err := children.Undo("umount", "-l", path); err != nil {
		return nil, err
	}
	if out, err := exec.CommandContext(ctx, "mount", "--bind", path, path).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w (%s)", ErrNoMount, out)
	}
	stop = func() { _ = exec.Command("umount", "-l", path).Run() }
	if out, err := exec.CommandContext(ctx, "mount", "-o", "remount,bind,ro", path).CombinedOutput(); err != nil {
		stop()
		return nil, fmt.Errorf("%w (%s)", ErrNoMount, out)
	}
	return stop, nil
}
