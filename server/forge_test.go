package server

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"slices"
	"strings"
	"testing"
)

// exampleSecret is the root secret 00 01 … 1f, which the server of these tests is started with.
const exampleSecret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

const (
	accessHeader  = `{"alg":"HS256","kid":"917222f4dd55d843","typ":"at+jwt"}`
	refreshHeader = `{"alg":"HS256","kid":"917222f4dd55d843","typ":"rt+jwt"}`
)

// derived is a key of the example secret, by what it is for.
func derived(t testing.TB, purpose string, bytes int) []byte {
	t.Helper()
	root, err := base64.StdEncoding.DecodeString(exampleSecret)
	if err != nil {
		t.Fatal(err)
	}
	key, err := hkdf.Key(sha256.New, root, nil, purpose, bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// forge signs a token of any text, as an access token or as a refresh token is signed.
func forge(t testing.TB, header, claims string) string {
	t.Helper()
	purpose := "parley/access/v1"
	if strings.Contains(header, "rt+jwt") {
		purpose = "parley/refresh/v1"
	}
	return forgeWith(sha256.New, derived(t, purpose, 32), header, claims)
}

func forgeWith(hash func() hash.Hash, key []byte, header, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(header)) + "." + encode([]byte(claims))
	mac := hmac.New(hash, key)
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

// claim is one member of a token's claims, its value as JSON.
type claim struct{ name, value string }

// claimsOf takes the claims of a token apart, in their order.
func claimsOf(t testing.TB, token string) (claims []claim) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range strings.Split(strings.Trim(string(text), "{}"), ",") {
		name, value, _ := strings.Cut(member, ":")
		claims = append(claims, claim{strings.Trim(name, `"`), value})
	}
	return claims
}

// with answers the text of the claims, one of them with another value; "" leaves it out.
func with(claims []claim, changes ...claim) string {
	var members []string
	for _, c := range claims {
		for _, change := range changes {
			if change.name == c.name {
				c.value = change.value
			}
		}
		if c.value != "" {
			members = append(members, `"`+c.name+`":`+c.value)
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func headerOf(t testing.TB, token string) string {
	t.Helper()
	header, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(header)
}

// victim is a session that forged tokens try to be.
type victim struct {
	*testServer
	access, refreshing      string
	accessClaims, refreshes []claim
	before                  string // its sessions, as it sees them
}

const victimDocument = `{ sessions { id createdAt userAgent ipAddress } }`

func newVictim(t *testing.T, flags ...string) *victim {
	t.Helper()
	s := newServer(t, append([]string{"--signing-key", exampleSecret}, flags...)...)
	v := &victim{testServer: s}
	v.access, v.refreshing = s.register("ann")
	v.accessClaims, v.refreshes = claimsOf(t, v.access), claimsOf(t, v.refreshing)
	if forge(t, accessHeader, with(v.accessClaims)) != v.access || forge(t, refreshHeader, with(v.refreshes)) != v.refreshing {
		t.Fatalf("the server signs otherwise: %s", v.access)
	}
	v.before = string(s.ask(v.access, victimDocument).Data)
	return v
}

// refuse wants a token refused like any other that was never one, as an access token and as a refresh token.
func (v *victim) refuse(what, token string) {
	v.t.Helper()
	if a := v.ask(token, `{ rooms { nodes { id } } }`); a.code() != "UNAUTHENTICATED" || a.extension("reason") != nil || a.Data != nil {
		v.t.Errorf("%s as Bearer: %s", what, a.Body)
	}
	if _, a := v.refresh(token, ""); a.code() != "UNAUTHENTICATED" || wordOf(a, "reason") != "INVALID_TOKEN" {
		v.t.Errorf("%s to refresh with: %s", what, a.Body)
	}
}

// untouched wants the session to be as it was, and its tokens good.
func (v *victim) untouched() {
	v.t.Helper()
	if now := string(v.ask(v.access, victimDocument).Data); now != v.before {
		v.t.Errorf("the session was %s and is %s", v.before, now)
	}
	if _, a := v.refresh(v.refreshing, ""); len(a.Errors) > 0 {
		v.t.Errorf("its refresh token: %s", a.Body)
	}
}

// good is a token of one kind and what it is made of.
type good struct{ kind, header, claims, token string }

func (v *victim) kinds() []good {
	return []good{
		{"access", accessHeader, with(v.accessClaims), v.access},
		{"refresh", refreshHeader, with(v.refreshes), v.refreshing},
	}
}

func valueOf(claims []claim, name string) string {
	return claims[slices.IndexFunc(claims, func(c claim) bool { return c.name == name })].value
}

// spoiled is a token with another signature.
func spoiled(token string) string {
	at := strings.LastIndex(token, ".") + 1
	return token[:at] + strings.Map(func(r rune) rune {
		if r == 'A' {
			return 'B'
		}
		return 'A'
	}, token[at:])
}
