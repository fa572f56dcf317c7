package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// printed is everything that fmt and log/slog make of a value. Of %p, which is no verb for a text,
// fmt does not ask the value; go vet refuses it.
func printed(t *testing.T, value any) string {
	t.Helper()
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10.3s", "%T"} {
		fmt.Fprintf(&b, verb+"\n", value)
	}
	fmt.Fprintln(&b, value, []any{value}, map[string]any{"k": value}, struct{ V any }{value}, fmt.Errorf("error: %v", value))
	for _, h := range []slog.Handler{slog.NewJSONHandler(&b, nil), slog.NewTextHandler(&b, nil)} {
		slog.New(h).Info("message", "value", value, slog.Group("group", "value", value))
	}
	return b.String()
}

func encoded(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSecretShowsNothing(t *testing.T) {
	const text = "c0rrect-h0rse"
	s := Secret(text)
	for _, value := range []any{s, &s, []Secret{s}, map[string]Secret{"k": s}, struct{ S Secret }{s}, Caller{Token: s}} {
		got := printed(t, value) + encoded(t, map[string]any{"v": value})
		for _, shown := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), "c0r"} {
			if strings.Contains(got, shown) {
				t.Errorf("%T shows %s:\n%s", value, shown, got)
			}
		}
		if !strings.Contains(got, redacted) {
			t.Errorf("%T does not say that something is left out:\n%s", value, got)
		}
	}
	if string(s) != text || s.String() != redacted {
		t.Error("its text is lost")
	}
}

func TestTokensAreNotPrinted(t *testing.T) {
	refresh := "eyJoZWFkZXIi.eyJyZWZyZXNoIjoxfQ.c2lnbmF0dXJlIG9uZQ"
	in := &Tokens{
		AccessToken: "eyJoZWFkZXIy.eyJhY2Nlc3MiOjF9.c2lnbmF0dXJlIHR3bw", RefreshToken: &refresh,
		User: &User{ID: uuid.New(), Username: "ada"}, SessionID: uuid.New(),
	}
	nobody := *in
	nobody.User = nil
	shown := printed(t, in) + printed(t, *in) + printed(t, nobody)
	for _, around := range []any{struct{ T *Tokens }{in}, []*Tokens{in}, []Tokens{*in}, map[string]Tokens{"k": *in}} {
		shown += fmt.Sprintf("%v %+v %#v %s %q %x", around, around, around, around, around, around)
	}
	for _, token := range []string{in.AccessToken, *in.RefreshToken} {
		if signature := token[strings.LastIndex(token, ".")+1:]; strings.Contains(shown, signature[:8]) || strings.Contains(shown, token[:20]) {
			t.Errorf("a token is in\n%s", shown)
		}
	}
	if got := fmt.Sprint(in, nobody); got != "tokens of "+in.User.ID.String()+" [redacted] tokens [redacted]" {
		t.Errorf("got %s", got)
	}
	var back struct{ AccessToken, RefreshToken string }
	if err := json.Unmarshal([]byte(encoded(t, in)), &back); err != nil || back.AccessToken != in.AccessToken || back.RefreshToken != *in.RefreshToken {
		t.Errorf("an answer holds %+v, %v", back, err)
	}
}
