package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// KeepPrivate lets nobody but their owner open a database of SQLite and what lies beside it. SQLite makes its other
// files with the mode that the database has. No file that is there is opened: the end of that would end the
// locks that this process holds on it.
func KeepPrivate(path string, logger *slog.Logger) error {
	target, err := linked(path)
	if err != nil {
		return fmt.Errorf("look for the database: %w", err)
	}
	if err := CreatePrivate(target); err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(path) // beside which the others lie
	if err != nil {
		return fmt.Errorf("look for the database: %w", err)
	}
	for _, file := range []string{real, real + "-wal", real + "-shm", path + "-migrate"} {
		info, err := os.Stat(file)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode().Perm()&0o077 == 0 {
			continue
		}
		if err == nil {
			err = os.Chmod(file, 0o600)
		}
		if err != nil {
			logger.Warn("a file of the database is open to others", "file", file, "error", err)
			continue
		}
		logger.Info("a file of the database was open to others", "file", file, "mode", info.Mode().Perm().String(), "now", "-rw-------")
	}
	return nil
}

// CreatePrivate makes an empty file unless there is one.
func CreatePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// linked is where a path leads through symbolic links, whether a file is there or not yet.
func linked(path string) (string, error) {
	for {
		if _, err := filepath.EvalSymlinks(path); !errors.Is(err, fs.ErrNotExist) {
			return path, err
		}
		link, err := os.Readlink(path)
		if err != nil {
			return path, nil // the last one; what is wrong with its directory shows when it is made
		}
		if !filepath.IsAbs(link) {
			link = filepath.Dir(path) + string(filepath.Separator) + link // not cleaned: a .. may follow a link
		}
		path = link
	}
}
