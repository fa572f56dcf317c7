//go:build linux || darwin || freebsd

package db

import (
	"errors"
	"os"
)

// syncDir puts the names in a directory on disk.
func syncDir(dir string) (err error) {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Sync()
}
