package auth

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"testing"
	"time"

	"parley/e2e/harness"
	"parley/e2e/harness/forge"
)

// Each claim is needed, in its own form and with a right value; the right key does not make up for it.
func TestForgedClaims(t *testing.T) {
	v := forge.NewVictim(t)
	number := []string{"", "null", `"1"`, "1.5", "true", "[1]", "1e400", "9223372036854775808"}
	id := []string{"", "null", "1", `""`, `"ann"`, `"01890A5D-AC96-774B-BCCE-B302099A8057"`, `"01890a5dac96774bbcceb302099a8057"`, `"{01890a5d-ac96-774b-bcce-b302099a8057}"`}
	for name, values := range map[string][]string{
		"iss": {"", "null", "1", `""`, `"Parley"`, `"https://parley"`, `["parley"]`},
		"aud": {"", "null", "1", `""`, `"parley"`, `"parley:other"`, `["parley:access"]`, `["parley:refresh"]`, `["parley:access","parley:refresh"]`},
		"sub": id, "sid": id, "jti": id,
		"gen": append(slices.Clone(number), "-1"), "exp": number, "iat": number,
	} {
		for _, value := range values {
			what := name + ": " + value
			if name != "jti" && name != "gen" {
				if a := v.AskThrough(forge.Sign(t, forge.AccessHeader, forge.With(v.AccessClaims, forge.Claim{Name: name, Value: value})), `{ rooms { nodes { id } } }`); a.Code() != "UNAUTHENTICATED" {
					t.Errorf("access token with %s: %s", what, a.Body)
				}
			}
			if _, a := v.Refresh(forge.Sign(t, forge.RefreshHeader, forge.With(v.Refreshes, forge.Claim{Name: name, Value: value})), ""); a.Code() != "UNAUTHENTICATED" {
				t.Errorf("refresh token with %s: %s", what, a.Body)
			}
		}
	}
	v.Untouched()
}

// Claims in the right form that say what is not so.
func TestForgedIdentities(t *testing.T) {
	v := forge.NewVictim(t)
	bob, _ := v.Register("bob")
	other := forge.ClaimsOf(t, bob)
	const nobody = `"01890a5d-ac96-774b-bcce-b302099a8057"`
	for _, c := range []struct {
		changes      []forge.Claim
		code, reason string
	}{
		{[]forge.Claim{{Name: "gen", Value: "1"}}, "UNAUTHENTICATED", "INVALID_TOKEN"},                                                                                    // of a history that is not this one
		{[]forge.Claim{{Name: "jti", Value: nobody}}, "UNAUTHENTICATED", "INVALID_TOKEN"},                                                                                 // never given out
		{[]forge.Claim{{Name: "sub", Value: nobody}}, "UNAUTHENTICATED", "INVALID_TOKEN"},                                                                                 // not whose session it is
		{[]forge.Claim{{Name: "sub", Value: valueOf(other, "sub")}}, "UNAUTHENTICATED", "INVALID_TOKEN"},                                                                  // the same
		{[]forge.Claim{{Name: "sid", Value: valueOf(other, "sid")}}, "UNAUTHENTICATED", "INVALID_TOKEN"},                                                                  // the same
		{[]forge.Claim{{Name: "sid", Value: nobody}}, "SESSION_REVOKED", "UNKNOWN"},                                                                                       // there is none
		{[]forge.Claim{{Name: "aud", Value: `"parley:access"`}}, "UNAUTHENTICATED", "INVALID_TOKEN"},                                                                      // of the other kind
		{[]forge.Claim{{Name: "sid", Value: nobody}, {Name: "sub", Value: nobody}}, "SESSION_REVOKED", "UNKNOWN"},                                                         // there is none
		{[]forge.Claim{{Name: "sid", Value: nobody}, {Name: "exp", Value: "1700000000"}, {Name: "iat", Value: "1600000000"}}, "UNAUTHENTICATED", "REFRESH_TOKEN_EXPIRED"}, // not even asked for
	} {
		if _, a := v.Refresh(forge.Sign(t, forge.RefreshHeader, forge.With(v.Refreshes, c.changes...)), ""); a.Code() != c.code || harness.WordOf(a, "reason") != c.reason {
			t.Errorf("%v: %s, want %s %s", c.changes, a.Body, c.code, c.reason)
		}
	}
	v.WantCode(forge.Sign(t, forge.AccessHeader, forge.With(v.AccessClaims, forge.Claim{Name: "sid", Value: nobody})), "SESSION_REVOKED")
	for _, change := range []forge.Claim{{Name: "sub", Value: nobody}, {Name: "sub", Value: valueOf(other, "sub")}, {Name: "sid", Value: valueOf(other, "sid")}} {
		v.WantCode(forge.Sign(t, forge.AccessHeader, forge.With(v.AccessClaims, change)), "UNAUTHENTICATED")
	}
	v.WantCode(bob, "")
	v.Untouched()
}

