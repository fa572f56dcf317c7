package keys

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/machine"
)

// emptyDir is a data directory as a first start finds it.
func emptyDir(t *testing.T) string {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// unused says that no key was ever used.
func unused() (bool, error) { return false, nil }

// firstKeys are those of a first start.
func firstKeys(t *testing.T, dir string) *Ring {
	t.Helper()
	return must(Open(dir, false, unused))(t)
}

func TestFirstStartMakesOneKey(t *testing.T) {
	dir := emptyDir(t)
	kids := count(atOnce(t, 20, func(int) string {
		ring, err := Open(dir, false, unused)
		if err != nil {
			return err.Error()
		}
		return ring.String()
	}))
	if len(kids) != 1 {
		t.Errorf("starts at once read %v", kids)
	}
	info := must(os.Stat(filepath.Join(dir, "keys.json")))(t)
	if info.Mode() != 0o600 {
		t.Errorf("mode is %v", info.Mode())
	}
	for _, entry := range must(os.ReadDir(dir))(t) {
		if strings.HasPrefix(entry.Name(), ".keys") {
			t.Errorf("%s was left behind", entry.Name())
		}
	}
	again := must(Open(dir, false, unused))(t).String()
	if kids[again] != 20 {
		t.Errorf("the next start reads %s", again)
	}
}

func keysJSON(t *testing.T, keys ...storedKey) string {
	return string(must(json.Marshal(keys))(t))
}

func TestKeyFileRefusedAtStart(t *testing.T) {
	made := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	b64 := base64.StdEncoding.EncodeToString
	good := storedKey{KID: "917222f4dd55d843", Secret: example, Made: made}
	retired, short, weak, mixed := good, good, good, good
	retired.Retired = &made
	short.Secret = b64([]byte("too short a secret"))
	weak.Secret = b64(make([]byte, 32))
	mixed.KID = "0123456789abcdef"
	write := func(text string, mode os.FileMode) func(string) error {
		return func(path string) error {
			if err := os.WriteFile(path, []byte(text), mode); err != nil {
				return err
			}
			return os.Chmod(path, mode)
		}
	}
	for _, c := range []struct {
		name, says string
		lay        func(path string) error
	}{
		{"group", "open to group or others (mode 0640)", write(keysJSON(t, good), 0o640)},
		{"others", "open to group or others (mode 0604)", write(keysJSON(t, good), 0o604)},
		{"directory", "open to group or others", func(path string) error { return os.Chmod(filepath.Dir(path), 0o755) }},
		{"folder", "not a regular file", func(path string) error { return os.Mkdir(path, 0o700) }},
		{"link", "not a regular file", func(path string) error {
			return os.Symlink("elsewhere.json", path)
		}},
		{"empty", "not a list of keys", write("", 0o600)},
		{"no key", "no key in it", write("[]", 0o600)},
		{"two values", "not a list of keys", write("[] []", 0o600)},
		{"typo", "not a list of keys", write(`[{"kid":"a","retierd":"2030-01-02T03:04:05Z"}]`, 0o600)},
		{"short", "18 bytes", write(keysJSON(t, short), 0o600)},
		{"repeated", "1 different bytes", write(keysJSON(t, weak), 0o600)},
		{"wrong id", "has the id 917222f4dd55d843", write(keysJSON(t, mixed), 0o600)},
		{"retired", "the newest key, 917222f4dd55d843, is retired", write(keysJSON(t, retired), 0o600)},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := emptyDir(t)
			if err := c.lay(filepath.Join(dir, "keys.json")); err != nil {
				t.Fatal(err)
			}
			ring, err := Open(dir, false, unused)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), dir) {
				t.Errorf("got %v, %v, want %q", ring, err, c.says)
			}
		})
	}
}

func TestKeyFileOfAnotherOwnerIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		machine.Lacks(t, "only root can give a file away")
	}
	dir := emptyDir(t)
	firstKeys(t, dir)
	if err := os.Chown(filepath.Join(dir, "keys.json"), 65534, -1); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, false, unused); err == nil || !strings.Contains(err.Error(), "another user") {
		t.Errorf("got %v", err)
	}
}

// Nodes that each make a key up would refuse each other's tokens, and a new key instead of a lost one would sign
// everybody out.
func TestNoKeyIsMadeUp(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		shared bool
		used   func() (bool, error)
		says   string
	}{
		{true, unused, "PARLEY_SIGNING_KEY: with Postgres"},
		{false, func() (bool, error) { return true, nil }, "put keys.json back"},
		{false, func() (bool, error) { return false, boom }, "boom"},
	} {
		dir := emptyDir(t)
		if _, err := Open(dir, c.shared, c.used); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want %q", err, c.says)
		}
		if made := must(os.ReadDir(dir))(t); len(made) != 0 {
			t.Errorf("made %v", made)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "nowhere"), true, unused); !errors.Is(err, errNoSharedKey) {
		t.Errorf("without a directory: %v", err)
	}
}

// A volume that belongs to a group, as Kubernetes gives it to a pod's fsGroup, is open to that group.
func TestVolumeOfAGroup(t *testing.T) {
	if os.Geteuid() != 0 {
		machine.Lacks(t, "only root can give directories away")
	}
	const foreign, mine = 54321, 0
	groups := must(os.Getgroups())(t)
	if os.Getegid() != mine || slices.Contains(groups, foreign) {
		machine.Lacks(t, fmt.Sprintf("root is in the groups %v", groups))
	}
	for _, c := range []struct {
		name      string
		group     int // of the directory
		dir, file os.FileMode
		owner     int // of the file
		says      string
	}{
		{"as Kubernetes makes it", mine, os.ModeSetgid | 0o770, 0o660, 0, ""},
		{"a pod of another user before", mine, os.ModeSetgid | 0o770, 0o660, 65534, ""},
		{"a file for its owner alone", mine, os.ModeSetgid | 0o770, 0o600, 0, ""},
		{"a foreign group", foreign, os.ModeSetgid | 0o770, 0o660, 0, "or let the process have the group of the volume, 54321"},
		{"others in the directory", mine, os.ModeSetgid | 0o775, 0o660, 0, "run: chmod o= '"},
		{"others in the file", mine, os.ModeSetgid | 0o770, 0o664, 0, "run: chmod o= '"},
		{"no volume of a group", mine, 0o770, 0o600, 0, "run: chmod go= '"},
		{"a file in no such volume", mine, 0o700, 0o660, 0, "run: chmod go= '"},
		{"of another, and no volume", mine, 0o700, 0o600, 65534, "run: chown 0 '"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := emptyDir(t)
			firstKeys(t, dir)
			file := filepath.Join(dir, keyFile)
			err := errors.Join(os.Chown(dir, 0, c.group), os.Chmod(dir, c.dir), os.Chown(file, c.owner, c.group), os.Chmod(file, c.file))
			if err != nil {
				t.Fatal(err)
			}
			_, err = Open(dir, false, unused)
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}
