package auth

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
	"parley/e2e/harness/forge"
)

// wantNoStart wants a process to end at once with status 1 and one line that names something.
func wantNoStart(t *testing.T, dir, names string) {
	t.Helper()
	p, addr := harness.TryProcess(t, harness.Environment{}, dir)
	if addr != "" {
		t.Errorf("the server serves at %s", addr)
		return
	}
	if status := p.Exit(); status != harness.ExitFailure {
		t.Errorf("exit status %d", status)
	}
	if text := p.Log.String(); !strings.Contains(text, names) || strings.Count(text, "\n") != 1 {
		t.Errorf("stderr is %q, want one line that names %s", text, names)
	}
	if secrets, err := os.ReadFile(filepath.Join(dir, "keys.json")); err == nil {
		for _, word := range strings.Fields(string(secrets)) {
			if word = strings.Trim(word, `",`); len(word) > 30 && strings.Contains(p.Log.String(), word) {
				t.Errorf("stderr shows %s", word)
			}
		}
	}
}

// usedDir is a data directory with a session, whose access token it returns too.
func usedDir(t *testing.T) (dir, path, token string) {
	t.Helper()
	dir = harness.DataDir(t)
	s := harness.Start(t, harness.Config(t, dir))
	token, _ = s.Register("ann")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, "keys.json"), token
}

// A key file that is not as the server wrote it, or holds a weak key, stops the start with a line that
// names it. Put back as it was, everything works on.
func TestBadKeyFileStopsTheStart(t *testing.T) {
	dir, path, ann := usedDir(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	secret := secretsOf(t, dir)[0]
	with := func(root string) string { // with the id that belongs to it
		kid, err := hkdf.Key(sha256.New, []byte(root), nil, "parley/kid/v1", 8)
		if err != nil {
			t.Fatal(err)
		}
		return `[{"kid": "` + hex.EncodeToString(kid) + `", "secret": "` + base64.StdEncoding.EncodeToString([]byte(root)) + `", "made": "2026-01-02T03:04:05Z", "retired": null}]`
	}
	for what, content := range map[string]string{
		"short": with("0123456789abcdef0123456789abcde"), "repeated": with(strings.Repeat("0123456789abcde", 3)), "another": strings.Replace(string(good), secret, forge.ExampleSecret, 1),
		"not base64": strings.Replace(string(good), secret, "-"+secret, 1), "no JSON": "x", "no list": "{}", "no key": "[]", "empty": "",
		"retired": strings.Replace(string(good), `"retired": null`, `"retired": "2026-01-02T03:04:05Z"`, 1),
	} {
		t.Run(what, func(t *testing.T) {
			replace(t, path, content, 0o600)
			wantNoStart(t, dir, path)
		})
	}
	replace(t, path, string(good), 0o600)
	harness.Start(t, harness.Config(t, dir)).WantCode(ann, "")
}

// Nor does the server start with a file or a directory that others can open, with a file that is somewhere
// else, or without the one whose tokens it has given out.
func TestOpenOrMissingKeyFileStopsTheStart(t *testing.T) {
	dir, path, ann := usedDir(t)
	chmod(t, path, 0o644)
	wantNoStart(t, dir, path)
	chmod(t, path, 0o640)
	wantNoStart(t, dir, path)
	chmod(t, path, 0o600)
	chmod(t, dir, 0o750)
	wantNoStart(t, dir, dir)
	chmod(t, dir, 0o700)
	elsewhere := filepath.Join(t.TempDir(), "keys.json")
	if err := os.Rename(path, elsewhere); err != nil {
		t.Fatal(err)
	}
	if dbtest.OnPostgres() {
		wantNoStart(t, dir, "PARLEY_SIGNING_KEY")
	} else {
		wantNoStart(t, dir, path)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a new key was made")
	}
	if err := os.Symlink(elsewhere, path); err != nil {
		t.Fatal(err)
	}
	wantNoStart(t, dir, path)
	if err := os.Rename(elsewhere, path); err != nil {
		t.Fatal(err)
	}
	harness.Start(t, harness.Config(t, dir)).WantCode(ann, "")
}

// What the line about a missing file offers: a new key, which signs everybody out.
func TestMissingKeysAreMadeAnew(t *testing.T) {
	dir, path, ann := usedDir(t)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	mustKeys(t, dir, "add")
	s := harness.Start(t, harness.Config(t, dir))
	s.WantCode(ann, "UNAUTHENTICATED")
	s.WantCode(s.SignIn("ann", "correct horse battery").AccessToken, "")
}

func replace(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	chmod(t, path, mode)
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
