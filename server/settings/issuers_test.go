package settings

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/auth"
	"parley/auth/issuers"
)

const good = `{"issuer": "https://id.example.org", "audience": ["parley"], "jwks_url": "https://id.example.org/jwks.json"}`

// readFrom reads a file with that text. Beside it lie secrets: good has two, the others are bad.
func readFrom(t *testing.T, text string) ([]issuers.Issuer, error) {
	t.Helper()
	folder := t.TempDir()
	for name, content := range map[string]string{
		"issuers.json": text,
		"good":         strings.Repeat("one", 11) + "\r\n\n" + strings.Repeat("two", 11),
		"empty":        "\n\n",
		"short":        strings.Repeat("s", 31) + "\n",
		"blank":        strings.Repeat("s", 40) + " \n",
		"many":         strings.Repeat(strings.Repeat("s", 40)+"\n", 33),
		"huge":         strings.Repeat("s", 2<<20),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	entries, _, err := (&Config{Issuers: filepath.Join(folder, "issuers.json")}).ReadIssuers()
	return entries, err
}

// A secret that everybody on the machine may read is warned of, and a mark of byte order is no part of it.
func TestSecretsOfAFile(t *testing.T) {
	folder, secret := t.TempDir(), strings.Repeat("s", 40)
	write := func(name, content string, mode os.FileMode) {
		t.Helper()
		file := filepath.Join(folder, name)
		if err := errors.Join(os.WriteFile(file, []byte(content), mode), os.Chmod(file, mode)); err != nil {
			t.Fatal(err)
		}
	}
	c := &Config{Issuers: filepath.Join(folder, "issuers.json")}
	write("issuers.json", "\uFEFF"+`[{"issuer": "app", "audience": ["parley"], "secret_file": "secret"}]`, 0o644)
	for mode, want := range map[os.FileMode]int{0o600: 0, 0o640: 0, 0o644: 1, 0o604: 1} {
		write("secret", "\uFEFF"+secret+"\n", mode)
		entries, warnings, err := c.ReadIssuers()
		if err != nil || len(warnings) != want || !slices.Equal(entries[0].Secrets, []auth.Secret{auth.Secret(secret)}) {
			t.Errorf("mode %04o: %v, warned of %q, %v", mode, entries, warnings, err)
		}
		if want > 0 && (!strings.Contains(warnings[0], "chmod o= '"+filepath.Join(folder, "secret")+"'") || strings.Contains(warnings[0], "ssss")) {
			t.Errorf("mode %04o: warned of %q", mode, warnings)
		}
	}
}

// What is written comes out, and what is not has its default.
func TestReadIssuers(t *testing.T) {
	got, err := readFrom(t, `[`+good+`, {"issuer": "app", "audience": ["a", "b"], "secret_file": "good", "typ": "at+jwt",
		"require": {"hd": "example.org", "verified": true, "level": 3}, "session_lifetime": "12h", "claims": {"username": "login", "image": ""}}]`)
	if err != nil {
		t.Fatal(err)
	}
	first, second := issuers.Defaults(), issuers.Defaults()
	first.Name, first.Audience, first.KeysURL = "https://id.example.org", []string{"parley"}, "https://id.example.org/jwks.json"
	second.Name, second.Audience, second.Type = "app", []string{"a", "b"}, "at+jwt"
	second.Secrets = []auth.Secret{auth.Secret(strings.Repeat("one", 11)), auth.Secret(strings.Repeat("two", 11))}
	second.Require = map[string]any{"hd": "example.org", "verified": true, "level": json.Number("3")}
	second.SessionLifetime = 12 * time.Hour
	second.Claims = issuers.Claims{Username: "login", Name: "name"}
	if want := []issuers.Issuer{first, second}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if none, _, err := (&Config{}).ReadIssuers(); none != nil || err != nil {
		t.Errorf("without a file: %v, %v", none, err)
	}
	if first.SessionLifetime != 7*24*time.Hour || first.Claims != (issuers.Claims{Username: "preferred_username", Name: "name", Image: "picture"}) {
		t.Errorf("the defaults are %+v", first)
	}
	for _, url := range []string{"http://127.0.0.1:8080/keys", "http://localhost/keys?x=y", "http://[::1]:9/", "https://10.0.0.1/keys"} {
		if _, err := readFrom(t, strings.Replace(`[`+good+`]`, "https://id.example.org/jwks.json", url, 1)); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// What cannot be is told in one line with the setting and the entry, and no secret is in it.
func TestWrongIssuers(t *testing.T) {
	with := func(from, to string) string { return `[` + strings.Replace(good, from, to, 1) + `]` }
	more := func(member string) string { return with(`}`, `, `+member+`}`) }
	secret := func(file string) string {
		return `[{"issuer": "app", "audience": ["parley"], "secret_file": "` + file + `"}]`
	}
	const first = "entry 1 (https://id.example.org): "
	for text, want := range map[string]string{
		"":                                      "want a list of objects in JSON",
		"{}":                                    "want a list of objects in JSON",
		"[]":                                    "want a list of objects in JSON",
		"null":                                  "want a list of objects in JSON",
		"[" + good + ",]":                       "want a list of objects in JSON",
		"[" + good + "]]":                       "want a list of objects in JSON",
		"[\"\xff\"]":                            "want a list of objects in JSON",
		strings.Repeat(" ", 2<<20):              "more than 1MiB",
		"[null]":                                "entry 1: want an object",
		`["x"]`:                                 "entry 1: want an object",
		"[{}]":                                  "entry 1: issuer: want a text",
		"[" + good + ", {}]":                    "entry 2: issuer: want a text",
		"[" + good + "," + good + "]":           "entry 2 (https://id.example.org): entry 1 has the same issuer",
		more(`"Issuer": "x"`):                   first + `there is no member "Issuer"`,
		more(`"alg": "none"`):                   first + `there is no member "alg"`,
		more(`"audience": ["x"]`):               first + `"audience": it is given twice`,
		more(`"issuer": "x"`):                   `"issuer": it is given twice`,
		with(`"https://id.example.org",`, `7,`): "entry 1: issuer: want a text",
		with(`"https://id.example.org",`, `null,`):                              "entry 1: issuer: want a text",
		with(`"https://id.example.org",`, `"",`):                                "issuer: want a text of 1 to 255 bytes",
		with(`"https://id.example.org",`, `"`+strings.Repeat("i", 256)+`",`):    "issuer: want a text of 1 to 255 bytes",
		with(`"https://id.example.org",`, `"a\u0000b",`):                        "issuer: want a text of 1 to 255 bytes",
		with(`["parley"]`, `"parley"`):                                          first + "audience: want a list of texts",
		with(`["parley"]`, `[]`):                                                first + "audience: want a list of texts of 1",
		with(`["parley"]`, `null`):                                              first + "audience: want a list of texts",
		with(`["parley"]`, `[null]`):                                            first + "audience: want a list of texts",
		with(`["parley"]`, `["parley", ""]`):                                    first + "audience: want a list of texts of 1",
		with(`, "jwks_url": "https://id.example.org/jwks.json"`, ``):            first + "want exactly one of jwks_url and secret_file",
		more(`"secret_file": "good"`):                                           first + "want exactly one of jwks_url and secret_file",
		with(`"https://id.example.org/jwks.json"`, `""`):                        first + "jwks_url: it is empty",
		with(`"https://id.example.org/jwks.json"`, `"http://id.example.org"`):   first + "jwks_url: want https, or http on this machine",
		with(`"https://id.example.org/jwks.json"`, `"http://127.0.0.1.nip.io"`): first + "jwks_url: want https, or http on this machine",
		with(`"https://id.example.org/jwks.json"`, `"file:///etc/passwd"`):      first + "jwks_url: want an address",
		with(`"https://id.example.org/jwks.json"`, `"https://u:p@id.example"`):  first + "jwks_url: want an address",
		with(`"https://id.example.org/jwks.json"`, `"id.example.org"`):          first + "jwks_url: want an address",
		more(`"typ": "logout+jwt"`):                                             first + "typ: want a type of token",
		more(`"typ": "Application/Logout+JWT"`):                                 first + "typ: want a type of token",
		more(`"typ": ""`):                                                       first + "typ: it is empty",
		with(`"https://id.example.org",`, `"a\nb",`):                            "entry 1: issuer: want a text of 1 to 255 bytes",
		more(`"require": {"a\nb": null}`):                                       first + `require: "a\nb": want`,
		more(`"require": ["hd"]`):                                               first + "require: want an object",
		more(`"require": {"hd": null}`):                                         first + `require: "hd": want a text, a number, true or false`,
		more(`"require": {"hd": ["x"]}`):                                        first + `require: "hd": want a text, a number, true or false`,
		more(`"require": {"hd": "x", "hd": "y"}`):                               first + `require: "hd": it is given twice`,
		more(`"session_lifetime": "0"`):                                         first + "session_lifetime: want at least 1s",
		more(`"session_lifetime": "a week"`):                                    first + "session_lifetime: want a duration",
		more(`"session_lifetime": ""`):                                          first + "session_lifetime: want a duration",
		more(`"session_lifetime": 7`):                                           first + "session_lifetime: want a text",
		more(`"claims": {"username": null}`):                                    first + "claims: username: want a text",
		more(`"claims": {"email": "email"}`):                                    first + `claims: there is no member "email"`,
		more(`"claims": null`):                                                  first + "claims: want an object",
		secret(""):                                                              "entry 1 (app): secret_file: it is empty",
		secret("nowhere"):                                                       "entry 1 (app): secret_file: stat ",
		secret("empty"):                                                         "entry 1 (app): secret_file: there is no secret in ",
		secret("short"):                                                         "entry 1 (app): secret_file: secret 1 has less than 32 bytes",
		secret("blank"):                                                         "entry 1 (app): secret_file: secret 1 begins or ends with a blank",
		secret("many"):                                                          "entry 1 (app): secret_file: 33 secrets are more than 32",
		secret("."):                                                             ": not a file",
		secret("huge"):                                                          "more than 1MiB",
	} {
		_, err := readFrom(t, text)
		if err == nil || !strings.HasPrefix(err.Error(), "PARLEY_ISSUERS: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "ssss") {
			t.Errorf("%.200s: got %v, want %s", text, err, want)
		}
	}
	if _, _, err := (&Config{Issuers: filepath.Join(t.TempDir(), "none.json")}).ReadIssuers(); err == nil || !strings.HasPrefix(err.Error(), "PARLEY_ISSUERS: stat ") {
		t.Errorf("a file that is not there: %v", err)
	}
}
