package accounts

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/auth"
	"parley/auth/keys"
	"parley/db/dbtest"
)

// restartWithFile restarts the server with the keys of keys.json.
func (n *node) restartWithFile() {
	n.t.Helper()
	n.restart(n.store.Store, must(OpenKeys(n.t.Context(), n.dir, n.store.Store))(n.t))
}

// startWithFile starts a server whose key is in keys.json.
func startWithFile(t *testing.T) *node {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	n := startOn(t, dir, &clock{now: time.Now().UTC()})
	if dbtest.OnPostgres() { // beside which a first start makes none
		must(keys.Add(dir))(t)
	}
	n.restartWithFile()
	return n
}

func TestKeysAreAddedAndRetired(t *testing.T) {
	n := startWithFile(t)
	first := n.ring.Signer().ID
	old := n.signUp("ada")
	second := must(keys.Add(n.dir))(t)
	next := n.signIn("ada") // acts at the next start
	if kid := n.session(next.AccessToken).RefreshKid; kid != first {
		t.Errorf("signed with %s before the restart", kid)
	}
	n.restartWithFile()
	n.wantLive(old.AccessToken)
	next = must(n.refresh(*old.RefreshToken))(t)
	if kid := n.session(next.AccessToken).RefreshKid; kid != second || second == first {
		t.Errorf("signed with %s, want %s", kid, second)
	}

	if err := keys.Retire(n.dir, first); err != nil {
		t.Fatal(err)
	}
	n.wantLive(old.AccessToken)
	n.restartWithFile()
	_, err := n.identify(old.AccessToken)
	wantError(t, err, auth.ErrUnauthenticated)
	_, err = n.refresh(*old.RefreshToken)
	wantReason(t, err, auth.ErrUnauthenticated, auth.ReasonInvalidToken)
	n.wantLive(next.AccessToken)
	must(n.refresh(*next.RefreshToken))(t)
}

func TestAddKeyMakesAFile(t *testing.T) {
	n := start(t)
	n.signUp("ada") // with a key that is lost
	if err := os.Chmod(n.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	kid := must(keys.Add(n.dir))(t)
	n.restartWithFile()
	if got := n.ring.Signer().ID; got != kid || len(n.ring.All()) != 1 {
		t.Errorf("got %v, want %s", n.ring, kid)
	}
}

// A crash in the middle of a change leaves the old keys, and a file that nobody reads and the next start removes.
func TestHalfWrittenKeysGo(t *testing.T) {
	n := startWithFile(t)
	in := n.signUp("ada")
	half := must(os.ReadFile(filepath.Join(n.dir, "keys.json")))(t)[:50]
	name := ".keys-" + strings.Repeat("A", 26) + ".tmp"
	if err := os.WriteFile(filepath.Join(n.dir, name), half, 0o600); err != nil {
		t.Fatal(err)
	}
	n.restartWithFile()
	n.wantLive(in.AccessToken)
	if got := keysLeft(t, n.dir); len(got) > 0 {
		t.Errorf("after a start there are %v", got)
	}
	if err := os.WriteFile(filepath.Join(n.dir, name), half, 0o600); err != nil {
		t.Fatal(err)
	}
	kid := must(keys.Add(n.dir))(t)
	n.restartWithFile()
	n.wantLive(in.AccessToken)
	if all := must(keys.List(n.dir))(t); len(all) != 2 || all[0].ID != kid || len(keysLeft(t, n.dir)) > 0 {
		t.Errorf("keys are %v, and %v", all, keysLeft(t, n.dir))
	}
}

func TestLostKeyFileIsNotReplaced(t *testing.T) {
	n := start(t)
	n.signUp("ada")
	if err := os.Chmod(n.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	says := "put keys.json back"
	if dbtest.OnPostgres() {
		says = "PARLEY_SIGNING_KEY: with Postgres"
	}
	_, err := OpenKeys(t.Context(), n.dir, n.store.Store)
	if err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(n.dir, "keys.json")); !os.IsNotExist(err) {
		t.Errorf("a file was made: %v", err)
	}
}

func TestNewestKeySignsAndRetiredOneDoesNotVerify(t *testing.T) {
	n := start(t)
	old := n.signUp("ada")
	second := base64.StdEncoding.EncodeToString([]byte("0123456789abcdefghijklmnopqrstuv"))
	both := must(keys.Parse(second + "," + example))(t)
	n.restart(n.store.Store, both)
	n.wantLive(old.AccessToken)
	next := must(n.refresh(*old.RefreshToken))(t)
	if kid := n.session(next.AccessToken).RefreshKid; kid != both.Signer().ID {
		t.Errorf("signed with %s", kid)
	}

	n.restart(n.store.Store, must(keys.Parse(second))(t))
	n.wantLive(next.AccessToken)
	_, err := n.identify(old.AccessToken)
	wantError(t, err, auth.ErrUnauthenticated)
	_, err = n.refresh(*old.RefreshToken)
	wantReason(t, err, auth.ErrUnauthenticated, auth.ReasonInvalidToken)
	n.wantLive(next.AccessToken)
}

// keysLeft are the files that a change of keys has left behind.
func keysLeft(t *testing.T, dir string) []string {
	t.Helper()
	return must(filepath.Glob(filepath.Join(dir, ".keys-*")))(t)
}
