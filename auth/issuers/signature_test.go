package issuers

import (
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/auth"
	"parley/auth/issuers/issuertest"
)

// A token of each kind of key is taken, and says whom it is about.
func TestEachKindOfKeyVerifies(t *testing.T) {
	w := start(t)
	claims := w.claims(map[string]any{"preferred_username": "ann@example.org", "name": "Ann", "picture": "https://example.org/a.png"})
	want := Person{
		Issuer: w.issuer.URL, Subject: "ann", Username: "ann@example.org", Name: "Ann", Image: Shown{true, "https://example.org/a.png"},
		SessionLifetime: 7 * 24 * time.Hour,
	}
	for what, key := range map[string]*issuertest.Key{
		"RS256": w.issuer.Key("rs"), "PS256": w.issuer.Key("rs").As(jwt.SigningMethodPS256), "ES256": w.issuer.Key("es"), "EdDSA": w.issuer.Key("ed"),
	} {
		if p := w.wantTaken(key.Sign(t, claims, nil)); p != want {
			t.Errorf("%s: got %+v, want %+v", what, p, want)
		}
	}
	if n := w.issuer.Fetches.Load(); n != 1 {
		t.Errorf("%d fetches, want one", n)
	}
}

// The header decides nothing: what it names is taken where the entry and the key allow it.
func TestHeader(t *testing.T) {
	w := start(t, func(i *Issuer) { i.Type = "at+jwt" })
	for what, c := range map[string]struct {
		header map[string]any
		fault  string
	}{
		"a logout token":       {map[string]any{"typ": "logout+jwt"}, faultType},
		"a logout token, long": {map[string]any{"typ": "application/logout+jwt"}, faultType},
		"another type":         {map[string]any{"typ": "rt+jwt"}, faultType},
		"an empty type":        {map[string]any{"typ": ""}, faultType},
		"no text as type":      {map[string]any{"typ": 7}, faultType},
		"something critical":   {map[string]any{"crit": []string{"b64"}, "b64": false}, faultCrit},
		"nothing critical":     {map[string]any{"crit": []string{}}, faultCrit},
		"an unknown key":       {map[string]any{"kid": "other"}, faultKey},
		"an empty key":         {map[string]any{"kid": ""}, faultKey},
		"no text as key":       {map[string]any{"kid": 7}, faultKey},
		"no key of several":    {map[string]any{"kid": nil}, faultKey},
		"another kind of key":  {map[string]any{"kid": "es"}, faultKind},
	} {
		w.wantInvalid(what, w.issuer.Key("rs").Sign(t, w.claims(nil), c.header), c.fault)
	}
	for _, typ := range []any{nil, "JWT", "jwt", "application/jwt", "at+jwt", "AT+JWT", "application/at+jwt"} {
		header := map[string]any{"typ": typ}
		w.wantTaken(w.issuer.Key("rs").Sign(t, w.claims(nil), header))
	}
	// Keys and addresses in the header are the stranger's.
	own := issuertest.NewRSA("rs", 2048)
	w.wantInvalid("a key of their own", own.Sign(t, w.claims(nil), map[string]any{
		"jku": "https://evil.example", "x5u": "https://evil.example", "jwk": string(issuertest.Set(own)),
	}), faultSignature)
}

// What is signed in no way, or by what everybody knows, is refused.
func TestSignatures(t *testing.T) {
	w := start(t)
	rs := w.issuer.Key("rs")
	public := &rs.Private.(*rsa.PrivateKey).PublicKey
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	none := &issuertest.Key{ID: "rs", Method: jwt.SigningMethodNone, Private: jwt.UnsafeAllowNoneSignatureType}
	unsigned := none.Sign(t, w.claims(nil), nil)
	w.wantInvalid("alg none", unsigned, faultForm)
	w.wantInvalid("alg none, with something behind it", unsigned+"AA", faultWay)
	good := w.token(nil)
	for _, secret := range []string{
		string(der), string(public.N.Bytes()), string(issuertest.Set(rs)), w.issuer.URL, "",
		string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
	} {
		for _, method := range []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodHS512} {
			key := &issuertest.Key{ID: "rs", Method: method, Private: []byte(secret)}
			fault := faultMethod
			if method == jwt.SigningMethodHS512 {
				fault = faultWay
			}
			w.wantInvalid(method.Alg()+" with what is public", key.Sign(t, w.claims(nil), nil), fault)
		}
	}
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodRS384, jwt.SigningMethodRS512, jwt.SigningMethodPS512} {
		w.wantInvalid(method.Alg(), rs.As(method).Sign(t, w.claims(nil), nil), faultWay)
	}
	w.wantInvalid("a key of the same name", issuertest.NewRSA("rs", 2048).Sign(t, w.claims(nil), nil), faultSignature)
	w.wantInvalid("a key of the same name, of another kind", issuertest.NewEC("rs", elliptic.P256()).Sign(t, w.claims(nil), nil), faultKind)
	parts := strings.Split(good, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	other := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), `"ann"`, `"bob"`, 1)))
	w.wantInvalid("another payload", parts[0]+"."+other+"."+parts[2], faultSignature)
	w.wantInvalid("half a signature", parts[0]+"."+parts[1]+"."+parts[2][:len(parts[2])/8*4], faultSignature)
	w.wantTaken(good)
}

