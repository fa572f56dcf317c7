package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// After all kinds of sign-in, right and wrong, no password, token or key is in the database, its WAL
// or the log.
func TestNoSecretIsKept(t *testing.T) {
	dir := dataDir(t)
	s := startServer(t, config(t, dir, "--refresh-reuse-window", "0s"))
	const password, fresh, wrong = "correct horse battery", "entirely-new-secret-41", "a-wrong-guess-42"
	ann, refresh := s.register("ann")
	one := s.signIn("ann", password)
	s.login("ann", wrong)
	s.login(wrong, wrong)
	next, _ := s.refresh(one.RefreshToken, "an-idempotency-key")
	s.refresh(one.RefreshToken, "")
	s.ask(ann, `mutation { changePassword(currentPassword: "`+password+`", newPassword: "`+fresh+`") { id } }`)
	s.post(`{"query":"{ me { username } }"}`, "Authorization", "Basic "+wrong)
	if text, err := os.ReadFile(filepath.Join(dir, "keys.json")); err != nil || len(text) == 0 {
		t.Fatal(err)
	}
	secrets := []string{password, fresh, wrong, ann, refresh, one.AccessToken, one.RefreshToken, next.AccessToken, next.RefreshToken, secretsOf(t, dir)[0], "an-idempotency-key"}
	scan := func() {
		files, err := filepath.Glob(filepath.Join(dir, "parley.db*"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range secrets {
				if secret == "" || bytes.Contains(content, []byte(secret)) {
					t.Errorf("%s holds %q", filepath.Base(file), secret)
				}
			}
		}
	}
	scan()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	scan()
	for _, secret := range secrets {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if log := s.log.String(); !strings.Contains(log, "login_failed") || !strings.Contains(log, "refresh_reused") || !strings.Contains(log, "password_changed") {
		t.Errorf("the audit is missing: %s", log)
	}
}

// secretsOf are the root secrets in keys.json, as they stand there.
func secretsOf(t *testing.T, dir string) (secrets []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	var keys []struct{ Secret string }
	if err := json.Unmarshal(text, &keys); err != nil || len(keys) == 0 {
		t.Fatalf("keys.json holds %d keys, %v", len(keys), err)
	}
	for _, k := range keys {
		secrets = append(secrets, k.Secret)
	}
	return secrets
}
