package auth

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parley/e2e/harness"
	"parley/e2e/harness/forge"
	"parley/server"
)

func TestAuthorizationForms(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	for form, code := range map[string]string{
		"Bearer " + ann: "", "bearer " + ann: "", "BEARER   " + ann: "",
		"": "UNAUTHENTICATED", "Bearer": "UNAUTHENTICATED", "Bearer ": "UNAUTHENTICATED", "Basic " + ann: "UNAUTHENTICATED",
		ann: "UNAUTHENTICATED", "Bearer " + ann + " x": "UNAUTHENTICATED", "Bearer " + strings.Repeat("x", 5000): "UNAUTHENTICATED",
	} {
		if a := s.Post(`{"query":"{ rooms { nodes { id } } }"}`, "Authorization", form); a.Code() != code {
			t.Errorf("%.40s: got %s, want %q", form, a.Body, code)
		}
		if a := s.Post(`{"query":"{ server { version } }"}`, "Authorization", form); len(a.Errors) > 0 {
			t.Errorf("%.40s: a public field answers %s", form, a.Body)
		}
	}
}

// Whoever sends two headers, or one that is no access token, is not signed in.
func TestTwoAuthorizationHeaders(t *testing.T) {
	s := harness.New(t)
	ann, _ := s.Register("ann")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.Addr+"/graphql", strings.NewReader(`{"query":"{ rooms { nodes { id } } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header["Authorization"] = []string{"Bearer " + ann, "Bearer " + ann}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if body, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(body), `"UNAUTHENTICATED"`) {
		t.Errorf("got %s, %v", body, err)
	}
}

// The keys of the example are derived as the design says, and sign what the server reads.
func TestExampleOfKeys(t *testing.T) {
	if kid := hex.EncodeToString(forge.Derived(t, "parley/kid/v1", 8)); kid != "917222f4dd55d843" {
		t.Errorf("the key is %s", kid)
	}
	const claims = `{"iss":"parley","aud":"parley:access","sub":"01890a5d-ac96-774b-bcce-b302099a8057","sid":"01890a5d-ac96-774b-bcce-b302099a8058","iat":1700000000,"exp":1700005400}`
	token := forge.Sign(t, forge.AccessHeader, claims)
	if !strings.HasSuffix(token, ".HWhmEdRSpDH9KncdT5CdQscVAp4TjdpaYymc3OC3QJw") {
		t.Errorf("got %s", token)
	}
	harness.New(t, "--signing-key", forge.ExampleSecret).WantCode(token, "TOKEN_EXPIRED")
}

// A header in any form but the one in which the server writes it is none, also when the token is signed
// with the right key.
func TestForgedHeaders(t *testing.T) {
	v := forge.NewVictim(t)
	for _, c := range kinds(v) {
		for _, header := range []string{
			strings.Replace(c.header, "HS256", "none", 1), strings.Replace(c.header, "HS256", "HS384", 1), strings.Replace(c.header, "HS256", "hs256", 1),
			strings.Replace(c.header, "917222f4dd55d843", "917222f4dd55d844", 1), strings.Replace(c.header, "917222f4dd55d843", "", 1),
			strings.Replace(c.header, `,"kid":"917222f4dd55d843"`, "", 1), strings.Replace(c.header, "+jwt", "", 1),
			strings.Replace(c.header, "}", `,"crit":["exp"]}`, 1), strings.Replace(c.header, "}", `,"jku":"https://example.org/keys"}`, 1),
			strings.Replace(c.header, "}", `,"alg":"HS256"}`, 1), strings.Replace(c.header, `":`, `": `, 1), c.header + " ",
			`{"kid":"917222f4dd55d843","alg":"HS256",` + c.header[strings.Index(c.header, `"typ"`):], `{}`, `null`, ``,
		} {
			v.Refuse(c.kind+" with header "+header, forge.Sign(t, header, c.claims))
		}
		v.Refuse("HS384", forge.SignWith(sha512.New384, forge.Derived(t, "parley/"+c.kind+"/v1", 32), strings.Replace(c.header, "HS256", "HS384", 1), c.claims))
		v.Refuse("signed with the root secret", forge.SignWith(sha256.New, []byte(forge.ExampleSecret), c.header, c.claims))
		v.Refuse("signed with no key", forge.SignWith(sha256.New, nil, c.header, c.claims))
	}
	v.Untouched()
}

func TestForgedParts(t *testing.T) {
	v := forge.NewVictim(t)
	for _, c := range kinds(v) {
		parts := strings.Split(c.token, ".")
		encode := base64.RawURLEncoding.EncodeToString
		for what, token := range map[string]string{
			"none, not signed":   encode([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".",
			"no signature":       parts[0] + "." + parts[1] + ".",
			"two parts":          parts[0] + "." + parts[1],
			"four parts":         c.token + "." + parts[2],
			"four parts, empty":  c.token + ".",
			"no claims":          parts[0] + ".." + parts[2],
			"no header":          "." + parts[1] + "." + parts[2],
			"padded":             c.token + "=",
			"padded claims":      parts[0] + "." + parts[1] + "=." + parts[2],
			"one byte more":      c.token + "A",
			"other claims":       parts[0] + "." + encode([]byte(strings.Replace(c.claims, "parley", "Parley", 1))) + "." + parts[2],
			"claims of no JSON":  forge.Sign(t, c.header, "x"),
			"claims of null":     forge.Sign(t, c.header, "null"),
			"claims with a tail": forge.Sign(t, c.header, c.claims+c.claims),
		} {
			v.Refuse(c.kind+", "+what, token)
		}
	}
	v.Untouched()
}

// No bit of a token can be another, also not one that base64 does not need.
func TestFlippedBits(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	v := forge.NewVictim(t)
	for _, token := range []string{v.Access, v.Refreshing} {
		for i, c := range []byte(token) {
			if at := strings.IndexByte(alphabet, c); at >= 0 {
				v.Refuse(fmt.Sprintf("character %d", i), token[:i]+string(alphabet[at^1<<(i%6)])+token[i+1:])
			}
		}
		last := strings.IndexByte(alphabet, token[len(token)-1])
		v.Refuse("unused bits", token[:len(token)-1]+string(alphabet[last^1]))
		v.Refuse("unused bits", token[:len(token)-1]+string(alphabet[last^2]))
	}
	v.Untouched()
}

// Tokens are read up to 4,096 bytes.
func TestLongTokens(t *testing.T) {
	v := forge.NewVictim(t)
	long := func(bytes int) string { // of that length or one more: not every one can be had
		for n := 0; ; n++ {
			claims := append(slices.Clone(v.AccessClaims), forge.Claim{Name: "x", Value: `"` + strings.Repeat("x", n) + `"`})
			if token := forge.Sign(t, forge.AccessHeader, forge.With(claims)); len(token) >= bytes {
				return token
			}
		}
	}
	if token := long(4095); len(token) > 4096 {
		t.Errorf("%d bytes", len(token))
	} else {
		v.WantCode(token, "")
	}
	for _, bytes := range []int{4097, 5000, 12000} {
		v.Refuse(fmt.Sprint(bytes, " bytes"), long(bytes))
	}
	v.Untouched()
}

// What needs no sign-in does not mind who else the header claims to be; only me says that it is nobody.
func TestBadHeaderAtPublicFields(t *testing.T) {
	s := harness.New(t, "--register-rate", "0")
	ended, _ := s.Register("ann")
	s.Must(nil, ended, `mutation { logout }`)
	names := 0
	for header, code := range map[string]string{
		"Bearer junk": "UNAUTHENTICATED", "Basic YW5uOmFubg==": "UNAUTHENTICATED", "Bearer a b": "UNAUTHENTICATED", "junk": "UNAUTHENTICATED",
		"Bearer " + forge.WithWrongSignature(ended): "UNAUTHENTICATED", "Bearer " + ended: "SESSION_REVOKED", "Bearer": "", "": "",
	} {
		names++
		p := s.SignIn("ann", "correct horse battery")
		for _, document := range []string{
			`{ server { version } }`, `{ __typename }`,
			`mutation { login(username: "ann", password: "correct horse battery") { accessToken } }`,
			`mutation { register(username: "person` + strconv.Itoa(names) + `", password: "correct horse battery") { accessToken } }`,
			`mutation { refreshToken(token: "` + p.RefreshToken + `") { accessToken } }`,
			`mutation { logout }`,
		} {
			if a := s.Post(s.Body(document), "Authorization", header); len(a.Errors) > 0 {
				t.Errorf("%.30s with %.30q: %s", document, header, a.Body)
			}
		}
		a := s.Post(`{"query":"{ me { username } server { version } }"}`, "Authorization", header)
		if a.Code() != code || !strings.Contains(a.Body, `"me":null`) || !strings.Contains(a.Body, server.Version) {
			t.Errorf("me with %.30q: %s, want %q", header, a.Body, code)
		}
	}
}
