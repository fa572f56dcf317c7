package tokens

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
)

// example is the root secret of the worked example: bytes 00 … 1f.
const example = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// must is for what has to work: must(f())(t).
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// forge makes a token of any header and payload, signed with that secret.
func forge(header, payload string, secret []byte) string {
	b64 := base64.RawURLEncoding
	text := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + b64.EncodeToString(mac.Sum(nil))
}

func header(typ string) string {
	return `{"alg":"HS256","kid":"917222f4dd55d843","typ":"` + typ + `"}`
}

// payloadOf is the second part of a token.
func payloadOf(t testing.TB, token string) string {
	t.Helper()
	return string(must(base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1]))(t))
}
