//go:build unix

package disk

import (
	"errors"
	"os"
)

// SyncDir puts the names in a directory on disk.
func SyncDir(dir string) (err error) {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Sync()
}
