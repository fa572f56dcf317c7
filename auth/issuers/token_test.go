package issuers

import (
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/auth"
	"parley/auth/issuers/issuertest"
)

// What faults are called.
const (
	faultForm      = "it has not the form of a token"
	faultWay       = "it cannot be read, or is signed in a way that is not taken"
	faultIssuer    = "its issuer is in no entry"
	faultMethod    = "it is signed in a way that is not that of its issuer"
	faultCrit      = "it has critical members in its header"
	faultType      = "it is of another type"
	faultEvents    = "it tells of events"
	faultAudience  = "aud holds none of the entry, or one that is not"
	faultRequired  = "a claim that is required is not there, or has another value"
	faultSubject   = "sub is missing, too long, or no text"
	faultExp       = "exp is missing, or is no time"
	faultFar       = "exp is more than 24 hours ahead"
	faultKey       = "its key is not one of its issuer"
	faultKind      = "its key is of another kind than its signature"
	faultSignature = "the signature is not that of its key"
	faultRunOut    = "it has run out"
)

// A token of each kind of key is taken, and says whom it is about.
func TestEachKindOfKeyVerifies(t *testing.T) {
	w := start(t)
	claims := w.claims(map[string]any{"preferred_username": "ann@example.org", "name": "Ann", "picture": "https://example.org/a.png"})
	want := Person{
		Issuer: w.issuer.URL, Subject: "ann", Username: "ann@example.org", Name: Shown{true, "Ann"}, Image: Shown{true, "https://example.org/a.png"},
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

// Each claim that is missing, of another type or has another value is a fault of its own, whatever else is right.
func TestClaims(t *testing.T) {
	w := start(t, func(i *Issuer) { i.Require = map[string]any{"hd": "example.org", "email_verified": true} })
	good := map[string]any{"hd": "example.org", "email_verified": true}
	with := func(more map[string]any) string {
		all := map[string]any{}
		for _, m := range []map[string]any{good, more} {
			for name, value := range m {
				all[name] = value
			}
		}
		return w.token(all)
	}
	now := w.clock.Now().Unix()
	for _, c := range []struct {
		name  string
		value any
		fault string
	}{
		{"iss", nil, faultIssuer},
		{"iss", "", faultIssuer},
		{"iss", w.issuer.URL + "/", faultIssuer},
		{"iss", strings.ToUpper(w.issuer.URL), faultIssuer},
		{"iss", []string{w.issuer.URL}, faultIssuer},
		{"aud", nil, faultAudience},
		{"aud", "", faultAudience},
		{"aud", "other", faultAudience},
		{"aud", "Parley", faultAudience},
		{"aud", []string{}, faultAudience},
		{"aud", []string{"parley", "other"}, faultAudience}, // good there too: whoever got it there could bring it here
		{"aud", []any{"parley", nil}, faultAudience},
		{"aud", 7, faultAudience},
		{"aud", map[string]any{"parley": true}, faultAudience},
		{"exp", nil, faultExp},
		{"exp", fmt.Sprint(now + 60), faultExp},
		{"exp", -1, faultExp},
		{"exp", 1e300, faultExp},
		{"exp", true, faultExp},
		{"exp", now + 24*3600 + 6, faultFar},
		{"exp", now + 365*24*3600, faultFar},
		{"iat", now + 6, "iat is in the future, or is no time"},
		{"iat", "soon", "iat is in the future, or is no time"},
		{"nbf", now + 6, "nbf is in the future, or is no time"},
		{"nbf", 1e300, "nbf is in the future, or is no time"},
		{"sub", nil, faultSubject},
		{"sub", "", faultSubject},
		{"sub", 7, faultSubject},
		{"sub", strings.Repeat("s", 256), faultSubject},
		{"sub", "a\x00b", faultSubject},
		{"sub", "a\nb", faultSubject},
		{"sub", "a\uFFFDb", faultSubject},
		{"hd", nil, faultRequired},
		{"hd", "example.com", faultRequired},
		{"hd", true, faultRequired},
		{"hd", []string{"example.com"}, faultRequired},
		{"email_verified", false, faultRequired},
		{"email_verified", "true", faultRequired},
		{"events", map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}, faultEvents},
		{"events", false, faultEvents},
	} {
		w.wantInvalid(fmt.Sprintf("%s %v", c.name, c.value), with(map[string]any{c.name: c.value}), c.fault)
	}
	for _, c := range []struct {
		name  string
		value any
	}{
		{"aud", "parley-too"},
		{"aud", []string{"parley-too", "parley"}},
		{"exp", now + 24*3600},
		{"exp", float64(now) + 0.5},
		{"exp", now - 4}, // within the leeway
		{"iat", nil},
		{"iat", now + 4},
		{"iat", now - 1000*24*3600},
		{"nbf", now},
		{"sub", strings.Repeat("s", 255)},
		{"sub", "Ännchen von Tharau"},
		{"hd", []string{"example.com", "example.org"}},
		{"name", 7},
		{"picture", []string{"x"}},
		{"preferred_username", nil},
	} {
		if p := w.wantTaken(with(map[string]any{c.name: c.value})); c.name == "sub" && p.Subject != c.value {
			t.Errorf("%v: the subject is %q", c.value, p.Subject)
		}
	}
}

// Only of a token with nothing else wrong it is said that it has run out.
func TestRunOut(t *testing.T) {
	w := start(t)
	old := func(more map[string]any) map[string]any {
		claims := map[string]any{"exp": w.clock.Now().Unix() - 6}
		for name, value := range more {
			claims[name] = value
		}
		return claims
	}
	w.wantRefused("it is old", w.token(old(nil)), "TOKEN_EXPIRED", faultRunOut)
	for what, c := range map[string]struct {
		token, fault string
	}{
		"another audience": {w.token(old(map[string]any{"aud": "other"})), faultAudience},
		"no subject":       {w.token(old(map[string]any{"sub": nil})), faultSubject},
		"another issuer":   {w.token(old(map[string]any{"iss": "other"})), faultIssuer},
		"another key":      {issuertest.NewRSA("rs", 2048).Sign(t, w.claims(old(nil)), nil), faultSignature},
		"a future iat":     {w.token(old(map[string]any{"iat": w.clock.Now().Unix() + 60})), "iat is in the future, or is no time"},
		"a logout token":   {w.issuer.Key("rs").Sign(t, w.claims(old(nil)), map[string]any{"typ": "logout+jwt"}), faultType},
		"an unknown key":   {w.issuer.Key("rs").Sign(t, w.claims(old(nil)), map[string]any{"kid": "other"}), faultKey},
	} {
		w.wantInvalid(what, c.token, c.fault)
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

// What has not the form of a token costs nothing more.
func TestForm(t *testing.T) {
	w := start(t)
	good := w.token(nil)
	parts := strings.Split(good, ".")
	for what, c := range map[string]struct{ token, fault string }{
		"nothing":          {"", faultForm},
		"dots":             {"..", faultForm},
		"two parts":        {parts[0] + "." + parts[1], faultForm},
		"four parts":       {good + ".AA", faultForm},
		"a line break":     {parts[0] + ".\n" + parts[1] + "." + parts[2], faultForm},
		"too long":         {w.token(map[string]any{"groups": strings.Repeat("g", 16<<10)}), faultForm},
		"no base64":        {"*." + parts[1] + "." + parts[2], faultWay},
		"padding":          {parts[0] + "." + parts[1] + "." + parts[2] + "==", faultWay},
		"no JSON":          {"AAAA.AAAA.AAAA", faultWay},
		"claims of a list": {parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`[]`)) + "." + parts[2], faultWay},
		"claims of null":   {parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`null`)) + "." + parts[2], faultIssuer},
		"a bot's":          {"parley_bot_AAAA", faultForm},
	} {
		w.wantInvalid(what, c.token, c.fault)
	}
	w.wantTaken(w.token(map[string]any{"groups": strings.Repeat("g", 8<<10)}))
}

