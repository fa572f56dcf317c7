//go:build unix

package auth

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkPrivate refuses what is not of that type (0: a regular file), is open to group or others,
// or belongs to somebody else, who could open it again.
func checkPrivate(path string, want fs.FileMode) error {
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("look at keys: %w", err)
	}
	if want == fs.ModeDir { // the data directory may be a link; what it leads to counts
		if info, err = os.Stat(path); err != nil {
			return fmt.Errorf("look at keys: %w", err)
		}
	}
	mode := info.Mode()
	owner, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case mode.Type() != want:
		return fmt.Errorf("%s is not a %s", path, map[bool]string{true: "directory", false: "regular file"}[want == fs.ModeDir])
	case mode.Perm()&0o077 != 0:
		return fmt.Errorf("%s is open to group or others (mode %04o); run: chmod go= '%s'", path, mode.Perm(), path)
	case !ok || int(owner.Uid) != os.Geteuid():
		return fmt.Errorf("%s belongs to another user than the one that runs parley", path)
	}
	return nil
}

// syncDir puts the names in a directory on disk.
func syncDir(dir string) (err error) {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Sync()
}

// lockDir keeps others who call it out until unlock; the end of the process is one too.
func lockDir(dir string) (unlock func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return func() { _ = d.Close() }, nil // which lets go
}