// The keys of one issuer say nothing of another's people, whatever their ids are.
func TestKeysOfOneIssuerAreNotAnothers(t *testing.T) {
	a, b := issuertest.New(t), issuertest.New(t)
	const secret = "correct horse battery staple secret"
	app := Defaults()
	app.Name, app.Audience, app.Secrets = "app", []string{issuertest.Audience}, []auth.Secret{secret}
	w := startWith(t, a, entryOf(a), entryOf(b), app)
	claims := func(issuer string) jwt.MapClaims { return issuertest.ClaimsOf(issuer, "ann", nil) }
	w.wantTaken(a.Key("rs").Sign(t, claims(a.URL), nil))
	w.wantTaken(b.Key("rs").Sign(t, claims(b.URL), nil))
	w.wantTaken(issuertest.Secret(secret).Sign(t, claims("app"), nil))
	w.wantInvalid("a by b's key", b.Key("rs").Sign(t, claims(a.URL), nil), faultSignature)
	w.wantInvalid("app by a's key", a.Key("rs").Sign(t, claims("app"), nil), faultMethod)
	w.wantInvalid("a by the secret of app", issuertest.Secret(secret).Sign(t, claims(a.URL), nil), faultMethod)
	// A key that only b has is not looked for there.
	b.SetKeys(append([]*issuertest.Key{issuertest.NewRSA("own", 2048)}, b.Key("rs"))...)
	w.wantInvalid("a by b's own key", b.Key("own").Sign(t, claims(a.URL), nil), faultKey)
	if n := b.Fetches.Load(); n != 1 {
		t.Errorf("%d fetches of b's keys, want one", n)
	}
}

// Each line of the file with secrets is good, and nothing else.
func TestSecrets(t *testing.T) {
	one, two := strings.Repeat("one secret ", 3), strings.Repeat("another secret ", 3)
	entry := Defaults()
	entry.Name, entry.Audience, entry.Secrets = "app", []string{issuertest.Audience}, []auth.Secret{auth.Secret(one), auth.Secret(two)}
	entry.SessionLifetime = time.Hour
	entry.Claims = Claims{Username: "login", Image: "avatar"}
	w := startWith(t, issuertest.New(t), entry)
	claims := issuertest.ClaimsOf("app", "7", map[string]any{"login": "bob", "preferred_username": "x", "name": "Bob", "avatar": "https://example.org/b"})
	want := Person{Issuer: "app", Subject: "7", Username: "bob", Image: Shown{true, "https://example.org/b"}, SessionLifetime: time.Hour}
	for _, secret := range []string{one, two} {
		if p := w.wantTaken(issuertest.Secret(secret).Sign(t, claims, nil)); p != want {
			t.Errorf("got %+v, want %+v", p, want)
		}
	}
	w.wantTaken(issuertest.Secret(one).Sign(t, claims, map[string]any{"kid": "whatever"}))
	for _, secret := range []string{one + "\n", one + "\n" + two, strings.Repeat("third secret ", 3), ""} {
		w.wantInvalid("another secret", issuertest.Secret(secret).Sign(t, claims, nil), faultSignature)
	}
	w.wantInvalid("HS512", issuertest.Secret(one).As(jwt.SigningMethodHS512).Sign(t, claims, nil), faultWay)
}
