//go:build unix

package keys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// checkPrivate refuses what is not of that type (0: a regular file), is open to others, or belongs to
// somebody else, who could open it again. Open to a group is what a volume is that belongs to that group (sharedBy):
// whoever writes there may.
func checkPrivate(path string, want fs.FileMode) error {
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("look at keys: %w", err)
	}
	dir := filepath.Dir(path)
	if want == fs.ModeDir { // the data directory may be a link; what it leads to counts
		dir = path
		if info, err = os.Stat(path); err != nil {
			return fmt.Errorf("look at keys: %w", err)
		}
	}
	mode := info.Mode()
	owner, ok := info.Sys().(*syscall.Stat_t)
	if mode.Type() != want || !ok {
		return fmt.Errorf("%s is not a %s", path, map[bool]string{true: "directory", false: "regular file"}[want == fs.ModeDir])
	}
	group, ours := sharedBy(dir)
	shared := ours && owner.Gid == group
	switch {
	case mode.Perm()&0o007 == 0 && shared && (want == 0 || owner.Uid == 0):
		return nil
	case mode.Perm()&0o007 != 0 && shared:
		return fmt.Errorf("%s is open to others (mode %04o); run: chmod o= '%s'", path, mode.Perm(), path)
	case mode.Perm()&0o077 != 0 && !shared:
		orGroup := ""
		if group != 0 && !ours {
			orGroup = fmt.Sprintf(", or let the process have the group of the volume, %d", group)
		}
		return fmt.Errorf("%s is open to group or others (mode %04o); run: chmod go= '%s'%s", path, mode.Perm(), path, orGroup)
	case int(owner.Uid) != os.Geteuid():
		return fmt.Errorf("%s belongs to another user than the one that runs parley; run: chown %d '%s'", path, os.Geteuid(), path)
	}
	return nil
}

// sharedBy is the group of a volume that belongs to one, as Kubernetes gives it to the fsGroup of a pod: a directory whose
// files get its group. ours: it is one of this process's. 0: the directory is none such.
func sharedBy(dir string) (group uint32, ours bool) {
	info, err := os.Stat(dir)
	if err != nil || info.Mode()&fs.ModeSetgid == 0 {
		return 0, false
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	groups, err := os.Getgroups()
	return owner.Gid, int(owner.Gid) == os.Getegid() || err == nil && slices.Contains(groups, int(owner.Gid))
}

// longestLock is how long another process that changes keys is waited for; that takes it a moment.
const longestLock = time.Minute

// lockDir keeps others who call it out until unlock; the end of the process is one too.
func lockDir(dir string) (unlock func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for late := time.Now().Add(longestLock); ; time.Sleep(20 * time.Millisecond) {
		err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return func() { _ = d.Close() }, nil // which lets go
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return nil, errors.Join(fmt.Errorf("%w; its file system must have locks", err), d.Close())
		case time.Now().After(late):
			return nil, errors.Join(errors.New("another process has locked it"), d.Close())
		}
	}
}
