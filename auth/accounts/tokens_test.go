package accounts

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	stdhash "hash"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parley/auth"
	"parley/auth/keys"
	"parley/auth/tokens"
)

var purposes = map[tokens.Kind]keys.Purpose{tokens.Access: keys.AccessTokens, tokens.Refresh: keys.RefreshTokens}

// forge makes a token of any header and payload, signed with the right key unless told otherwise.
func forge(header, payload string, secret []byte) string {
	return forgeWith(sha256.New, header, payload, secret)
}

func forgeWith(algorithm func() stdhash.Hash, header, payload string, secret []byte) string {
	b64 := base64.RawURLEncoding
	text := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(payload))
	mac := hmac.New(algorithm, secret)
	mac.Write([]byte(text))
	return text + "." + b64.EncodeToString(mac.Sum(nil))
}

func header(typ string) string {
	return `{"alg":"HS256","kid":"917222f4dd55d843","typ":"` + typ + `"}`
}

// pieces are what a token is made of.
func pieces(t testing.TB, token string) (head, payload string) {
	t.Helper()
	parts := strings.Split(token, ".")
	return string(must(base64.RawURLEncoding.DecodeString(parts[0]))(t)), string(must(base64.RawURLEncoding.DecodeString(parts[1]))(t))
}

func TestForgedTokensFailAlike(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	key := n.ring.Signer()
	good, access, refresh := in.AccessToken, key.Secret(keys.AccessTokens), key.Secret(keys.RefreshTokens)
	head, payload := pieces(t, good)
	if head != header("at+jwt") || forge(head, payload, access) != good {
		t.Fatalf("%s is not what we forge", good)
	}
	parts := strings.Split(good, ".")
	last := parts[2][len(parts[2])-1]
	padded := func(least int) string { // by a claim that nobody reads
		for pad := 0; ; pad++ {
			text := forge(head, strings.Replace(payload, "{", `{"pad":"`+strings.Repeat("x", pad)+`",`, 1), access)
			if len(text) >= least {
				return text
			}
		}
	}
	n.wantLive(padded(4095))
	bad := map[string]string{
		"empty":          "",
		"dots":           "..",
		"two parts":      parts[0] + "." + parts[1],
		"four parts":     good + ".",
		"no signature":   parts[0] + "." + parts[1] + ".",
		"no payload":     parts[0] + ".." + parts[2],
		"padding":        good + "=",
		"space":          good + " ",
		"line break":     good + "\n",
		"break inside":   parts[0] + "." + parts[1] + "." + parts[2][:9] + "\r\n" + parts[2][9:],
		"unused bits":    good[:len(good)-1] + string(otherSpelling(last)),
		"too long":       padded(4097),
		"access key":     forge(header("at+jwt"), payload, refresh),
		"refresh kind":   forge(header("rt+jwt"), payload, refresh),
		"other typ":      forge(header("JWT"), payload, access),
		"no typ":         forge(`{"alg":"HS256","kid":"917222f4dd55d843"}`, payload, access),
		"reordered":      forge(`{"typ":"at+jwt","alg":"HS256","kid":"917222f4dd55d843"}`, payload, access),
		"spaced":         forge(`{"alg":"HS256", "kid":"917222f4dd55d843", "typ":"at+jwt"}`, payload, access),
		"crit":           forge(strings.Replace(head, "}", `,"crit":["exp"]}`, 1), payload, access),
		"jku":            forge(strings.Replace(head, "}", `,"jku":"https://example.org"}`, 1), payload, access),
		"unknown kid":    forge(strings.Replace(head, "9172", "0172", 1), payload, access),
		"no kid":         forge(`{"alg":"HS256","typ":"at+jwt"}`, payload, access),
		"HS384":          forgeWith(sha512.New384, strings.Replace(head, "HS256", "HS384", 1), payload, access),
		"none":           strings.TrimRight(forge(strings.Replace(head, "HS256", "none", 1), payload, nil), "") + "",
		"none, unsigned": base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(head, "HS256", "none", 1))) + "." + parts[1] + ".",
		"null":           forge(head, "null", access),
		"list":           forge(head, "[]", access),
		"no JSON":        forge(head, "{", access),
		"two values":     forge(head, payload+payload, access),
	}
	for i := range 8 * len(good) { // every bit
		flipped := []byte(good)
		flipped[i/8] ^= 1 << (i % 8)
		bad["bit "+strconv.Itoa(i)] = string(flipped)
	}
	for name, text := range bad {
		_, err := n.tokens().Parse(text, tokens.Access, n.store.Now())
		if !errors.Is(err, auth.ErrUnauthenticated) || err.Error() != auth.ErrUnauthenticated.Error() {
			t.Errorf("%s: %v", name, err)
		}
	}
	n.wantLive(good)
}

// otherSpelling is a base64 character that differs only in bits that stand for nothing: the last
// of 43 has two of them.
func otherSpelling(c byte) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[strings.IndexByte(alphabet, c)|1]
}

