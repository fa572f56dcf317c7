package keys

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parley/db/disk"
)

const keyFile = "keys.json"

// storedKey is one entry of keys.json. The last entry is the newest and signs.
type storedKey struct {
	KID     string     `json:"kid"`
	Secret  string     `json:"secret"` // base64
	Made    time.Time  `json:"made"`
	Retired *time.Time `json:"retired"`
}

// Open reads keys.json in the data directory, and makes it when there is none. It refuses a
// directory or file that others can open, a weak or retired key, and a missing file where keys were used:
// a new key would sign everybody out, and the old one may only be misplaced. Where nodes share a database it makes
// none, because each would make another.
func Open(dir string, shared bool, used func() (bool, error)) (*Ring, error) {
	path := filepath.Join(dir, keyFile)
	err := checkPrivate(dir, fs.ModeDir)
	if errors.Is(err, fs.ErrNotExist) && shared { // nobody has made one, because nothing lies in it
		return nil, errNoSharedKey
	}
	if err != nil {
		return nil, err
	}
	if err := removeUnfinished(dir); err != nil {
		return nil, err
	}
	if _, err = os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if shared {
			return nil, errNoSharedKey
		}
		if err := createUnlessUsed(dir, path, used); err != nil {
			return nil, err
		}
	}
	return readKeys(path)
}

func createUnlessUsed(dir, path string, used func() (bool, error)) error {
	lost, err := used()
	if err != nil {
		return err
	}
	if lost {
		return fmt.Errorf("%s is missing, but there are sessions signed with it; put keys.json back, or run `parley keys add`, which signs everybody out", path)
	}
	if err := createKeys(dir, path); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	return nil
}

// errNoSharedKey: nodes on one database sign with one key, so none of them makes one up.
var errNoSharedKey = errors.New("PARLEY_SIGNING_KEY: with Postgres it must be set to the same value on every node; or put the same keys.json, made by `parley keys add`, in the data directory of each")

func readKeys(path string) (*Ring, error) {
	stored, err := readKeyFile(path)
	if err != nil {
		return nil, err
	}
	ring, err := ringOf(stored)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ring, nil
}

func readKeyFile(path string) ([]storedKey, error) {
	if err := checkPrivate(path, 0); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	var stored []storedKey
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields() // a mistyped "retired" would keep a key alive
	if d.Decode(&stored) != nil || !errors.Is(d.Decode(&struct{}{}), io.EOF) {
		// Not the cause, which may show a secret.
		return nil, fmt.Errorf("%s: not a list of keys as `parley keys` writes it", path)
	}
	return stored, nil
}

// ringOf checks each key that is not retired. It reports no secret.
func ringOf(stored []storedKey) (*Ring, error) {
	if len(stored) == 0 {
		return nil, errors.New("there is no key in it")
	}
	var keys []Key
	for _, s := range slices.Backward(stored) {
		if s.Retired != nil {
			if len(keys) == 0 {
				return nil, fmt.Errorf("the newest key, %s, is retired, so nothing can sign; run `parley keys add`", s.KID)
			}
			continue
		}
		k, err := parseKey(s.Secret)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", s.KID, err)
		}
		if k.ID != s.KID {
			return nil, fmt.Errorf("key %s: the secret beside it has the id %s", s.KID, k.ID)
		}
		keys = append(keys, k)
	}
	return newRing(keys)
}

// createKeys makes keys.json with one new key. It is on disk, whole, before anybody can see it;
// of two processes that start at once the second finds the name taken and reads the first one's.
func createKeys(dir, path string) error {
	unlock, err := lockKeys(dir) // or who adds a key at this moment puts a file without this one over it
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	made, err := newStoredKey()
	if err != nil {
		return err
	}
	temporary, err := writeBeside(dir, []storedKey{made})
	if err != nil {
		return err
	}
	err = disk.Publish(temporary, path)
	_ = os.Remove(temporary)         // another name of the same file, if it is there still
	if errors.Is(err, fs.ErrExist) { // also where nobody is locked out
		return disk.SyncDir(dir)
	}
	return err
}

// lockKeys keeps others who change keys out until unlock. What a process that was killed has left goes: there is a
// Secret in it.
func lockKeys(dir string) (unlock func(), err error) {
	if unlock, err = lockDir(dir); err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	left, err := unfinished(dir)
	for _, path := range left {
		err = errors.Join(err, os.Remove(path))
	}
	if err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// removeUnfinished does that alone. It waits for whoever is just writing one.
func removeUnfinished(dir string) error {
	if left, err := unfinished(dir); len(left) == 0 {
		return err
	}
	unlock, err := lockKeys(dir)
	if err == nil {
		unlock()
	}
	return err
}

// unfinished finds the files of writeBeside.
func unfinished(dir string) (paths []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".keys-") && strings.HasSuffix(e.Name(), ".tmp") {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, err
}

func newStoredKey() (storedKey, error) {
	secret := make([]byte, minSecret)
	_, _ = rand.Read(secret) // never fails, see crypto/rand
	k, err := deriveKey(secret)
	return storedKey{
		KID:    k.ID,
		Secret: base64.StdEncoding.EncodeToString(secret),
		Made:   time.Now().UTC().Truncate(time.Second),
	}, err
}

// writeBeside puts keys on disk under a name that nobody reads, and returns it.
func writeBeside(dir string, keys []storedKey) (path string, err error) {
	text, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, ".keys-"+rand.Text()+".tmp")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(append(text, '\n')); err != nil {
		return "", err
	}
	return path, f.Sync()
}
