package auth

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/db/dbtest"
	"parley/e2e/harness"
)

// After all kinds of sign-in, right and wrong, in a process that is killed and one that ends, no password,
// token or key is in the database, its WAL or what the processes said.
func TestNoSecretIsKept(t *testing.T) {
	dir := harness.DataDir(t)
	p := harness.StartProcess(t, dir, "--refresh-reuse-window", "0s")
	secrets := append(signInEveryWay(p), secretsOf(t, dir)...)
	wantNoSecret(t, dir, secrets)
	_ = p.Stop() // so the WAL stays
	wantNoSecret(t, dir, secrets)
	said := p.Log.String() + mustKeys(t, dir, "add") + mustKeys(t, dir, "list")
	p = harness.StartProcess(t, dir)
	last := p.SignIn("bob", "correct horse battery")
	secrets = append(secrets, append(secretsOf(t, dir), last.AccessToken, last.RefreshToken)...)
	p.Interrupt()
	wantNoSecret(t, dir, secrets)
	said += p.Log.String()
	for _, secret := range secrets {
		if strings.Contains(said, secret) {
			t.Errorf("%q was said", secret)
		}
	}
	for _, audited := range []string{
		"registered", "login_ok", "login_failed", "login_limited", "refresh_rotated", "refresh_in_window", "refresh_reused",
		"sessions_ended", "password_changed", "account_deleted",
	} {
		if !strings.Contains(said, `"`+audited+`"`) {
			t.Errorf("the audit has no %s", audited)
		}
	}
}

// signInEveryWay returns the secrets that were sent and received.
func signInEveryWay(p *harness.Process) []string {
	p.T.Helper()
	const password, fresh, wrong, attempt = "correct horse battery", "entirely-new-secret-41", "a-wrong-guess-42", "an-idempotency-key-43"
	ann, refresh := p.Register("ann")
	bob, bobs := p.Register("bob")
	one := p.SignIn("ann", password)
	for _, name := range []string{"ann", "nobody", wrong, wrong + " "} { // people type passwords into name fields
		for range 11 {
			p.Login(name, wrong)
		}
	}
	p.RegisterAs(wrong+" ", wrong)
	p.RegisterAs("ann", wrong)
	next, _ := p.Refresh(one.RefreshToken, attempt)
	p.Refresh(one.RefreshToken, attempt)
	p.Refresh(one.RefreshToken, "")
	p.Refresh(wrong, wrong)
	change := func(current string) {
		p.AskThrough(ann, `mutation { changePassword(currentPassword: "`+current+`", newPassword: "`+fresh+`") { id } }`)
	}
	change(wrong)
	change(password)
	p.AskThrough(ann, `mutation { deleteAccount(password: "`+wrong+`") }`)
	p.Must(nil, ann, `mutation { deleteAccount(password: "`+fresh+`") }`)
	p.AskThrough(bob, `mutation { deleteAccount(password: "`+wrong+`") `) // not even a document
	p.Post(`{"query":"{ me { username } }"}`, "Authorization", "Basic "+wrong)
	p.Post(`{"query":"{ me { username } }"}`, "Authorization", "Bearer "+wrong)
	p.Dial(wrong).WantClose(4403)
	p.Must(nil, "", `mutation { logout(refreshToken: "`+bobs+`") }`)
	return []string{
		password, fresh, wrong, attempt, ann, refresh, bob, bobs,
		one.AccessToken, one.RefreshToken, next.AccessToken, next.RefreshToken,
	}
}

// wantNoSecret looks for secrets in the files of the database.
func wantNoSecret(t *testing.T, dir string, secrets []string) {
	t.Helper()
	if dbtest.OnPostgres() {
		rows, log := dbtest.Dump(t, dir)
		wantNone(t, "the database", rows, secrets)
		wantNone(t, "the log of Postgres", log, secrets)
		return
	}
	files, err := filepath.Glob(filepath.Join(dir, "parley.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		wantNone(t, filepath.Base(file), string(content), secrets)
	}
}

func wantNone(t *testing.T, where, content string, secrets []string) {
	t.Helper()
	for _, secret := range secrets {
		if secret == "" || strings.Contains(content, secret) {
			t.Errorf("%s holds %q", where, secret)
		}
		if at := strings.LastIndex(secret, "."); at > 0 && strings.Contains(content, secret[at+1:]) {
			t.Errorf("%s holds the signature of %q", where, secret)
		}
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