func TestEachClaimIsNeeded(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	now := n.store.Now().Unix()
	wrong := map[string][]any{
		"iss": {"Parley", "someone"},
		"aud": {"parley", "parley:other", []string{"parley:access"}, []string{"parley:refresh"}, []string{"parley:access", "parley:refresh"}},
		"sub": {"ada", "01890A5D-AC96-774B-BCCE-B302099A8057", "01890a5dac96774bbcceb302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}"},
		"sid": {"", "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057"},
		"jti": {"1", uuid.Nil.String() + " "},
		"gen": {-1, 1.5, "0", 1e300},
		"nbf": {now + 6, now + 1e9, float64(now) - 0.5, "", strconv.FormatInt(now, 10), 1e300},
		"iat": {float64(now) + 0.5, strconv.FormatInt(now, 10), 1e300},
		"exp": {float64(now) + 3600.5, strconv.FormatInt(now+3600, 10), 1e300, -1e300},
	}
	for k, token := range map[tokens.Kind]string{tokens.Access: in.AccessToken, tokens.Refresh: *in.RefreshToken} {
		head, payload := pieces(t, token)
		var all map[string]any
		d := json.NewDecoder(strings.NewReader(payload))
		d.UseNumber()
		if err := d.Decode(&all); err != nil {
			t.Fatal(err)
		}
		refused := func(claim string, value any) {
			changed := maps.Clone(all)
			changed[claim] = value
			if value == missing {
				delete(changed, claim)
			}
			text := forge(head, string(must(json.Marshal(changed))(t)), n.ring.Signer().Secret(purposes[k]))
			if got, err := n.tokens().Parse(text, k, n.store.Now()); err == nil || err.Error() != auth.ErrUnauthenticated.Error() {
				t.Errorf("%s = %v is read as %+v, %v", claim, value, got, err)
			}
		}
		for _, value := range wrong["nbf"] {
			refused("nbf", value)
		}
		for claim := range all {
			for _, value := range append([]any{missing, nil, true, []any{}, map[string]any{}, ""}, wrong[claim]...) {
				refused(claim, value)
			}
		}
	}
	n.wantLive(in.AccessToken)
}

// missing is a claim that is not there.
var missing = new(int)

func TestTokensOfOneKindAreNotTheOther(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	before := n.session(in.AccessToken)
	_, err := n.identify(*in.RefreshToken)
	wantError(t, err, auth.ErrUnauthenticated)
	_, err = n.refresh(in.AccessToken)
	wantReason(t, err, auth.ErrUnauthenticated, auth.ReasonInvalidToken)
	if after := n.session(in.AccessToken); after.String() != before.String() {
		t.Errorf("session was %v and is %v", before, after)
	}
	n.wantLive(in.AccessToken)
	must(n.refresh(*in.RefreshToken))(t)
}

func TestLeeway(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	n.clock.pass(in.AccessTokenExpiresAt.Sub(n.clock.Now()) + 4999*time.Millisecond)
	n.wantLive(in.AccessToken)
	n.clock.pass(time.Millisecond)
	_, err := n.identify(in.AccessToken)
	wantError(t, err, auth.ErrTokenExpired)

	head, payload := pieces(t, in.AccessToken)
	for name, text := range map[string]string{
		"signature": in.AccessToken[:len(in.AccessToken)-4] + "AAAA",
		"issuer":    forge(head, strings.Replace(payload, `"parley"`, `"barley"`, 1), n.ring.Signer().Secret(keys.AccessTokens)),
		"audience":  forge(head, strings.Replace(payload, `:access"`, `:refresh"`, 1), n.ring.Signer().Secret(keys.AccessTokens)),
		"session":   forge(head, strings.Replace(payload, `"sid"`, `"dis"`, 1), n.ring.Signer().Secret(keys.AccessTokens)),
		"issued at": forge(head, strings.Replace(payload, `"iat"`, `"tai"`, 1), n.ring.Signer().Secret(keys.AccessTokens)),
		"both ends": forge(head, strings.Replace(payload, `"iat":`, `"nbf":9999999999,"iat":`, 1), n.ring.Signer().Secret(keys.AccessTokens)),
	} {
		if _, err := n.identify(text); !errors.Is(err, auth.ErrUnauthenticated) || errors.Is(err, auth.ErrTokenExpired) {
			t.Errorf("expired, and bad by its %s: %v", name, err)
		}
	}
}

// A refresh that waits for its lock while its session runs out gives a token that runs out in the second
// in which it was issued. Without leeway that was once taken for no token of ours.
func TestTokenOfTheLastSecond(t *testing.T) {
	n := start(t, func(o *Options) { o.Leeway = 0 })
	now := n.store.Now()
	brief := tokens.Claims{User: uuid.New(), Session: uuid.New(), JTI: uuid.New(), IssuedAt: now, ExpiresAt: now}
	access := must(n.tokens().Sign(brief, tokens.Access, ""))(t)
	_, err := n.identify(access)
	wantError(t, err, auth.ErrTokenExpired)
	_, err = n.refresh(must(n.tokens().Sign(brief, tokens.Refresh, ""))(t))
	wantReason(t, err, auth.ErrUnauthenticated, auth.ReasonTokenTooOld)
}

func TestRefreshTokenTooOld(t *testing.T) {
	n := start(t)
	in := n.signUp("ada")
	n.clock.pass(in.RefreshTokenExpiresAt.Sub(n.clock.Now()) + 5*time.Second)
	_, err := n.refresh(*in.RefreshToken)
	wantReason(t, err, auth.ErrUnauthenticated, auth.ReasonTokenTooOld)
	if errors.Is(err, auth.ErrTokenExpired) {
		t.Error("a client would refresh for ever")
	}
}
