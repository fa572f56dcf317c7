package issuers

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

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
		w.wantInvalid(fmt.Sprintf("%s %#v", c.name, c.value), with(map[string]any{c.name: c.value}), c.fault)
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
		{"iat", now + 100*3600},
		{"iat", "soon"},
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
		"a future nbf":     {w.token(old(map[string]any{"nbf": w.clock.Now().Unix() + 60})), "nbf is in the future, or is no time"},
		"a logout token":   {w.issuer.Key("rs").Sign(t, w.claims(old(nil)), map[string]any{"typ": "logout+jwt"}), faultType},
		"an unknown key":   {w.issuer.Key("rs").Sign(t, w.claims(old(nil)), map[string]any{"kid": "other"}), faultKey},
	} {
		w.wantInvalid(what, c.token, c.fault)
	}
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
	if p := w.wantTaken(w.token(map[string]any{"": "x", "Name": "Ann"})); p.Name != "" || p.Image != (Shown{true, ""}) {
		t.Errorf("it is about %+v", p)
	}
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
