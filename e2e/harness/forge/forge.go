// Package forge makes tokens as the server does, with a secret that is known, so that tests can make wrong ones.
package forge

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"strings"
	"testing"
	"time"

	"parley/e2e/harness"
)

// ExampleSecret is the root secret 00 01 … 1f, which the server of these tests is started with.
const ExampleSecret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// Headers of the tokens of ExampleSecret.
const (
	AccessHeader  = `{"alg":"HS256","kid":"917222f4dd55d843","typ":"at+jwt"}`
	RefreshHeader = `{"alg":"HS256","kid":"917222f4dd55d843","typ":"rt+jwt"}`
)

// Derived is a key of the example secret, by what it is for.
func Derived(t testing.TB, purpose string, bytes int) []byte {
	t.Helper()
	root, err := base64.StdEncoding.DecodeString(ExampleSecret)
	if err != nil {
		t.Fatal(err)
	}
	key, err := hkdf.Key(sha256.New, root, nil, purpose, bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Sign signs a token of any text, as an access token or as a refresh token is signed.
func Sign(t testing.TB, header, claims string) string {
	t.Helper()
	purpose := "parley/access/v1"
	if strings.Contains(header, "rt+jwt") {
		purpose = "parley/refresh/v1"
	}
	return SignWith(sha256.New, Derived(t, purpose, 32), header, claims)
}

// SignWith signs a token with a key and a hash.
func SignWith(hash func() hash.Hash, key []byte, header, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(header)) + "." + encode([]byte(claims))
	mac := hmac.New(hash, key)
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

// Claim is one member of a token's claims, its value as JSON.
type Claim struct{ Name, Value string }

// ClaimsOf takes the claims of a token apart, in their order.
func ClaimsOf(t testing.TB, token string) (claims []Claim) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range strings.Split(strings.Trim(string(text), "{}"), ",") {
		name, value, _ := strings.Cut(member, ":")
		claims = append(claims, Claim{strings.Trim(name, `"`), value})
	}
	return claims
}

// With returns the text of the claims, one of them with another value; "" leaves it out.
func With(claims []Claim, changes ...Claim) string {
	var members []string
	for _, c := range claims {
		for _, change := range changes {
			if change.Name == c.Name {
				c.Value = change.Value
			}
		}
		if c.Value != "" {
			members = append(members, `"`+c.Name+`":`+c.Value)
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// Expiring signs a token of a server with ExampleSecret anew, so that it runs out soon, but not before something is opened with
// it on a busy machine.
func Expiring(t testing.TB, token string) string {
	t.Helper()
	end := time.Now().Add(8 * time.Second).Unix()
	return Sign(t, AccessHeader, With(ClaimsOf(t, token), Claim{Name: "exp", Value: fmt.Sprint(end)}))
}

func headerOf(t testing.TB, token string) string {
	t.Helper()
	header, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(header)
}

// Victim is a session that forged tokens try to be.
type Victim struct {
	*harness.Server
	Access, Refreshing      string
	AccessClaims, Refreshes []Claim
	before                  string // its sessions, as it sees them
}

const victimDocument = `{ sessions { id createdAt userAgent ipAddress } }`

// NewVictim starts a server whose secret is known and signs somebody in.
func NewVictim(t *testing.T, flags ...string) *Victim {
	t.Helper()
	s := harness.New(t, append([]string{"--signing-key", ExampleSecret}, flags...)...)
	v := &Victim{Server: s}
	v.Access, v.Refreshing = s.Register("ann")
	v.AccessClaims, v.Refreshes = ClaimsOf(t, v.Access), ClaimsOf(t, v.Refreshing)
	if Sign(t, AccessHeader, With(v.AccessClaims)) != v.Access || Sign(t, RefreshHeader, With(v.Refreshes)) != v.Refreshing {
		t.Fatalf("the server signs otherwise: %s", v.Access)
	}
	v.before = string(s.Ask(v.Access, victimDocument).Data)
	return v
}

// Refuse wants a token refused like any other that was never one, as an access token and as a refresh token.
func (v *Victim) Refuse(what, token string) {
	v.T.Helper()
	if a := v.Ask(token, `{ rooms { nodes { id } } }`); a.Code() != "UNAUTHENTICATED" || a.Extension("reason") != nil || a.Data != nil {
		v.T.Errorf("%s as Bearer: %s", what, a.Body)
	}
	if _, a := v.Refresh(token, ""); a.Code() != "UNAUTHENTICATED" || harness.WordOf(a, "reason") != "INVALID_TOKEN" {
		v.T.Errorf("%s to refresh with: %s", what, a.Body)
	}
}

// Untouched wants the session to be as it was, and its tokens good.
func (v *Victim) Untouched() {
	v.T.Helper()
	if now := string(v.Ask(v.Access, victimDocument).Data); now != v.before {
		v.T.Errorf("the session was %s and is %s", v.before, now)
	}
	if _, a := v.Refresh(v.Refreshing, ""); len(a.Errors) > 0 {
		v.T.Errorf("its refresh token: %s", a.Body)
	}
}

// WithWrongSignature is a token with another signature.
func WithWrongSignature(token string) string {
	at := strings.LastIndex(token, ".") + 1
	return token[:at] + strings.Map(func(r rune) rune {
		if r == 'A' {
			return 'B'
		}
		return 'A'
	}, token[at:])
}

// KidOf is the key that a token names.
func KidOf(t *testing.T, token string) string {
	t.Helper()
	var header struct{ Kid string }
	if err := json.Unmarshal([]byte(headerOf(t, token)), &header); err != nil || header.Kid == "" {
		t.Fatalf("%s: %v", headerOf(t, token), err)
	}
	return header.Kid
}
