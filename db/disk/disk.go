// Package disk keeps files that must last: private to their owner, under their name only when they are whole and on disk,
// and where space is left. It knows no database and no keys.
package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Publish gives the file temp the name file, unless that is taken, and puts the name on disk.
// fs.ErrExist: another has it.
func Publish(temp, file string) error {
	err := os.Link(temp, file) // takes no name that another has taken meanwhile
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(temp, file) // there are file systems without links
	}
	if err != nil {
		return err
	}
	if err := SyncDir(filepath.Dir(file)); err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return nil
}