// A token of one kind is none of the other, on every way in, and its session does not suffer.
func TestKindsAreNotExchanged(t *testing.T) {
	v := forge.NewVictim(t)
	if a := v.AskThrough(v.Refreshing, `{ rooms { nodes { id } } }`); a.Code() != "UNAUTHENTICATED" {
		t.Errorf("refresh token as Bearer: %s", a.Body)
	}
	v.Dial(v.Refreshing).WantClose(4403)
	for _, key := range []string{"", "attempt"} {
		if _, a := v.Refresh(v.Access, key); a.Code() != "UNAUTHENTICATED" || harness.WordOf(a, "reason") != "INVALID_TOKEN" {
			t.Errorf("access token to refresh with: %s", a.Body)
		}
	}
	// The text of the one, signed as the other.
	v.Refuse("access claims", forge.Sign(t, forge.RefreshHeader, forge.With(v.AccessClaims)))
	v.Refuse("refresh claims", forge.Sign(t, forge.AccessHeader, forge.With(v.Refreshes)))
	v.Refuse("access header", forge.SignWith(sha256.New, forge.Derived(t, "parley/refresh/v1", 32), forge.AccessHeader, forge.With(v.AccessClaims)))
	v.Refuse("refresh header", forge.SignWith(sha256.New, forge.Derived(t, "parley/access/v1", 32), forge.RefreshHeader, forge.With(v.Refreshes)))
	var out struct{ Logout int }
	if v.Must(&out, v.Refreshing, `mutation { logout }`); out.Logout != 0 {
		t.Error("a refresh token as Bearer signs out")
	}
	if v.Must(&out, "", `mutation($t: String) { logout(refreshToken: $t) }`, map[string]any{"t": v.Access}); out.Logout != 0 {
		t.Error("an access token as refreshToken signs out")
	}
	v.Untouched()
}

// A token is good until its end and the leeway after it. That it has run out is said only of one with
// nothing else wrong. When it was issued does not matter, as the clock may have been wrong; one that is not
// valid yet is none.
func TestTokensInTime(t *testing.T) {
	v := forge.NewVictim(t, "--leeway", "60s")
	now := time.Now().Unix()
	at := func(iat, exp int64) []forge.Claim {
		return []forge.Claim{{Name: "iat", Value: strconv.FormatInt(now+iat, 10)}, {Name: "exp", Value: strconv.FormatInt(now+exp, 10)}}
	}
	notBefore := func(nbf int64) forge.Claim {
		return forge.Claim{Name: "iss", Value: `"parley","nbf":` + strconv.FormatInt(now+nbf, 10)}
	}
	for _, c := range []struct {
		claims          []forge.Claim
		code, refreshed string // "": good
	}{
		{at(-1000, 1000), "", ""},
		{at(-1000, -30), "", ""},
		{at(-1000, -90), "TOKEN_EXPIRED", "REFRESH_TOKEN_EXPIRED"},
		{at(-1000, -999), "TOKEN_EXPIRED", "REFRESH_TOKEN_EXPIRED"},
		{at(-1000, -now), "TOKEN_EXPIRED", "REFRESH_TOKEN_EXPIRED"},
		{at(30, 1000), "", ""},
		{at(90, 1000), "", ""},
		{at(1e9, 2e9), "", ""},
		{append(at(-1000, 1000), notBefore(30)), "", ""},
		{append(at(-1000, 1000), notBefore(90)), "UNAUTHENTICATED", "INVALID_TOKEN"},
		{append(at(-1000, -90), forge.Claim{Name: "iss", Value: `"other"`}), "UNAUTHENTICATED", "INVALID_TOKEN"},
		{append(at(-1000, -90), forge.Claim{Name: "sub", Value: `"ann"`}), "UNAUTHENTICATED", "INVALID_TOKEN"},
	} {
		access := forge.Sign(t, forge.AccessHeader, forge.With(v.AccessClaims, c.claims...))
		v.WantCode(access, c.code)
		v.WantCode(forge.WithWrongSignature(access), "UNAUTHENTICATED")
		refresh := forge.Sign(t, forge.RefreshHeader, forge.With(v.Refreshes, c.claims...))
		if _, a := v.Refresh(forge.WithWrongSignature(refresh), ""); harness.WordOf(a, "reason") != "INVALID_TOKEN" {
			t.Errorf("%v, badly signed: %s", c.claims, a.Body)
		}
		if c.refreshed != "" {
			if _, a := v.Refresh(refresh, ""); a.Code() != "UNAUTHENTICATED" || harness.WordOf(a, "reason") != c.refreshed {
				t.Errorf("%v: %s, want %s", c.claims, a.Body, c.refreshed)
			}
		}
	}
	v.Dial(forge.Sign(t, forge.AccessHeader, forge.With(v.AccessClaims, at(-1000, -90)...))).WantClose(4403)
	v.Dial(forge.Sign(t, forge.AccessHeader, forge.With(v.AccessClaims, at(-1000, -30)...))).Expect("connection_ack")
	v.Untouched()
}
