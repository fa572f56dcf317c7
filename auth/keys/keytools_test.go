package keys

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// kids are the ids of all keys, the newest first.
func kids(t *testing.T, dir string) []string {
	t.Helper()
	ids := []string{}
	for _, k := range must(List(dir))(t) {
		ids = append(ids, k.ID)
	}
	return ids
}

// left are the files beside the database, apart from keys.json.
func left(t *testing.T, dir string) []string {
	t.Helper()
	names := []string{}
	for _, entry := range must(os.ReadDir(dir))(t) {
		if !strings.HasPrefix(entry.Name(), "parley.db") && entry.Name() != keyFile {
			names = append(names, entry.Name())
		}
	}
	return names
}

func TestKeysAreListed(t *testing.T) {
	dir := emptyDir(t)
	_, err := List(dir)
	if err == nil || !strings.Contains(err.Error(), "`parley keys add` makes it") {
		t.Errorf("got %v", err)
	}
	before := time.Now().Add(-time.Second)
	first := firstKeys(t, dir).Signer().ID
	second, third := must(Add(dir))(t), must(Add(dir))(t)
	if err := Retire(dir, second); err != nil {
		t.Fatal(err)
	}
	list := must(List(dir))(t)
	for i, want := range []Info{{ID: third, Signs: true}, {ID: second, Retired: &before}, {ID: first}} {
		got := list[i]
		if got.ID != want.ID || got.Signs != want.Signs || (got.Retired != nil) != (want.Retired != nil) {
			t.Errorf("key %d is %+v, want %+v", i, got, want)
		}
		for _, at := range []*time.Time{&got.Made, got.Retired} {
			if at != nil && (at.Before(before.Truncate(time.Second)) || at.After(time.Now())) {
				t.Errorf("key %d: %v", i, at)
			}
		}
	}
	if info := must(os.Stat(filepath.Join(dir, keyFile)))(t); info.Mode() != 0o600 {
		t.Errorf("mode is %v", info.Mode())
	}
}

func TestRefusedChangeOfKeysLeavesTheFile(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	old := must(newStoredKey())(t)
	old.Retired = &now
	good := must(newStoredKey())(t)
	broken := good
	broken.Secret = example // of another id
	add := func(dir string) error { _, err := Add(dir); return err }
	retire := func(kid string) func(string) error { return func(dir string) error { return Retire(dir, kid) } }
	for _, c := range []struct {
		says   string
		text   string
		mode   os.FileMode
		change func(dir string) error
	}{
		{"no such key", keysJSON(t, old, good), 0o600, retire("0123456789abcdef")},
		{"no such key", keysJSON(t, old, good), 0o600, retire("")},
		{"retired already", keysJSON(t, old, good), 0o600, retire(old.KID)},
		{"the key signs", keysJSON(t, old, good), 0o600, retire(good.KID)},
		{"has the id 917222f4dd55d843", keysJSON(t, broken, good), 0o600, add},
		{"open to group or others", keysJSON(t, good), 0o640, add},
		{"not a list of keys", keysJSON(t, good)[:40], 0o600, add},
		{"not a list of keys", "", 0o600, retire(good.KID)},
	} {
		dir := emptyDir(t)
		path := filepath.Join(dir, keyFile)
		if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		err := c.change(dir)
		if err == nil || !strings.Contains(err.Error(), c.says) || showsSecret(err.Error(), good, broken) {
			t.Errorf("got %v, want %q", err, c.says)
		}
		if text := must(os.ReadFile(path))(t); string(text) != c.text || len(left(t, dir)) != 0 {
			t.Errorf("%s: the file is %d bytes, beside it %v", c.says, len(text), left(t, dir))
		}
		if err := os.Chmod(dir, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := c.change(dir); err == nil || !strings.Contains(err.Error(), "open to group or others") {
			t.Errorf("in an open directory: %v", err)
		}
	}
}

// showsSecret says whether a text holds a good part of a secret.
func showsSecret(text string, keys ...storedKey) bool {
	return slices.ContainsFunc(keys, func(k storedKey) bool { return strings.Contains(text, k.Secret[:12]) })
}

func TestKeysAddedAtOnceAreAllThere(t *testing.T) {
	dir := emptyDir(t)
	first := firstKeys(t, dir).Signer().ID
	made := atOnce(t, 20, func(i int) string {
		if i%4 == 3 { // who reads meanwhile reads a whole file
			_ = must(Open(dir, false, unused))(t)
		}
		return must(Add(dir))(t)
	})
	all := kids(t, dir)
	for _, kid := range append(made, first) {
		if !slices.Contains(all, kid) {
			t.Errorf("%s is lost", kid)
		}
	}
	if len(all) != 21 || len(left(t, dir)) != 0 {
		t.Errorf("%d keys, and %v", len(all), left(t, dir))
	}
}

// Keys were added while a server made its first one: the file that was renamed over the server's
// did not hold it, so at the next start everybody was signed out.
func TestFirstStartBesideAddKeyKeepsItsKey(t *testing.T) {
	for range 100 {
		dir := emptyDir(t)
		signers := atOnce(t, 4, func(i int) string {
			if i%2 == 0 {
				return must(Add(dir))(t)
			}
			return must(Open(dir, false, unused))(t).Signer().ID
		})
		all := kids(t, dir)
		for _, kid := range signers {
			if !slices.Contains(all, kid) {
				t.Fatalf("%s is lost: %v", kid, all)
			}
		}
	}
}

func TestListOfKeysShowsNoSecret(t *testing.T) {
	dir := emptyDir(t)
	ring := firstKeys(t, dir)
	must(Add(dir))(t)
	var stored []storedKey
	text := must(os.ReadFile(filepath.Join(dir, keyFile)))(t)
	if err := json.Unmarshal(text, &stored); err != nil || !showsSecret(string(text), stored...) {
		t.Fatalf("the secrets are not where they are looked for: %v", err)
	}
	list := must(List(dir))(t)
	var printed bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&printed, verb+verb, list, ring)
	}
	printed.Write(must(json.Marshal(list))(t))
	if showsSecret(printed.String(), stored...) {
		t.Errorf("a secret is in %s", printed.String())
	}
}
