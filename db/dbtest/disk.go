package dbtest

import (
	"fmt"
	"os/exec"
	"testing"

	"parley/children"
	"parley/machine"
)

// SmallDisk is an empty file system of a size ("4m") in memory, until the test is over.
func SmallDisk(t testing.TB, size string) (dir string) {
	t.Helper()
	dir, err := children.Folder("", "disk")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mount(t, dir, "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir))
	return dir
}

// ReadOnly makes a file or a directory read-only, for root too, until writable.
func ReadOnly(t testing.TB, path string) (writable func()) {
	t.Helper()
	writable = mount(t, path, "--bind", path, path)
	mount(t, path, "-o", "remount,bind,ro", path)
	return writable
}

// mount runs mount with arguments; unmount ends it, and whoever still has a file open keeps it.
func mount(t testing.TB, path string, args ...string) (unmount func()) {
	t.Helper()
	command := []string{"umount", "-l", path}
	if err := children.Undo(command...); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mount", args...).CombinedOutput(); err != nil {
		machine.Lacks(t, fmt.Sprintf("a file system cannot be mounted here: run the tests as root on Linux (%s)", out))
	}
	return func() { _ = exec.Command(command[0], command[1:]...).Run() }
}
