package keys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"parley/db/disk"
)

// Info is what may be shown of a key.
type Info struct {
	ID      string
	Made    time.Time
	Retired *time.Time // nil: its tokens are good
	Signs   bool       // it is the one that signs new tokens
}

// List reads keys.json in the data directory, the newest key first.
func List(dir string) ([]Info, error) {
	stored, err := readKeyFile(filepath.Join(dir, keyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s yet; `parley keys add` makes it, and beside SQLite the first start", filepath.Join(dir, keyFile))
	}
	if err != nil {
		return nil, err
	}
	list := make([]Info, 0, len(stored))
	for i, k := range slices.Backward(stored) {
		list = append(list, Info{ID: k.KID, Made: k.Made, Retired: k.Retired, Signs: i == len(stored)-1 && k.Retired == nil})
	}
	return list, nil
}

// Add makes a key and returns its id. It signs from the next start of the server on; the others
// still verify. Where there is no keys.json, it makes one.
func Add(dir string) (kid string, err error) {
	err = changeKeys(dir, func(keys []storedKey) ([]storedKey, error) {
		made, err := newStoredKey()
		kid = made.KID
		return append(keys, made), err
	})
	return kid, err
}

// Retire takes a key out of use: from the next start on its tokens are refused. The one that
// signs cannot be retired, because nothing could then sign.
func Retire(dir, kid string) error {
	return changeKeys(dir, func(keys []storedKey) ([]storedKey, error) {
		at := slices.IndexFunc(keys, func(k storedKey) bool { return k.KID == kid })
		switch {
		case at < 0:
			return nil, errors.New("there is no such key; see `parley keys list`")
		case keys[at].Retired != nil:
			return nil, errors.New("the key is retired already")
		case at == len(keys)-1:
			return nil, errors.New("the key signs; make its successor first: parley keys add")
		}
		now := time.Now().UTC().Truncate(time.Second)
		keys[at].Retired = &now
		return keys, nil
	})
}

// changeKeys replaces keys.json as a whole or not at all; of two changes at once the second sees the
// first.
func changeKeys(dir string, change func([]storedKey) ([]storedKey, error)) error {
	if err := checkPrivate(dir, fs.ModeDir); err != nil {
		return err
	}
	unlock, err := lockKeys(dir)
	if err != nil {
		return err
	}
	defer unlock()
	path := filepath.Join(dir, keyFile)
	keys, err := readKeyFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if keys, err = change(keys); err != nil {
		return err
	}
	if _, err := ringOf(keys); err != nil { // what the next start would refuse
		return fmt.Errorf("%s: %w", path, err)
	}
	temporary, err := writeBeside(dir, keys)
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(fmt.Errorf("write keys: %w", err), os.Remove(temporary))
	}
	return disk.SyncDir(dir)
}