// Names of claims are what they are: encoding/json would take them in any case for a struct.
func TestNamesOfClaimsAreExact(t *testing.T) {
	w := start(t)
	w.wantInvalid("ISS", w.token(map[string]any{"iss": nil, "ISS": w.issuer.URL}), faultIssuer)
	w.wantInvalid("Sub", w.token(map[string]any{"sub": nil, "Sub": "ann"}), faultSubject)
	w.wantInvalid("EXP", w.token(map[string]any{"exp": nil, "EXP": w.clock.Now().Unix() + 60}), faultExp)
	if p := w.wantTaken(w.token(map[string]any{"": "x", "Name": "Ann"})); p.Name != (Shown{true, ""}) {
		t.Errorf("the name is %+v", p.Name)
	}
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

// A server that knows no issuers takes no token.
func TestNoIssuers(t *testing.T) {
	w := startWith(t, issuertest.New(t))
	w.wantInvalid("a good one", w.token(nil), faultIssuer)
}

// However a token is changed, nobody comes of it but who was signed.
func FuzzVerify(f *testing.F) {
	w := start(f)
	good := w.token(nil)
	f.Add(good)
	f.Add("a.b.c")
	w.wantTaken(good)
	f.Fuzz(func(t *testing.T, token string) {
		if p, err := w.Verify(t.Context(), token); err == nil && token != good {
			t.Errorf("%q is taken: %+v", token, p)
		}
	})
}
