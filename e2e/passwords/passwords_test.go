package passwords

import (
	"strings"
	"testing"

	"parley/e2e/harness"
)

// A password is what was typed: not trimmed, and the same whether its accents came composed or not.
func TestPasswordsAreTakenAsTyped(t *testing.T) {
	s := harness.New(t, "--login-attempts", "0", "--register-rate", "0")
	const spaces = "  correct horse \t"
	const composed, decomposed = "jos\u00e9", "jose\u0301"
	for _, c := range []struct{ name, password string }{{"ann", spaces}, {composed, "contrase\u00f1a " + composed}} {
		if a := s.RegisterAs(c.name, c.password); len(a.Errors) > 0 {
			t.Fatalf("register %s: %s", c.name, a.Body)
		}
	}
	for _, c := range []struct{ name, password, code string }{
		{"ann", spaces, ""},
		{"ann", strings.TrimSpace(spaces), "INVALID_CREDENTIALS"},
		{"ann", strings.ToUpper(spaces), "INVALID_CREDENTIALS"},
		{"ann", spaces + " ", "INVALID_CREDENTIALS"},
		{decomposed, "contrasen\u0303a " + decomposed, ""},
		{composed, "contrase\u00f1a " + decomposed, ""},
		{composed, "contrasena jose", "INVALID_CREDENTIALS"},
	} {
		if _, a := s.Login(c.name, c.password); a.Code() != c.code || (c.code == "" && len(a.Errors) > 0) {
			t.Errorf("%s with %q: %s, want %q", c.name, c.password, a.Body, c.code)
		}
	}
}

// A password that is refused has its reason, in both places where one is chosen, and changes nothing.
func TestPasswordsThatCannotBe(t *testing.T) {
	s := harness.New(t, "--login-attempts", "0", "--register-rate", "0", "--mutation-rate", "0")
	token, _ := s.Register("Anna-Maria")
	const change = `mutation($p: String!) { changePassword(currentPassword: "correct horse battery", newPassword: $p) { id } }`
	for password, reason := range map[string]string{
		"": "TOO_SHORT", "1234567": "TOO_SHORT", "ééééééé": "TOO_SHORT", "e\u0301e\u0301e\u0301e\u0301": "TOO_SHORT",
		"password123": "COMMON", "PassWord123": "COMMON", "aaaaaaaaaaaa": "COMMON", "éééééééé": "COMMON",
		"anna-maria": "EQUALS_USERNAME", "ANNA-MARIA": "EQUALS_USERNAME", "Ａnna-Maria": "EQUALS_USERNAME",
		strings.Repeat("x1", 512) + "y": "TOO_LONG", strings.Repeat("é", 513): "TOO_LONG",
	} {
		want := func(a harness.Answer, field string) {
			t.Helper()
			if a.Code() != "BAD_USER_INPUT" || harness.WordOf(a, "field") != field || harness.WordOf(a, "reason") != reason {
				t.Errorf("%.40q: %s, want %s of %s", password, a.Body, reason, field)
			}
		}
		want(s.Ask(token, change, map[string]any{"p": password}), "newPassword")
		if reason != "EQUALS_USERNAME" { // whose name it would be is taken
			want(s.RegisterAs("bob", password), "password")
		}
	}
	if a := s.RegisterAs("hans-peter", "Hans-Peter"); harness.WordOf(a, "reason") != "EQUALS_USERNAME" {
		t.Error(a.Body)
	}
	s.SignIn("Anna-Maria", "correct horse battery")
	if _, a := s.Login("bob", "password123"); a.Code() != "INVALID_CREDENTIALS" {
		t.Errorf("bob exists: %s", a.Body)
	}
}

// The longest password counts to its last byte; one byte more is refused everywhere.
func TestLongestPassword(t *testing.T) {
	s := harness.New(t, "--login-attempts", "0")
	longest := strings.Repeat("0123456789abcdef", 64)
	if a := s.RegisterAs("ann", longest); len(a.Errors) > 0 {
		t.Fatal(a.Body)
	}
	token := s.SignIn("ann", longest).AccessToken
	if _, a := s.Login("ann", longest[:1023]); a.Code() != "INVALID_CREDENTIALS" {
		t.Errorf("1,023 bytes: %s", a.Body)
	}
	_, login := s.Login("ann", longest+"x")
	for field, a := range map[string]harness.Answer{
		"password":        login,
		"currentPassword": s.Ask(token, `mutation($p: String!) { changePassword(currentPassword: $p, newPassword: "a new horse battery") { id } }`, map[string]any{"p": longest + "x"}),
	} {
		if a.Code() != "BAD_USER_INPUT" || harness.WordOf(a, "field") != field || harness.WordOf(a, "reason") != "TOO_LONG" {
			t.Errorf("1,025 bytes as %s: %s", field, a.Body)
		}
	}
	if a := s.Ask(token, `mutation($p: String!) { deleteAccount(password: $p) }`, map[string]any{"p": longest + "x"}); harness.WordOf(a, "reason") != "TOO_LONG" {
		t.Errorf("1,025 bytes: %s", a.Body)
	}
}
