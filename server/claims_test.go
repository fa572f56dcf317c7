package server

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"testing"
	"time"
)

// Each claim is needed, in its own form and with a right value; the right key does not make up for it.
func TestForgedClaims(t *testing.T) {
	v := newVictim(t)
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
				if a := v.ask(forge(t, accessHeader, with(v.accessClaims, claim{name, value})), `{ rooms { nodes { id } } }`); a.code() != "UNAUTHENTICATED" {
					t.Errorf("access token with %s: %s", what, a.Body)
				}
			}
			if _, a := v.refresh(forge(t, refreshHeader, with(v.refreshes, claim{name, value})), ""); a.code() != "UNAUTHENTICATED" {
				t.Errorf("refresh token with %s: %s", what, a.Body)
			}
		}
	}
	v.untouched()
}

// Claims in the right form that say what is not so.
func TestForgedIdentities(t *testing.T) {
	v := newVictim(t)
	bob, _ := v.register("bob")
	other := claimsOf(t, bob)
	const nobody = `"01890a5d-ac96-774b-bcce-b302099a8057"`
	for _, c := range []struct {
		changes      []claim
		code, reason string
	}{
		{[]claim{{"gen", "1"}}, "UNAUTHENTICATED", "INVALID_TOKEN"},                                                          // of a history that is not this one
		{[]claim{{"jti", nobody}}, "UNAUTHENTICATED", "INVALID_TOKEN"},                                                       // never given out
		{[]claim{{"sub", nobody}}, "UNAUTHENTICATED", "INVALID_TOKEN"},                                                       // not whose session it is
		{[]claim{{"sub", valueOf(other, "sub")}}, "UNAUTHENTICATED", "INVALID_TOKEN"},                                        // the same
		{[]claim{{"sid", valueOf(other, "sid")}}, "UNAUTHENTICATED", "INVALID_TOKEN"},                                        // the same
		{[]claim{{"sid", nobody}}, "SESSION_REVOKED", "UNKNOWN"},                                                             // there is none
		{[]claim{{"aud", `"parley:access"`}}, "UNAUTHENTICATED", "INVALID_TOKEN"},                                            // of the other kind
		{[]claim{{"sid", nobody}, {"sub", nobody}}, "SESSION_REVOKED", "UNKNOWN"},                                            // there is none
		{[]claim{{"sid", nobody}, {"exp", "1700000000"}, {"iat", "1600000000"}}, "UNAUTHENTICATED", "REFRESH_TOKEN_EXPIRED"}, // not even asked for
	} {
		if _, a := v.refresh(forge(t, refreshHeader, with(v.refreshes, c.changes...)), ""); a.code() != c.code || wordOf(a, "reason") != c.reason {
			t.Errorf("%v: %s, want %s %s", c.changes, a.Body, c.code, c.reason)
		}
	}
	v.wantCode(forge(t, accessHeader, with(v.accessClaims, claim{"sid", nobody})), "SESSION_REVOKED")
	for _, change := range []claim{{"sub", nobody}, {"sub", valueOf(other, "sub")}, {"sid", valueOf(other, "sid")}} {
		v.wantCode(forge(t, accessHeader, with(v.accessClaims, change)), "UNAUTHENTICATED")
	}
	v.wantCode(bob, "")
	v.untouched()
}

// A token of one kind is none of the other, on every way in, and its session does not suffer.
func TestKindsAreNotExchanged(t *testing.T) {
	v := newVictim(t)
	if a := v.ask(v.refreshing, `{ rooms { nodes { id } } }`); a.code() != "UNAUTHENTICATED" {
		t.Errorf("refresh token as Bearer: %s", a.Body)
	}
	v.dial(v.refreshing).wantClose(4403)
	for _, key := range []string{"", "attempt"} {
		if _, a := v.refresh(v.access, key); a.code() != "UNAUTHENTICATED" || wordOf(a, "reason") != "INVALID_TOKEN" {
			t.Errorf("access token to refresh with: %s", a.Body)
		}
	}
	// The text of the one, signed as the other.
	v.refuse("access claims", forge(t, refreshHeader, with(v.accessClaims)))
	v.refuse("refresh claims", forge(t, accessHeader, with(v.refreshes)))
	v.refuse("access header", forgeWith(sha256.New, derived(t, "parley/refresh/v1", 32), accessHeader, with(v.accessClaims)))
	v.refuse("refresh header", forgeWith(sha256.New, derived(t, "parley/access/v1", 32), refreshHeader, with(v.refreshes)))
	var out struct{ Logout int }
	if v.must(&out, v.refreshing, `mutation { logout }`); out.Logout != 0 {
		t.Error("a refresh token as Bearer signs out")
	}
	if v.must(&out, "", `mutation($t: String) { logout(refreshToken: $t) }`, map[string]any{"t": v.access}); out.Logout != 0 {
		t.Error("an access token as refreshToken signs out")
	}
	v.untouched()
}

// A token is good until its end and the leeway after it. That it has run out is said only of one with
// nothing else wrong. When it was issued does not matter, as the clock may have been wrong; one that is not
// valid yet is none.
func TestTokensInTime(t *testing.T) {
	v := newVictim(t, "--leeway", "60s")
	now := time.Now().Unix()
	at := func(iat, exp int64) []claim {
		return []claim{{"iat", strconv.FormatInt(now+iat, 10)}, {"exp", strconv.FormatInt(now+exp, 10)}}
	}
	notBefore := func(nbf int64) claim { return claim{"iss", `"parley","nbf":` + strconv.FormatInt(now+nbf, 10)} }
	for _, c := range []struct {
		claims          []claim
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
		{append(at(-1000, -90), claim{"iss", `"other"`}), "UNAUTHENTICATED", "INVALID_TOKEN"},
		{append(at(-1000, -90), claim{"sub", `"ann"`}), "UNAUTHENTICATED", "INVALID_TOKEN"},
	} {
		access := forge(t, accessHeader, with(v.accessClaims, c.claims...))
		v.wantCode(access, c.code)
		v.wantCode(spoiled(access), "UNAUTHENTICATED")
		refresh := forge(t, refreshHeader, with(v.refreshes, c.claims...))
		if _, a := v.refresh(spoiled(refresh), ""); wordOf(a, "reason") != "INVALID_TOKEN" {
			t.Errorf("%v, badly signed: %s", c.claims, a.Body)
		}
		if c.refreshed != "" {
			if _, a := v.refresh(refresh, ""); a.code() != "UNAUTHENTICATED" || wordOf(a, "reason") != c.refreshed {
				t.Errorf("%v: %s, want %s", c.claims, a.Body, c.refreshed)
			}
		}
	}
	v.dial(forge(t, accessHeader, with(v.accessClaims, at(-1000, -90)...))).wantClose(4403)
	v.dial(forge(t, accessHeader, with(v.accessClaims, at(-1000, -30)...))).expect("connection_ack")
	v.untouched()
}
