package server

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/db/dbtest"
)

// After all kinds of sign-in, right and wrong, in a process that is killed and one that ends, no password,
// token or key is in the database, its WAL or what the processes said.
func TestNoSecretIsKept(t *testing.T) {
	dir := dataDir(t)
	p := startProcess(t, dir, "--refresh-reuse-window", "0s")
	secrets := append(signInEveryWay(p), secretsOf(t, dir)...)
	wantNoSecret(t, dir, secrets)
	_ = p.stop() // so the WAL stays
	wantNoSecret(t, dir, secrets)
	said := p.log.String() + mustKeys(t, dir, "add") + mustKeys(t, dir, "list")
	p = startProcess(t, dir)
	last := p.signIn("bob", "correct horse battery")
	secrets = append(secrets, append(secretsOf(t, dir), last.AccessToken, last.RefreshToken)...)
	p.interrupt()
	wantNoSecret(t, dir, secrets)
	said += p.log.String()
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

// signInEveryWay answers the secrets that were sent and received.
func signInEveryWay(p *process) []string {
	p.t.Helper()
	const password, fresh, wrong, attempt = "correct horse battery", "entirely-new-secret-41", "a-wrong-guess-42", "an-idempotency-key-43"
	ann, refresh := p.register("ann")
	bob, bobs := p.register("bob")
	one := p.signIn("ann", password)
	for _, name := range []string{"ann", "nobody", wrong, wrong + " "} { // people type passwords into name fields
		for range 11 {
			p.login(name, wrong)
		}
	}
	p.registerAs(wrong+" ", wrong)
	p.registerAs("ann", wrong)
	next, _ := p.refresh(one.RefreshToken, attempt)
	p.refresh(one.RefreshToken, attempt)
	p.refresh(one.RefreshToken, "")
	p.refresh(wrong, wrong)
	change := func(current string) {
		p.ask(ann, `mutation { changePassword(currentPassword: "`+current+`", newPassword: "`+fresh+`") { id } }`)
	}
	change(wrong)
	change(password)
	p.ask(ann, `mutation { deleteAccount(password: "`+wrong+`") }`)
	p.must(nil, ann, `mutation { deleteAccount(password: "`+fresh+`") }`)
	p.ask(bob, `mutation { deleteAccount(password: "`+wrong+`") `) // not even a document
	p.post(`{"query":"{ me { username } }"}`, "Authorization", "Basic "+wrong)
	p.post(`{"query":"{ me { username } }"}`, "Authorization", "Bearer "+wrong)
	p.dial(wrong).wantClose(4403)
	p.must(nil, "", `mutation { logout(refreshToken: "`+bobs+`") }`)
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
